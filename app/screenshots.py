"""Pictures of the main screens, made by the real program on real data (``demo --screenshots``)."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QApplication, QWidget

from app.bootstrap import make_application
from app.city_hall import PASSWORD, CityHall
from app.commands.batch import entry_fields, intake_line
from app.commands.context import Desk
from app.commands.event import event_fields
from app.commands.sign_in import sign_in
from app.config import Profile
from app.sample import filled, filled_event
from models.domain.case import PointMark
from models.domain.catalog import Item
from sync.engine import SyncEngine
from views.station import Station
from views.theme import apply_theme
from views.unlock.window import UnlockFacts, UnlockWindow

SETTLE_S = 20.0


def take_screenshots(profile: Profile, hall: CityHall, folder: Path) -> None:
    """Save the main screens at 1366×768 as PNG files in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    app = make_application()
    apply_theme(app)
    facts = profile.read_device()
    unlock = UnlockWindow(
        UnlockFacts(
            place=f"{facts.hall_name} · {facts.window_name}",
            device=facts.device,
            staff="T0718",
            online=False,
            clock=f"{dt.datetime.now():%Y-%m-%d %H:%M}",
        )
    )
    _shoot(app, unlock, folder / "unlock.png")
    unlock.close()
    unlock.deleteLater()
    desk = sign_in(profile, "T0718", PASSWORD)
    SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()
    hall.stop()
    rng = random.Random(7)
    for item_id, outcome in (
        ("SC005", "accept"),
        ("SH005", "accept"),
        ("SB012", "accept"),
        ("BD007", "accept"),
        ("TZ013", "supplement"),
        ("SC009", "receive"),
        ("SH009", "refuse"),
    ):
        intake_line(desk, filled(_item(desk, item_id), rng, outcome))
    station = Station(desk, profile.root / "templates")
    try:
        station.show()
        _settle(app, station, lambda: bool(station.shell.status_text("catalog").strip("目录 —")))
        _workbench(app, desk, station, rng, folder)
        station.open_palette()
        sheet = station.shell.findChild(QWidget, "sheet")
        from views.palette.sheet import PaletteSheet

        if isinstance(sheet, PaletteSheet):
            sheet.line.setText("spjyxk")
        _settle(app, station)
        _shoot(app, station.shell, folder / "palette.png")
        station.shell.close_overlay()
        _bundle(app, station, rng, folder)
        for page in ("cases", "sync"):
            station.shell.show_page(page)
            _settle(app, station)
            _shoot(app, station.shell, folder / f"{page}.png")
        station.ways.open_help()
        _shoot(app, station.shell, folder / "keys.png")
        station.shell.close_overlay()
    finally:
        station.shut_down()
        app.processEvents()


def _workbench(app: QApplication, desk: Desk, station: Station, rng: random.Random, folder: Path) -> None:
    """A case half way: everything entered but two materials and some review points."""
    item = _item(desk, "SC015")
    line = filled(item, rng, agent=True)
    station.shell.show_page("workbench")
    station.workbench.start(item)
    _settle(app, station)
    _shoot(app, station.shell, folder / "workbench-identity.png")
    sheet = station.workbench.sheet
    assert sheet is not None
    fields = entry_fields(item, line)
    for material in item.materials[3:5]:
        for path in [p for p in fields if p.startswith(f"material.{material.id}")]:
            del fields[path]
    for point in item.points[3:]:
        fields.pop(f"point.{point.id}", None)
    sheet.fields = {**fields, "point.P1": PointMark.PASS.value}
    for name in ("situation", "form", "points", "materials"):
        station.workbench.open_step(name)
        _settle(app, station)
        _shoot(app, station.shell, folder / f"workbench-{name}.png")
    apply_theme(app, "contrast")
    station.workbench.refresh()
    _shoot(app, station.shell, folder / "workbench-contrast.png")
    apply_theme(app, "light")
    station.workbench.autosave()
    _settle(app, station)


def _bundle(app: QApplication, station: Station, rng: random.Random, folder: Path) -> None:
    """我要开药店 with one field and one paper still missing."""
    station.bundles.start("YJ001")
    _settle(app, station, lambda: station.bundles.sheet is not None)
    sheet = station.bundles.sheet
    assert sheet is not None
    answers = {"form": "company", "SC012.q1": "rx", "device": "yes", "food": "yes", "sign": "yes"}
    fields = event_fields(sheet.source, filled_event(sheet.source, rng, answers))
    for path in ("form.premises.address", "material.premises-use"):
        fields.pop(path, None)
    for path, value in fields.items():
        sheet.put(path, value)
    station.bundles.reload()
    station.bundles.form.check(everything=True)
    _settle(app, station)
    _shoot(app, station.shell, folder / "bundle.png")
    station.bundles.close_set()


def _item(desk: Desk, item_id: str) -> Item:
    with desk.store.read() as conn:
        item = desk.rulebook.item(conn, desk.rulebook.current_version(conn), item_id)
    assert item is not None
    return item


def _settle(app: QApplication, station: Station, ready: Callable[[], bool] = lambda: True) -> None:
    """Let background reads arrive; gives up after a while rather than hang."""
    deadline = time.monotonic() + SETTLE_S
    station.refresh()
    quiet = 0
    while time.monotonic() < deadline and quiet < 3:
        app.processEvents()
        time.sleep(0.05)
        app.processEvents()
        quiet = quiet + 1 if ready() else 0


def _shoot(app: QApplication, window: QWidget, target: Path) -> None:
    window.resize(1366, 768)
    window.show()
    for _ in range(3):
        app.processEvents()
    window.grab().save(str(target))

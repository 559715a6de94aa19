"""Pictures of every screen in every state it can be in, made by the real program on real data.

``demo --screenshots DIR`` makes a world with a second desk, so that the disagreement is a real one; with
``--check`` every picture is looked over (:mod:`app.screen_check`).  A run at another QT_SCALE_FACTOR adds
its pictures to the same folder.
"""

from __future__ import annotations

import datetime as dt
import html
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QApplication, QFrame, QWidget

from app.bootstrap import make_application
from app.city_hall import PASSWORD, CityHall
from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import entry_fields, intake_line
from app.commands.context import Desk
from app.commands.event import event_fields
from app.commands.sign_in import sign_in
from app.config import DeviceChoices, Profile
from app.queries.cases import read_state
from app.sample import filled, filled_event
from app.screen_check import check_screen
from devices.rack import KINDS, Rack, all_test
from models.clock import Clock
from models.domain.case import PointMark
from models.domain.catalog import Item
from models.domain.ops import OpTime
from models.errors import KnownError
from sync.engine import SyncEngine
from views.palette.sheet import PaletteSheet
from views.peripherals.print_sheet import PrintSheet
from views.peripherals.setup_sheet import SetupSheet
from views.station import Station
from views.theme import apply_theme
from views.unlock.window import UnlockFacts, UnlockWindow

SETTLE_S = 20.0
STAFF, OTHER = "T0718", "T0719"
# theme, font scale, width and height at 100 % display scale; the last is the smallest window.
DRESSES = (
    ("light", 100, (1366, 768)),
    ("contrast", 100, (1366, 768)),
    ("light", 130, (1366, 768)),
    ("light", 100, (1180, 640)),
)
LARGE = (("light", 100, (1280, 720)), ("contrast", 100, (1280, 720)))  # 1920×1080 at 150 %
SAMPLES = (
    ("SC005", "accept"),
    ("SH005", "accept"),
    ("SB012", "accept"),
    ("BD007", "accept"),
    ("TZ013", "supplement"),
    ("SC009", "receive"),
    ("SH009", "refuse"),
)


class _Later:
    """The desk's clock some days on: how a lease that has run out looks."""

    def __init__(self, clock: Clock, days: int) -> None:
        self._clock, self._ms = clock, days * 86_400_000

    def now(self) -> OpTime:
        now = self._clock.now()
        return msgspec.structs.replace(now, wall_ms=now.wall_ms + self._ms)

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None:
        self._clock.heard_hub(hub_time_ms, round_trip_ms)

    def heard_late(self, hub_time_ms: int) -> None:
        self._clock.heard_late(hub_time_ms)


class _Camera:
    """Takes each screen in every dress, and notes what is wrong with it."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self.app, self.folder = app, folder
        self.faults: list[str] = []
        screen = app.primaryScreen()
        ratio = screen.devicePixelRatio() if screen is not None else 1.0
        self._large = ratio > 1
        self._mark = f"{round(ratio * 100)}-" if self._large else ""
        self.dresses = LARGE if self._large else DRESSES

    def shoot(self, window: QWidget, name: str, after: Callable[[], None] = lambda: None) -> None:
        for theme, scale, (width, height) in self.dresses:
            apply_theme(self.app, theme, scale)
            window.resize(width, height)
            window.show()
            after()
            for _ in range(4):
                _turn(self.app)
            extra = "" if scale == 100 else f"-{scale}"
            extra += "-least" if width == 1180 else ""
            target = f"{self._mark}{name}-{theme}{extra}.png"
            window.grab().save(str(self.folder / target))
            overlay = window.findChild(QFrame, "overlay")
            scope = overlay if overlay is not None and overlay.isVisible() else None
            self.faults += [f"{target}：{fault}" for fault in check_screen(window, scope)]
        apply_theme(self.app)


def take_screenshots(profile: Profile, hall: CityHall, folder: Path) -> list[str]:
    """Save the pictures and an index page in ``folder``; the faults found, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    app = make_application()
    apply_theme(app)
    camera = _Camera(app, folder)
    other = Profile(profile.root.parent / "desk2")
    if not other.enrolled():
        hall.enrol(other, "370911-08", OTHER)
    facts = profile.read_device()
    place = f"{facts.hall_name} · {facts.window_name}"
    for name, online in (("unlock", True), ("unlock-offline", False)):
        _unlock(camera, facts.device, place, name, online=online)
    desk, second = sign_in(profile, STAFF, PASSWORD), sign_in(other, OTHER, PASSWORD)
    try:
        _disagree(desk, second)
    finally:
        second.store.close()
    station = Station(desk, profile.root / "templates")
    try:
        station.show()
        _settle(app, station, lambda: bool(station.shell.status_text("catalog").strip("目录 —")))
        _settle(app, station, lambda: "在线" in station.shell.status_text("connection"))
        _pages(camera, station, "online", ("workbench", "cases", "sync"))
        hall.stop()
        for item_id, outcome in SAMPLES:
            intake_line(desk, filled(_item(desk, item_id), random.Random(item_id), outcome))
        station.sync()
        _settle(app, station, lambda: "中心离线" in station.shell.status_text("connection"))
        _workbench(camera, desk, station)
        _overlays(camera, station)
        _devices(camera, desk, station)
        _bundle(camera, station)
        _pages(camera, station, "offline", ("cases", "sync", "board"))
        _board_table(camera, station)
        _reception(camera, station)
        _sending(camera, station)
    finally:
        station.shut_down()
        app.processEvents()
    _expired(camera, profile)
    hall.start()
    _revoked(camera, profile, hall, place)
    _index(folder)
    return camera.faults


def _unlock(camera: _Camera, device: str, place: str, name: str, *, online: bool, error: str = "") -> None:
    clock = f"{dt.datetime.now():%Y-%m-%d %H:%M}"
    window = UnlockWindow(UnlockFacts(place=place, device=device, staff=STAFF, online=online, clock=clock))
    if error:
        window.show()
        window.show_error(error)
    camera.shoot(window, name)
    window.close()
    window.deleteLater()


def _disagree(desk: Desk, second: Desk) -> None:
    """Two desks change one case while apart: one field against the other, and one each in peace."""
    for one in (desk, second):
        _round(one)
    of = _item(desk, "SC001")
    cases = []
    for seed in (3, 4):
        fields = entry_fields(of, filled(of, random.Random(seed)))
        made = Entry(case_id=desk.make_id(), item_id=of.id, fields=fields)
        cases.append(intake.save_case(desk, made).case_id)
    for one in (desk, second):
        _round(one)
    _change(second, cases[0], "applicant.phone", "13800000021")
    _change(second, cases[1], "applicant.address", "样例路 21 号")
    _round(second)
    _change(desk, cases[0], "applicant.phone", "13800000012")
    _change(desk, cases[1], "agent.name", "李样例")
    _round(desk)


def _change(desk: Desk, case_id: str, path: str, value: str) -> None:
    state = read_state(desk, case_id)
    assert state is not None
    entry = Entry(case_id=case_id, item_id=state.item_id, fields={**state.fields, path: value})
    intake.save_case(desk, entry)


def _round(desk: Desk) -> None:
    SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()


def _pages(camera: _Camera, station: Station, state: str, names: tuple[str, ...]) -> None:
    for page in names:
        station.shell.show_page(page)
        _settle(camera.app, station)
        if page == "cases":
            station.cases.table.setFocus()
        elif page == "sync":
            station.outbox.next_problem()
        _take(camera, station, f"{page}-{state}")


def _workbench(camera: _Camera, desk: Desk, station: Station) -> None:
    """A case half way: everything entered but two materials and some review points."""
    item = _item(desk, "SC015")
    line = filled(item, random.Random(7), agent=True)
    station.shell.show_page("workbench")
    station.workbench.start(item)
    _settle(camera.app, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    station.workbench.next_gap()
    _take(camera, station, "workbench-identity-errors")
    fields = entry_fields(item, line)
    for material in item.materials[3:5]:
        for path in [p for p in fields if p.startswith(f"material.{material.id}")]:
            del fields[path]
    for point in item.points[3:]:
        fields.pop(f"point.{point.id}", None)
    sheet.fields = {**fields, "point.P1": PointMark.PASS.value}
    station.workbench.autosave()
    for name in ("identity", "situation", "form", "materials", "points", "accept"):
        station.workbench.open_step(name)
        _settle(camera.app, station)
        _take(camera, station, f"workbench-{name}-offline")
    station.workbench._actions.buttons["accept"].click()
    _take(camera, station, "workbench-gated")
    station.workbench.next_gap()


def _bundle(camera: _Camera, station: Station) -> None:
    """我要开药店 with one field and one paper still missing."""
    station.shell.show_page("bundles")
    station.bundles.start("YJ001")
    _settle(camera.app, station, lambda: station.bundles.sheet is not None)
    sheet = station.bundles.sheet
    assert sheet is not None
    answers = {"form": "company", "SC012.q1": "rx", "device": "yes", "food": "yes", "sign": "yes"}
    fields = event_fields(sheet.source, filled_event(sheet.source, random.Random(5), answers))
    for path in ("form.premises.address", "material.premises-use"):
        fields.pop(path, None)
    for path, value in fields.items():
        sheet.put(path, value)
    station.bundles.reload()
    station.bundles.form.check(everything=True)
    station.bundles.questions.focus_path("answer.form")
    _settle(camera.app, station)
    _take(camera, station, "bundle-offline")
    station.bundles.close_set()


def _overlays(camera: _Camera, station: Station) -> None:
    station.open_palette()
    sheet = station.shell.findChildren(PaletteSheet)[-1]
    sheet.line.setText("spjyxk")
    _settle(camera.app, station)
    _take(camera, station, "palette-offline")
    sheet.line.setText("查无此项")
    _settle(camera.app, station)
    _take(camera, station, "palette-nothing")
    station.shell.close_overlay()
    for name, show in (("help", station.ways.open_help), ("settings", station.ways.open_settings)):
        show()
        _take(camera, station, name)
        station.shell.close_overlay()


def _devices(camera: _Camera, desk: Desk, station: Station) -> None:
    """The sheets of the devices, with the test devices in them: two pages taken, a notice to print."""
    station.devices.use(Rack(all_test(DeviceChoices())))
    station.devices.open_setup()
    setup = station.shell.findChildren(SetupSheet)[-1]
    for kind in KINDS:
        setup.test(kind)
    _settle(camera.app, station)
    _take(camera, station, "devices")
    station.shell.close_overlay()
    made = intake_line(desk, filled(_item(desk, "SC001"), random.Random(11), "accept"))
    station.show_case(made.case_id)
    _settle(camera.app, station)
    for _ in range(3):  # opens the sheet, then a page each
        station.shell.camera_requested.emit()
    _settle(camera.app, station)
    _take(camera, station, "capture")
    station.shell.close_overlay()
    station.cases.print_latest()

    def previewed() -> bool:
        sheets = station.shell.findChildren(PrintSheet)
        return bool(sheets) and not sheets[-1].bar.isVisible()

    _settle(camera.app, station, previewed)
    _take(camera, station, "print")
    station.shell.close_overlay()
    station.devices.discard()
    station.devices.use(Rack())


def _board_table(camera: _Camera, station: Station) -> None:
    station.board.swap()
    _take(camera, station, "board-table")
    station.board.swap()


def _reception(camera: _Camera, station: Station) -> None:
    """Nobody's case is open: who is at the window, and a guide only looked at."""
    station.shell.show_page("workbench")
    station.workbench.show_sheet(None)
    station.workbench.receive_visitor()
    _settle(camera.app, station)
    _take(camera, station, "workbench-reception")
    station.finding.open_guide("SC009")
    _take(camera, station, "guide")
    station.shell.close_overlay()


def _sending(camera: _Camera, station: Station) -> None:
    """A round under way; the numbers are what the engine tells the screen."""
    station.shell.show_page("sync")
    _settle(camera.app, station)
    station.progressed.emit(3, 9)
    _take(camera, station, "sync-syncing")
    station.progressed.emit(9, 9)


def _expired(camera: _Camera, profile: Profile) -> None:
    desk = sign_in(profile, STAFF, PASSWORD)
    later = replace(desk, clock=_Later(desk.clock, 8))
    station = Station(later, profile.root / "templates")
    try:
        station.show()
        _settle(camera.app, station, lambda: "租约到期" in station.shell.status_text("connection"))
        station.workbench.start(_item(desk, "SC015"))
        _settle(camera.app, station)
        _take(camera, station, "workbench-expired")
        _pages(camera, station, "expired", ("sync",))
    finally:
        station.shut_down()
        camera.app.processEvents()


def _revoked(camera: _Camera, profile: Profile, hall: CityHall, place: str) -> None:
    device = profile.read_device().device
    hall.revoke(device)
    try:
        desk = sign_in(profile, STAFF, PASSWORD)
    except KnownError as told:
        _unlock(camera, device, place, "unlock-revoked", online=True, error=str(told))
        return
    # Signing in offline is still allowed until the desk hears of it: the next round tells.
    station = Station(desk, profile.root / "templates")
    try:
        station.show()
        station.shell.show_page("sync")
        _settle(camera.app, station)
        _take(camera, station, "sync-revoked")
    finally:
        station.shut_down()
        camera.app.processEvents()


def _take(camera: _Camera, station: Station, name: str) -> None:
    def after() -> None:
        station.workbench.refresh()
        station.shell.fit()

    camera.shoot(station.shell, name, after)


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
        _turn(app)
        time.sleep(0.02)
        _turn(app)
        quiet = quiet + 1 if ready() and not station.tasks.busy() else 0


def _turn(app: QApplication) -> None:
    """One turn of the event loop; without a running one, nothing else deletes what was put away."""
    app.processEvents()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _index(folder: Path) -> None:
    """One page with every picture of the folder, by screen."""
    rows = []
    for picture in sorted(folder.glob("*.png")):
        name = html.escape(picture.stem)
        rows.append(f'<figure><a href="{name}.png"><img src="{name}.png" width="640"></a>')
        rows.append(f"<figcaption>{name}</figcaption></figure>")
    page = '<!doctype html><html lang="zh"><meta charset="utf-8"><title>泰好办 界面</title><h1>界面</h1>'
    (folder / "index.html").write_text(page + "\n".join(rows) + "</html>\n", encoding="utf-8")

"""Pictures of every screen in every state it can be in, made by the real program on real data.

``demo --screenshots DIR`` makes a world with a second desk, so that the disagreement is a real one.  With
``--check`` each screen is taken in every dress (theme, type size, window size) and every picture is looked
over (:mod:`app.screen_check`).  A run at another QT_SCALE_FACTOR adds its pictures to the same folder.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from pathlib import Path

import msgspec

from app.city_hall import ADMIN, PASSWORD, CityHall
from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import entry_fields, intake_line
from app.commands.context import Desk
from app.commands.event import event_line
from app.commands.sign_in import sign_in
from app.config import DeviceChoices, Profile
from app.queries.bundles import open_bundle
from app.queries.cases import read_state
from app.sample import filled, filled_event
from app.screen_beside import visitor_pages, writing_aids
from app.screen_camera import ScreenCamera, settle, take, write_index
from app.screen_manual import missing
from app.screen_states import (
    ANSWERS,
    EVENT,
    bundle_pages,
    conflict_pages,
    corrected_page,
    expired_pages,
    manual_page,
    revoked_window,
    sending_pages,
)
from app.start import make_application
from devices.rack import KINDS, Rack, all_test
from models.clock import Clock
from models.domain.case import PointMark
from models.domain.catalog import Item
from models.domain.ops import OpTime
from models.keys import MAX_TRIES
from sync.engine import SyncEngine
from views.palette.sheet import PaletteSheet
from views.peripherals.print_sheet import PrintSheet
from views.peripherals.setup_sheet import SetupSheet
from views.station import Station
from views.theme import apply_theme
from views.unlock.facts import Known
from views.unlock.window import UnlockFacts, UnlockWindow, clock_text

STAFF, OTHER = "T0718", "T0719"
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


def take_screenshots(
    profile: Profile, hall: CityHall, folder: Path, *, every_dress: bool = False
) -> list[str]:
    """Save the pictures and an index page in ``folder``; the faults found, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    app = make_application()
    apply_theme(app)
    camera = ScreenCamera(app, folder, every_dress=every_dress)
    other = Profile(profile.root.parent / "desk2")
    if not other.enrolled():
        hall.enrol(other, "370911-08", OTHER)
    facts = profile.read_device()
    place = f"{facts.hall_name} · {facts.window_name}"
    _unlock(camera, facts.device, place, "unlock-first", Known(), online=None)
    desk, second = sign_in(profile, STAFF, PASSWORD), sign_in(other, OTHER, PASSWORD)
    try:
        _disagree(desk, second)
    finally:
        second.store.close()
    station = Station(desk, profile.root / "templates")
    told: list[Known] = []
    station.known.connect(told.append)
    try:
        station.show()
        station.ways.idle.stop()  # nobody sits here
        settle(app, station, lambda: bool(station.shell.status_text("catalog").strip("目录 —")))
        settle(app, station, lambda: "在线" in station.shell.status_text("connection"))
        _pages(camera, station, "online", ("workbench", "cases", "sync", "board"))
        hall.stop()
        for item_id, outcome in SAMPLES:
            intake_line(desk, filled(_item(desk, item_id), random.Random(item_id), outcome))
        station.sync()
        settle(app, station, lambda: "中心离线" in station.shell.status_text("connection"))
        _workbench(camera, desk, station)
        _overlays(camera, station)
        manual_page(camera, station)
        _devices(camera, desk, station)
        bundle_pages(camera, station)
        _pages(camera, station, "offline", ("cases", "sync", "board"))
        _board_table(camera, station)
        _reception(camera, station)
        visitor_pages(camera, desk, station, _item(desk, "SC015"))
        writing_aids(camera, desk, station, _item(desk, "SC015"))
        conflict_pages(camera, station)
        sending_pages(camera, station, _item(desk, "SC015"))
        corrected_page(camera, station)
    finally:
        station.shut_down()
        app.processEvents()
    _locked(camera, facts.device, place, told[-1])
    _expired(camera, profile)
    hall.start()
    _revoked(camera, profile, other, hall)
    write_index(folder)
    gone = (
        [f"手册的图没有拍到：{name}" for name in missing(folder)] if every_dress and not camera.large else []
    )
    return camera.faults + gone


def _unlock(
    camera: ScreenCamera,
    device: str,
    place: str,
    name: str,
    known: Known,
    *,
    online: bool | None,
    wrong: str = "",
) -> None:
    facts = UnlockFacts(
        place=place,
        device=device,
        staff=STAFF,
        online=online,
        clock=clock_text(),
        known=known,
        now_ms=round(dt.datetime.now().timestamp() * 1000),
        tries=((STAFF, MAX_TRIES - bool(wrong), 0),),
        secret=True,
    )
    window = UnlockWindow(facts)
    if wrong:
        window.show_error(wrong)
    camera.shoot(window, name, window.fit)
    window.close()
    window.deleteLater()


def _locked(camera: ScreenCamera, device: str, place: str, known: Known) -> None:
    """The sign-in window of a desk that has been in use, in each of its states."""
    past = round(dt.datetime.now().timestamp() * 1000) - 3_600_000
    left = known._replace(open_item="公共场所卫生许可新办审批", open_ms=past)
    for name, shown, online in (
        ("unlock", known._replace(open_item=""), True),
        ("unlock-offline", left, False),
        ("unlock-conflict", known._replace(attention=2), False),
        ("unlock-expired", known._replace(lease_ms=past), False),
        (
            "unlock-revoked",
            known._replace(revoked_ms=past, revoked_by=f"{ADMIN.name}（{ADMIN.staff}）"),
            True,
        ),
    ):
        _unlock(camera, device, place, name, shown, online=online)
    wrong = f"口令不对，还可再试 {MAX_TRIES - 1} 次；连错 {MAX_TRIES} 次锁 15 分钟，数据不会清除。"
    _unlock(camera, device, place, "unlock-wrong", left, online=False, wrong=wrong)


def _disagree(desk: Desk, second: Desk) -> None:
    """Two desks change one case while apart: one field against the other, and one each in peace.

    And a member of a 一件事.
    """
    for one in (desk, second):
        _round(one)
    of = _item(desk, "SC001")
    cases = []
    for seed in (3, 4):
        fields = entry_fields(of, filled(of, random.Random(seed)))
        made = Entry(case_id=desk.make_id(), item_id=of.id, fields=fields)
        cases.append(intake.save_case(desk, made).case_id)
    line = filled_event(open_bundle(desk, EVENT), random.Random(5), ANSWERS)
    cases.append(event_line(desk, line).members[1].case_id)
    for one in (desk, second):
        _round(one)
    _change(second, cases[2], "applicant.phone", "13800000021")
    _change(second, cases[0], "applicant.phone", "13800000021")
    _change(second, cases[1], "applicant.address", "样例路 21 号")
    _round(second)
    _change(desk, cases[2], "applicant.phone", "13800000012")
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


def _pages(camera: ScreenCamera, station: Station, state: str, names: tuple[str, ...]) -> None:
    for page in names:
        station.shell.show_page(page)
        settle(camera.app, station)
        if page == "cases":
            station.cases.table.setFocus()
        elif page == "sync":
            station.outbox.next_problem()
        take(camera, station, f"{page}-{state}")


def _workbench(camera: ScreenCamera, desk: Desk, station: Station) -> None:
    """A case half way: everything entered but two materials and some review points."""
    item = _item(desk, "SC015")
    line = filled(item, random.Random(7), agent=True)
    station.shell.show_page("workbench")
    station.workbench.start(item)
    settle(camera.app, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    station.workbench.walk.next_gap()
    take(camera, station, "workbench-identity-errors")
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
        settle(camera.app, station)
        take(camera, station, f"workbench-{name}-offline")
    station.workbench._actions.buttons["accept"].click()
    take(camera, station, "workbench-gated")
    station.workbench.walk.next_gap()


def _overlays(camera: ScreenCamera, station: Station) -> None:
    station.open_palette()
    sheet = station.shell.findChildren(PaletteSheet)[-1]
    sheet.line.setText("spjyxk")
    settle(camera.app, station)
    take(camera, station, "palette-offline")
    sheet.line.setText("查无此项")
    settle(camera.app, station)
    take(camera, station, "palette-nothing")
    station.shell.close_overlay()
    for name, show in (("help", station.ways.open_help), ("settings", station.ways.open_settings)):
        show()
        take(camera, station, name)
        station.shell.close_overlay()


def _devices(camera: ScreenCamera, desk: Desk, station: Station) -> None:
    """The sheets of the devices, with the test devices in them: two pages taken, a notice to print."""
    station.devices.use(Rack(all_test(DeviceChoices())))
    station.devices.open_setup()
    setup = station.shell.findChildren(SetupSheet)[-1]
    for kind in KINDS:
        setup.test(kind)
    settle(camera.app, station)
    take(camera, station, "devices")
    station.shell.close_overlay()
    made = intake_line(desk, filled(_item(desk, "SC001"), random.Random(11), "accept"))
    station.show_case(made.case_id)
    settle(camera.app, station)
    for _ in range(3):  # opens the sheet, then a page each
        station.shell.camera_requested.emit()
    settle(camera.app, station)
    take(camera, station, "capture")
    station.shell.close_overlay()
    station.cases.print_latest()

    def previewed() -> bool:
        sheets = station.shell.findChildren(PrintSheet)
        return bool(sheets) and not sheets[-1].bar.isVisible()

    settle(camera.app, station, previewed)
    take(camera, station, "print")
    station.shell.close_overlay()
    station.devices.discard()
    station.devices.use(Rack())


def _board_table(camera: ScreenCamera, station: Station) -> None:
    station.board.swap()
    take(camera, station, "board-table")
    station.board.swap()


def _reception(camera: ScreenCamera, station: Station) -> None:
    """Nobody's case is open: who is at the window, and a guide only looked at."""
    station.shell.show_page("workbench")
    station.workbench.show_sheet(None)
    station.workbench.receive_visitor()
    settle(camera.app, station)
    take(camera, station, "workbench-reception")
    station.finding.open_guide("SC009")
    take(camera, station, "guide")
    station.shell.close_overlay()


def _expired(camera: ScreenCamera, profile: Profile) -> None:
    desk = sign_in(profile, STAFF, PASSWORD)
    later = replace(desk, clock=_Later(desk.clock, 8))
    station = Station(later, profile.root / "templates")
    try:
        station.show()
        settle(camera.app, station, lambda: "租约到期" in station.shell.status_text("connection"))
        station.workbench.start(_item(desk, "SC015"))
        settle(camera.app, station)
        take(camera, station, "workbench-expired")
        _pages(camera, station, "expired", ("sync",))
        expired_pages(camera, station)
    finally:
        station.shut_down()
        camera.app.processEvents()


def _revoked(camera: ScreenCamera, profile: Profile, other: Profile, hall: CityHall) -> None:
    """Another window, as its neighbour's board has it; then this one, which hears of it with its next round."""
    hall.revoke(other.read_device().device)
    station = Station(sign_in(profile, STAFF, PASSWORD), profile.root / "templates")
    try:
        station.show()
        settle(camera.app, station, lambda: "在线" in station.shell.status_text("connection"))
        revoked_window(camera, station)
        hall.revoke(profile.read_device().device)
        station.sync()
        settle(camera.app, station, lambda: "已撤销" in station.shell.status_text("connection"))
        take(camera, station, "sync-revoked")
    finally:
        station.shut_down()
        camera.app.processEvents()


def _item(desk: Desk, item_id: str) -> Item:
    with desk.store.read() as conn:
        item = desk.rulebook.item(conn, desk.rulebook.current_version(conn), item_id)
    assert item is not None
    return item

"""Pictures of states that a day brings rarely: a 一件事 from its list to its outcome, a case in disagreement,
a round under way, a lease that has run out."""

from __future__ import annotations

import random

import msgspec

from app.commands.board import KEY, Told
from app.commands.event import event_fields
from app.queries.cases import read_state
from app.queries.outbox import read_conflicts
from app.sample import filled_event
from app.screen_camera import ScreenCamera, settle, take
from models.device import set_meta
from models.domain.catalog import Item
from views.help.sheet import HelpSheet
from views.palette.sheet import PaletteSheet
from views.station import Station

EVENT = "YJ001"  # 我要开药店
ANSWERS = {"form": "company", "SC012.q1": "rx", "device": "yes", "food": "yes", "sign": "yes"}


def bundle_pages(camera: ScreenCamera, station: Station) -> None:
    """The list; the set with one field and one paper missing; the set taken in."""
    station.shell.show_page("bundles")
    settle(camera.app, station)
    take(camera, station, "bundle-list")
    _half_filled(camera, station)
    take(camera, station, "bundle-offline")
    sheet = station.bundles.sheet
    assert sheet is not None
    whole = event_fields(sheet.source, filled_event(sheet.source, random.Random(5), ANSWERS))
    for path, value in whole.items():
        sheet.put(path, value)
    station.bundles.reload()
    station.bundles.accept()
    settle(camera.app, station, lambda: station.bundles.done is not None)
    station.shell.close_overlay()  # the notice to print
    take(camera, station, "bundle-done")
    station.bundles.close_set()


def _half_filled(camera: ScreenCamera, station: Station) -> None:
    station.bundles.start(EVENT)
    settle(camera.app, station, lambda: station.bundles.sheet is not None)
    sheet = station.bundles.sheet
    assert sheet is not None
    fields = event_fields(sheet.source, filled_event(sheet.source, random.Random(5), ANSWERS))
    for path in ("form.premises.address", "material.premises-use"):
        fields.pop(path, None)
    for path, value in fields.items():
        sheet.put(path, value)
    station.bundles.reload()
    station.bundles.form.check(everything=True)
    station.bundles.questions.focus_path("answer.form")
    settle(camera.app, station)


def conflict_pages(camera: ScreenCamera, station: Station) -> None:
    """The case that two desks changed: found by its applicant, and on its page."""
    found = [read_state(station.desk, one.conflict.case_id) for one in read_conflicts(station.desk)]
    state = next(one for one in found if one is not None and not one.value("bundle.case"))
    member = next(one for one in found if one is not None and one.value("bundle.case"))
    case_id = state.case_id
    station.open_palette()
    sheet = station.shell.findChildren(PaletteSheet)[-1]
    sheet.line.setText(state.value("applicant.name"))
    settle(camera.app, station)
    take(camera, station, "palette-conflict")
    station.shell.close_overlay()
    station.show_case(case_id)
    settle(camera.app, station)
    take(camera, station, "cases-conflict")
    station.shell.show_page("workbench")
    settle(camera.app, station)
    take(camera, station, "workbench-conflict")
    station.shell.show_page("bundles")
    station.bundles.open_done(member.case_id)
    settle(camera.app, station, lambda: station.bundles.done is not None)
    take(camera, station, "bundle-conflict")
    station.bundles.close_set()


def manual_page(camera: ScreenCamera, station: Station) -> None:
    """F1, the manual beside the key map."""
    station.ways.open_help()
    station.shell.findChildren(HelpSheet)[-1].open_tab(1)
    take(camera, station, "help-manual")
    station.shell.close_overlay()


def sending_pages(camera: ScreenCamera, station: Station, item: Item) -> None:
    """A round under way; the numbers are what the engine tells the screen."""
    station.shell.show_page("sync")
    settle(camera.app, station)
    station.progressed.emit(3, 9)
    take(camera, station, "sync-syncing")
    station.shell.show_page("workbench")
    station.workbench.start(item)
    settle(camera.app, station)
    take(camera, station, "workbench-syncing")
    station.open_palette()
    settle(camera.app, station)
    take(camera, station, "palette-syncing")
    station.shell.close_overlay()
    station.workbench.show_sheet(None)
    station.shell.show_page("bundles")
    _half_filled(camera, station)
    take(camera, station, "bundle-syncing")
    station.bundles.close_set()
    station.progressed.emit(9, 9)
    station.shell.show_page("sync")
    station.outbox.hold.click()
    settle(camera.app, station)
    take(camera, station, "sync-paused")
    station.outbox.hold.click()


def corrected_page(camera: ScreenCamera, station: Station) -> None:
    """The board after data that came late: the hours of this morning were told otherwise before."""
    now = station.desk.clock.now()
    told = Told(day=now.day.isoformat(), hours={"8": (2, 1), "9": (3, 3)})
    with station.desk.store.write() as conn:
        set_meta(conn, KEY, msgspec.json.encode(told))
    station.shell.show_page("board")
    station.board.swap()
    settle(camera.app, station)
    take(camera, station, "board-corrected")
    station.board.swap()


def revoked_window(camera: ScreenCamera, station: Station) -> None:
    """The board of another window, online, when one of the hall has been revoked."""
    station.shell.show_page("board")
    station.sync()

    def told() -> bool:
        return any(w.revoked_ms for w in facts.windows) if (facts := station.board.facts()) else False

    settle(camera.app, station, told)
    take(camera, station, "board-revoked")


def expired_pages(camera: ScreenCamera, station: Station) -> None:
    """Everything can be read; nothing is taken in."""
    station.open_palette()
    settle(camera.app, station)
    take(camera, station, "palette-expired")
    station.shell.close_overlay()
    station.shell.show_page("board")
    settle(camera.app, station)
    take(camera, station, "board-expired")
    station.shell.show_page("bundles")
    _half_filled(camera, station)
    take(camera, station, "bundle-expired")
    station.bundles.close_set()

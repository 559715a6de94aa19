"""ui.md §8 cell by cell: which tests and which pictures of ``make screens`` show each screen in each state.

A cell whose state leaves the screen as it is names the test that shows that nothing changes.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.screen_camera import MAIN
from tests.sync.test_engine import City
from tests.views.keys import ALT, PATIENCE_MS, press, settle, start_item
from tests.views.test_bundle import fill, open_shop
from tests.views.test_conflicts import city, clash, served  # fixtures
from tests.views.test_unlock import KNOWN, texts, window_of
from views.outbox.page import PAUSED, read_facts
from views.palette.sheet import PaletteSheet
from views.station import Station

K = Qt.Key
__all__ = ["city", "clash", "served"]
ROOT = Path(__file__).resolve().parents[2]
SCREENS = ("workbench", "palette", "sync", "lead", "unlock", "bundle")
STATES = ("offline", "syncing", "conflict", "expired", "revoked")
OUT = "views/test_unlock.py::test_a_revoked_desk_shows_no_content_and_leads_nowhere_else"
HERE = "views/test_screen_states.py"
CHIP = "views/test_sign.py::test_the_chip_counts_while_a_round_is_under_way"

# (screen, state) → tests, pictures.
CELLS: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("workbench", "offline"): (
        (
            "views/test_station.py::test_the_offline_badge_is_honest",
            f"{HERE}::test_offline_the_chip_says_since_when_and_the_note_by_which_replica",
        ),
        ("workbench-identity-offline", "workbench-materials-offline", "workbench-accept-offline"),
    ),
    ("workbench", "syncing"): (
        (CHIP, f"{HERE}::test_a_round_moves_nothing_under_the_clerk"),
        ("workbench-syncing",),
    ),
    ("workbench", "conflict"): (
        (
            "views/test_held_by_conflict.py::test_the_rail_names_it_and_enter_leads_to_the_comparison",
            "views/test_held_by_conflict.py::test_an_open_case_that_comes_into_conflict_stays_and_cannot_be_acted_on",
        ),
        ("workbench-conflict",),
    ),
    ("workbench", "expired"): (
        (
            "views/test_desk_keys.py::test_when_the_lease_has_run_out_everything_is_readable_and_nothing_is_taken_in",
        ),
        ("workbench-expired",),
    ),
    ("workbench", "revoked"): ((OUT,), ("sync-revoked",)),
    ("palette", "offline"): (
        (f"{HERE}::test_the_palette_names_the_version_of_its_catalogue_whatever_the_line",),
        ("palette-offline", "palette-nothing"),
    ),
    ("palette", "syncing"): (
        (f"{HERE}::test_the_palette_names_the_version_of_its_catalogue_whatever_the_line",),
        ("palette-syncing",),
    ),
    ("palette", "conflict"): (
        (f"{HERE}::test_a_disputed_case_is_marked_in_the_palette",),
        ("palette-conflict",),
    ),
    ("palette", "expired"): (
        ("views/test_palette.py::test_an_expired_lease_leaves_the_guides",),
        ("palette-expired",),
    ),
    ("palette", "revoked"): ((OUT,), ("sync-revoked",)),
    ("sync", "offline"): (
        (
            f"{HERE}::test_offline_sync_tells_reasons_how_long_it_will_take_and_the_stick",
            "views/test_station.py::test_a_stick_is_written_and_a_wrong_one_is_told",
        ),
        ("sync-offline",),
    ),
    ("sync", "syncing"): (
        (CHIP, f"{HERE}::test_a_round_can_be_held_and_goes_on_from_there"),
        ("sync-syncing", "sync-paused"),
    ),
    ("sync", "conflict"): (
        (
            "views/test_conflicts.py::test_a_digit_takes_one_of_the_three",
            "views/test_conflicts.py::test_the_red_line_of_today_leads_to_what_is_to_be_settled",
        ),
        ("sync-online", "cases-conflict"),
    ),
    ("sync", "expired"): (
        ("views/test_unlock.py::test_an_expired_lease_is_told_once_on_the_page_with_what_to_do",),
        ("sync-expired",),
    ),
    ("sync", "revoked"): ((OUT,), ("sync-revoked",)),
    ("lead", "offline"): (
        (
            "views/test_board.py::test_offline_other_windows_are_hatched_with_their_own_time",
            "views/test_board.py::test_nothing_on_the_board_is_a_forecast",
            "app/test_board.py::test_each_window_is_known_up_to_its_own_time",
        ),
        ("board-offline", "board-table"),
    ),
    ("lead", "syncing"): (
        (
            "app/test_board.py::test_late_data_changes_an_hour_that_was_told_and_it_is_marked_for_the_day",
            "views/test_board.py::test_a_corrected_hour_is_marked_in_the_chart_and_in_its_table",
        ),
        ("board-corrected",),
    ),
    ("lead", "conflict"): (
        (f"{HERE}::test_the_board_counts_what_is_disputed_and_names_nothing",),
        ("board-online",),
    ),
    ("lead", "expired"): (
        ("views/test_board.py::test_a_lease_that_ran_out_is_told_once_with_the_window_and_the_time",),
        ("board-expired",),
    ),
    ("lead", "revoked"): (
        (
            "views/test_board.py::test_a_revoked_window_is_listed_as_such_and_the_totals_say_so",
            "app/test_board.py::test_a_revoked_window_is_named_and_counts_in_no_total",
        ),
        ("board-revoked",),
    ),
    ("unlock", "offline"): (
        (
            "views/test_unlock.py::test_every_state_is_whole_on_every_screen",
            "views/test_unlock.py::test_a_lease_shows_its_days_and_somebody_elses_tells_nothing",
        ),
        ("unlock-offline", "unlock-first", "unlock-wrong"),
    ),
    ("unlock", "syncing"): (
        (f"{HERE}::test_what_waits_goes_on_after_the_sign_in_and_delays_none",),
        ("unlock",),
    ),
    ("unlock", "conflict"): (
        ("views/test_unlock.py::test_what_wants_a_person_is_counted_without_a_name",),
        ("unlock-conflict",),
    ),
    ("unlock", "expired"): (
        (
            "views/test_unlock.py::test_revoked_and_expired_say_what_is_left",
            "views/test_desk_keys.py::test_a_stick_chosen_before_unlocking_waits_for_the_password",
        ),
        ("unlock-expired",),
    ),
    ("unlock", "revoked"): (
        (
            "views/test_unlock.py::test_revoked_and_expired_say_what_is_left",
            "sync/test_machines.py::test_a_revoked_desk_is_told_who_and_when",
        ),
        ("unlock-revoked",),
    ),
    # What this window may take in stands in the lease, so no right is unknown offline; what is another
    # window's is marked in the time line of the set.
    ("bundle", "offline"): (
        (
            "views/test_bundle.py::test_a_whole_set_by_keyboard_alone",
            f"{HERE}::test_a_member_of_another_window_is_marked_and_the_set_is_taken_in_offline",
        ),
        ("bundle-offline", "bundle-list", "bundle-done"),
    ),
    ("bundle", "syncing"): (
        (CHIP, f"{HERE}::test_a_round_moves_nothing_under_the_clerk"),
        ("bundle-syncing",),
    ),
    ("bundle", "conflict"): (
        (
            "views/test_set_conflict.py::test_only_the_member_in_conflict_is_held_and_the_others_go_on",
            "views/test_set_conflict.py::test_once_it_is_settled_it_goes_on_like_the_others",
        ),
        ("bundle-conflict",),
    ),
    ("bundle", "expired"): (
        ("views/test_bundle.py::test_without_a_lease_a_set_is_filled_in_and_not_taken_in",),
        ("bundle-expired",),
    ),
    ("bundle", "revoked"): ((OUT,), ("sync-revoked",)),
}


@cache
def _tests_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@cache
def _pictures() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").glob("screen*.py"))


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("state", STATES)
def test_every_cell_has_tests_and_a_picture_that_are_there(screen: str, state: str) -> None:
    tests, pictures = CELLS[screen, state]
    assert tests
    for place in tests:
        file, _, name = place.partition("::")
        assert name in _tests_in(file), place
    assert pictures
    for name in pictures:
        stem, _, kind = name.rpartition("-")
        whole = f'"{name}"' in _pictures()
        made = (
            f'"{stem}"' in _pictures() and f'"{kind}"' in _pictures()
        )  # by page and state, as "sync", "online"
        step = bool(re.fullmatch(r"workbench-\w+", stem)) or stem.startswith("workbench")
        assert whole or made or (step and 'f"workbench-{name}-offline"' in _pictures()), name


def test_the_list_has_every_cell_and_no_other() -> None:
    assert set(CELLS) == {(screen, state) for screen in SCREENS for state in STATES}
    assert {f"{name}-offline" for name in ("unlock", "sync", "board", "bundle", "palette")} <= set(MAIN)


def test_offline_the_chip_says_since_when_and_the_note_by_which_replica(
    qtbot: QtBot, station: Station
) -> None:
    start_item(qtbot, station, "spjyxk")
    assert re.fullmatch(r"● 中心离线 自 \d\d:\d\d", station.shell.status_text("connection"))
    assert station.shell.status.cells["connection"].property("role") == "amber"
    why = station.workbench.why
    assert why._pinned.text().startswith("离线受理同样有效")
    why.show_replica("10:10（26 分前）")
    assert "失信名单按副本 10:10（26 分前）" in why._pinned.text()
    why.show_replica("")
    assert "副本" not in why._pinned.text()


def test_a_round_moves_nothing_under_the_clerk(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    sheet = station.workbench.sheet
    step, focus = station.workbench.step, station.shell.focusWidget()
    station.progressed.emit(3, 9)
    station.refresh()
    settle(qtbot, station)
    assert station.workbench.sheet is sheet
    assert (station.workbench.step, station.shell.focusWidget()) == (step, focus)
    station.progressed.emit(9, 9)


def test_the_palette_names_the_version_of_its_catalogue_whatever_the_line(
    qtbot: QtBot, station: Station
) -> None:
    for told in (None, (3, 9)):
        if told:
            station.progressed.emit(*told)
        press(station, K.Key_F3)
        settle(qtbot, station)
        sheet = station.shell.findChildren(PaletteSheet)[-1]
        assert "本机目录 2026.11.23-r0001" in sheet._found.text()
        press(station, K.Key_Escape)
    station.progressed.emit(9, 9)


def test_a_disputed_case_is_marked_in_the_palette(qtbot: QtBot, clash: tuple[Station, str, City]) -> None:
    station, _, _ = clash
    press(station, K.Key_F3)
    settle(qtbot, station)
    sheet = station.shell.findChildren(PaletteSheet)[-1]
    (row,) = [r for r in read_facts(station.desk).rows if r.conflicts]
    sheet.line.setText(row.item_name)
    settle(qtbot, station)
    model = sheet.table.rows
    shown = {
        model.cell(model.index(r, c)).text
        for r in range(model.rowCount())
        for c in range(model.columnCount())
    }
    assert "! 有冲突" in shown
    press(station, K.Key_Escape)


def test_offline_sync_tells_reasons_how_long_it_will_take_and_the_stick(
    qtbot: QtBot, station: Station
) -> None:
    start_item(qtbot, station, "spjyxk")
    station.workbench._actions.buttons["save"].click()
    settle(qtbot, station)
    press(station, K.Key_T, ALT)
    settle(qtbot, station)
    said = "".join(one.text() for one in station.outbox.strip.findChildren(QLabel))
    assert re.search(r"联网后约 \d+ 秒传完（按 32 KB/秒算）", said)
    model = station.outbox.table.rows
    assert model.rowCount() == 1
    assert model.cell(model.index(0, 1)).text
    assert station.outbox._stick._out.isEnabled()


def test_a_round_can_be_held_and_goes_on_from_there(qtbot: QtBot, clash: tuple[Station, str, City]) -> None:
    station, _, city = clash
    city.server.start()
    try:
        press(station, K.Key_T, ALT)
        settle(qtbot, station)
        outbox = station.outbox
        outbox.hold.click()
        assert outbox._pace.text() == PAUSED
        before = len(city.states())
        start_item(qtbot, station, "spjyxk")
        station.workbench._actions.buttons["save"].click()
        station.sync()
        settle(qtbot, station)
        assert len(city.states()) == before  # nothing went
        assert len(read_facts(station.desk).waiting) >= 1
        press(station, K.Key_F5)
        assert not outbox.paused
        qtbot.waitUntil(lambda: len(city.states()) == before + 1, timeout=PATIENCE_MS)
    finally:
        city.server.stop()


def test_the_board_counts_what_is_disputed_and_names_nothing(
    qtbot: QtBot, clash: tuple[Station, str, City]
) -> None:
    station, case, _ = clash
    press(station, K.Key_K, ALT)
    settle(qtbot, station)
    qtbot.waitUntil(lambda: station.board._facts is not None, timeout=PATIENCE_MS)
    settle(qtbot, station)
    assert "要您处理 1 件" in station.board._kpi["sync"][1].whole()
    assert "1 件" in station.board.advice.text.whole()
    assert case not in station.board.advice.text.whole()


def test_what_waits_goes_on_after_the_sign_in_and_delays_none(qtbot: QtBot) -> None:
    online = window_of(qtbot, KNOWN, online=True)
    assert "待同步 7 件，登录后接着补传，不耽误登录" in texts(online)
    assert "登录后接着补传" not in texts(window_of(qtbot, KNOWN, online=False))


def test_a_member_of_another_window_is_marked_and_the_set_is_taken_in_offline(
    qtbot: QtBot, station: Station
) -> None:
    page = open_shop(qtbot, station)
    fill(page)
    sheet = page.sheet
    assert sheet is not None
    own = sheet.source
    place = {sheet.plan.members[0].member.item.id: "请到 08 综合窗口"}
    sheet.source = msgspec.structs.replace(own, elsewhere=place)
    sheet.plan = sheet._planned()
    page.reload()
    spans = {span.item: span for span in sheet.plan.timeline.spans}
    assert page.timeline._when(spans[next(iter(place))]) == "请到 08 综合窗口"
    sheet.source = own
    sheet.plan = sheet._planned()
    page.reload()
    page.accept()
    qtbot.waitUntil(lambda: page.done is not None, timeout=PATIENCE_MS)
    station.shell.close_overlay()

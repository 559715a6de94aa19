"""比对 over a real hub and two desks: 1 2 3, the value typed by hand, and what was merged by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.commands import intake
from app.queries.cases import find_cases, read_state
from app.queries.outbox import ConflictRow, read_conflicts, read_merged
from models.tables.replica import audit as audit_log
from sync.hub.database import Hub
from sync.protocol import FieldConflict
from tests.ready_hub import city_hub
from tests.sync.test_engine import PASSWORD, City, city, entry_of, saved, sync
from tests.views.keys import ALT, PATIENCE_MS, press, settle, type_text
from views.outbox.choices import changed_spans, conflict_cells, value_of
from views.station import Station
from views.theme import apply_theme

__all__ = ["city"]  # a fixture
CTRL, CTRL_ENTER = Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Return


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Hub, Path]]:
    """A hub of its own: what others left undecided would be on this screen too."""
    hub = city_hub(tmp_path / "hub", PASSWORD)
    yield hub, tmp_path
    hub.close()


@pytest.fixture
def clash(
    qtbot: QtBot, qapp: QApplication, city: City, tmp_path: Path
) -> Iterator[tuple[Station, str, City]]:
    """Both desks changed the phone of one case, and each another field; the second one's screen."""
    one, two = city.desks
    case = saved(one)
    for desk in (one, two):
        assert sync(desk).problems == []
    intake.save_case(one, entry_of(one, case, **{"applicant.phone": "13800000001"}))
    intake.save_case(two, entry_of(two, case, **{"applicant.phone": "13800000002"}))
    assert sync(one).problems == []
    assert sync(two).conflicts == 1
    city.server.stop()
    apply_theme(qapp)
    station = Station(two, tmp_path / "templates")
    station.show()
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    press(station, Qt.Key.Key_T, ALT)
    qtbot.waitUntil(lambda: station.outbox.clashes.rows.rowCount() == 1, timeout=60_000)
    settle(qtbot, station)
    yield station, case, city
    station.shut_down()
    city.server.start()


def phone(station: Station, case: str) -> str:
    state = read_state(station.desk, case)
    assert state is not None
    return state.value("applicant.phone")


def test_the_fourth_key_takes_a_value_of_ones_own(qtbot: QtBot, clash: tuple[Station, str, City]) -> None:
    station, case, _ = clash
    table = station.outbox.clashes
    press(station, Qt.Key.Key_F8)
    assert table.hasFocus()
    press(station, Qt.Key.Key_4)
    own = station.outbox._disputed.own
    assert own.editor.hasFocus()
    assert own.value() == "13800000002"
    press(station, Qt.Key.Key_Escape)
    assert table.hasFocus()
    assert len(read_conflicts(station.desk)) == 1
    press(station, Qt.Key.Key_4)
    own.editor.clear()  # type: ignore[attr-defined]  # a QLineEdit
    press(station, Qt.Key.Key_Return)
    assert len(read_conflicts(station.desk)) == 1  # nothing typed is no value
    type_text(station, "13800000003")
    press(station, Qt.Key.Key_Return)
    assert table.hasFocus()
    assert len(read_conflicts(station.desk)) == 1  # chosen, and still to be finished
    press(station, CTRL_ENTER, CTRL)
    settle(qtbot, station)
    assert read_conflicts(station.desk) == []
    assert phone(station, case) == "13800000003"


@pytest.mark.parametrize(("key", "value"), [(Qt.Key.Key_2, "13800000002"), (Qt.Key.Key_3, "13800000001")])
def test_a_digit_takes_one_of_the_three(
    qtbot: QtBot, clash: tuple[Station, str, City], key: Qt.Key, value: str
) -> None:
    station, case, _ = clash
    card = station.outbox._disputed
    press(station, Qt.Key.Key_F8)
    press(station, CTRL_ENTER, CTRL)
    assert "还有 1 个字段没定" in station.outbox.notice.text()
    press(station, key)
    assert card.undecided() == 0
    press(station, Qt.Key.Key_Z, CTRL)
    assert card.undecided() == 1
    press(station, key)
    settle(qtbot, station)
    assert len(read_conflicts(station.desk)) == 1
    press(station, CTRL_ENTER, CTRL)
    settle(qtbot, station)
    assert read_conflicts(station.desk) == []
    assert phone(station, case) == value


def test_phones_are_masked_until_asked_for_and_that_is_on_record(
    qtbot: QtBot, clash: tuple[Station, str, City]
) -> None:
    station, case, _ = clash
    table = station.outbox.clashes
    press(station, Qt.Key.Key_F8)

    def shown() -> list[str]:
        return [table.rows.cell(table.rows.index(0, column)).text for column in (2, 3)]

    assert shown() == ["138****0002", "138****0001"]
    press(station, Qt.Key.Key_V, ALT)
    assert shown() == ["13800000002", "13800000001"]
    settle(qtbot, station)
    with station.desk.store.read() as conn:
        rows = conn.execute(
            select(audit_log.c.case_id, audit_log.c.detail).where(audit_log.c.act == "reveal")
        )
        assert list(rows) == [(case, "applicant.phone")]
    station.outbox._disputed._mask()  # what the timer does after ten seconds
    assert shown() == ["138****0002", "138****0001"]


def test_a_click_on_a_value_chooses_it_and_a_click_on_the_act_goes_to_the_choices(
    qtbot: QtBot, clash: tuple[Station, str, City]
) -> None:
    station, _, _ = clash
    outbox, table = station.outbox.table, station.outbox.clashes
    row = next(i for i in range(outbox.rows.rowCount()) if outbox.rows.cell(outbox.rows.index(i, 3)).act)
    place = outbox.visualRect(outbox.rows.index(row, 3)).center()
    qtbot.mouseClick(outbox.viewport(), Qt.MouseButton.LeftButton, pos=place)  # type: ignore[no-untyped-call]
    assert table.hasFocus()
    place = table.visualRect(table.rows.index(0, 3)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)  # type: ignore[no-untyped-call]
    assert table.rows.cell(table.rows.index(0, 3)).chosen
    assert not table.rows.cell(table.rows.index(0, 2)).chosen
    press(station, Qt.Key.Key_Escape)  # 先放着: the choice is kept
    assert outbox.hasFocus()
    assert station.outbox._disputed.undecided() == 0


def test_what_was_merged_by_itself_is_listed(qtbot: QtBot, city: City, tmp_path: Path) -> None:
    one, two = city.desks
    case = saved(one, 5)
    for desk in (one, two):
        sync(desk)
    intake.save_case(one, entry_of(one, case, **{"applicant.phone": "13800000001"}))
    intake.save_case(two, entry_of(two, case, **{"applicant.address": "样例路 1 号"}))
    sync(one)
    assert sync(two).conflicts == 0
    (row,) = read_merged(two)
    assert (row.case_id, row.fields) == (case, ("applicant.address",))
    station = Station(two, tmp_path / "templates")
    station.show()
    try:
        station.shell.show_page("sync")
        card = station.outbox._disputed
        qtbot.waitUntil(lambda: card.merged.rows.rowCount() == 1, timeout=60_000)
        shown = card.merged.rows.cell(card.merged.rows.index(0, 1))
        assert "联系地址" in shown.text
    finally:
        station.shut_down()


def test_only_what_differs_is_marked() -> None:
    assert changed_spans("样例路1号", "样例路12号") == ((4, 5),)
    assert changed_spans("同样", "同样") == ()
    assert changed_spans("", "新") == ((0, 1),)


def test_a_disputed_material_is_told_in_words() -> None:
    clash = FieldConflict(
        conflict_id="o.0",
        case_id="c",
        op_id="o",
        path="material.M1",
        base="",
        mine="scan",
        theirs="paper",
        kind="C",
    )
    row = ConflictRow(
        conflict=clash,
        item_name="样例事项",
        number="",
        current="paper",
        name="身份证",
        said=("", "高拍扫描", "纸质收取"),
    )
    cells = conflict_cells(row, "2", "", whole=False)
    assert [cell.text for cell in cells[:4]] == ["身份证", "（空）", "高拍扫描", "纸质收取"]
    assert value_of(row, "2") == "scan"  # what is taken is the code


def test_a_disputed_case_is_only_read_until_it_is_settled(
    qtbot: QtBot, clash: tuple[Station, str, City]
) -> None:
    station, case, _ = clash
    station.show_case(case)
    settle(qtbot, station)
    assert station.cases._go.accessibleName().startswith("去比对")
    press(station, CTRL_ENTER, CTRL)
    settle(qtbot, station)
    assert station.shell.current_page() == "sync"
    assert station.workbench.sheet is None
    qtbot.waitUntil(station.outbox.clashes.hasFocus, timeout=PATIENCE_MS)


def test_the_red_line_of_today_leads_to_what_is_to_be_settled(
    qtbot: QtBot, clash: tuple[Station, str, City]
) -> None:
    station, case, _ = clash
    press(station, Qt.Key.Key_W, ALT)
    settle(qtbot, station)
    rail = station.workbench.rail
    rail.show_lists([], [one for one in find_cases(station.desk, "") if one.case_id == case], {})
    rail._buttons[f"c:{case}"].click()
    settle(qtbot, station)
    assert station.shell.current_page() == "sync"
    qtbot.waitUntil(station.outbox.clashes.hasFocus, timeout=PATIENCE_MS)

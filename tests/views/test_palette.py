"""The palette through real keys: scopes, pins, guide, whose case it becomes, words still being composed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QInputMethodEvent
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.commands.batch import intake_line
from app.queries.cases import find_cases
from app.queries.people import find_people, seen_before
from app.sample import filled
from app.screen_check import check_screen
from tests.desk_kit import item, make_desk, without_lease
from tests.views.keys import CTRL, PATIENCE_MS, focused, press, settle, start_item, type_text
from views.palette.guide import GuideSheet
from views.palette.rows import SCOPES, marked, plain
from views.palette.sheet import PaletteSheet
from views.peripherals.print_sheet import PrintSheet
from views.settings.sheet import Looks
from views.station import Station
from views.widgets import Cell

K = Qt.Key


def opened(qtbot: QtBot, station: Station) -> PaletteSheet:
    settle(qtbot, station)
    press(station, K.Key_F3)
    qtbot.waitUntil(station.shell.overlay_open, timeout=PATIENCE_MS)
    return station.shell.findChildren(PaletteSheet)[-1]


def groups(sheet: PaletteSheet) -> list[str]:
    """The group of each row; heads are no rows."""
    names = {"i": "办理项", "b": "一件事", "c": "办件", "p": "申请人", "a": "动作"}
    keys = [sheet.table.rows.key(row) for row in range(sheet.table.rows.rowCount())]
    return [names[key[0]] for key in keys if key[0] != "h"]


def cell(sheet: PaletteSheet, row: int, column: int) -> Cell:
    return sheet.table.rows.cell(sheet.table.rows.index(row, column))


def test_tab_goes_through_the_scopes_and_never_leaves(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    type_text(station, "yd")
    settle(qtbot, station)
    seen = []
    for _ in SCOPES:
        press(station, K.Key_Tab)
        seen.append(sheet.scope)
        assert focused(station) is sheet.line
        if sheet.scope != SCOPES[0]:
            assert set(groups(sheet)) <= {sheet.scope}
            assert not any(sheet.table.rows.is_head(row) for row in range(sheet.table.rows.rowCount()))
    assert seen == [*SCOPES[1:], SCOPES[0]]
    press(station, K.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert sheet.scope == SCOPES[-1]


def test_groups_have_heads_that_the_cursor_passes_over(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    type_text(station, "yd")  # items and a 一件事
    settle(qtbot, station)
    rows = sheet.table.rows
    heads = [row for row in range(rows.rowCount()) if rows.is_head(row)]
    assert len(heads) > 1
    assert [cell(sheet, head, 0).text.split()[0] for head in heads] == list(dict.fromkeys(groups(sheet)))
    assert sheet.table.currentIndex().row() == 1  # the first row below the first head
    assert check_screen(station.shell, sheet) == ["没有翻译的词 yd：yd"]  # what was typed
    press(station, K.Key_Up)
    assert sheet.table.currentIndex().row() == 1
    seen = {1}
    for _ in range(rows.rowCount()):
        press(station, K.Key_Down)
        seen.add(sheet.table.currentIndex().row())
    assert seen == set(range(rows.rowCount())) - set(heads)
    for _ in range(rows.rowCount()):
        press(station, K.Key_Up)
    assert sheet.table.currentIndex().row() == 1
    line = sheet.table.visualRect(rows.index(0, 0)).center()
    qtbot.mouseClick(sheet.table.viewport(), Qt.MouseButton.LeftButton, pos=line)  # type: ignore[no-untyped-call]
    assert sheet.table.currentIndex().row() == 1


def test_what_was_typed_is_marked_in_the_names(qtbot: QtBot, station: Station) -> None:
    assert marked("我要开药店", "wyk") == ((0, 3),)
    assert marked("我要开药店", "药店") == ((3, 5),)
    assert marked("我要开药店", "xyz") == marked("我要开药店", "") == ()
    sheet = opened(qtbot, station)
    type_text(station, "wykyd")
    settle(qtbot, station)
    assert cell(sheet, 1, 0).spans == ((0, 5),)
    sheet.line.setText("查无此项")
    assert not sheet.table.isVisible()
    assert "查无此项" in sheet._none.text()


def test_a_pin_is_kept_and_stands_first(qtbot: QtBot, station: Station) -> None:
    kept: list[Looks] = []
    station.ways.looks_changed.connect(kept.append)
    sheet = opened(qtbot, station)
    type_text(station, "spjyxk")
    chosen = sheet.table.current_key()[2:]
    press(station, K.Key_D, CTRL)
    assert [looks.pins for looks in kept] == [(chosen,)]
    press(station, K.Key_Escape)
    sheet = opened(qtbot, station)
    assert sheet.table.current_key() == f"i:{chosen}"
    assert cell(sheet, 1, 1).text == "常用"
    press(station, K.Key_D, CTRL)
    assert kept[-1].pins == ()


def test_what_is_being_composed_is_searched_without_its_apostrophes(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    press(station, K.Key_Shift)
    QApplication.sendEvent(sheet.line, QInputMethodEvent("shi'pin jing'ying", []))
    assert sheet.query() == "shipinjingying"
    assert "i:SC009" in sheet._hits
    before = station.workbench.sheet
    press(station, K.Key_Return)  # an input method that lets its own Enter through
    assert station.workbench.sheet is before
    assert station.shell.overlay_open()
    QApplication.sendEvent(sheet.line, QInputMethodEvent("", []))  # given up
    assert sheet.query() == ""
    done = QInputMethodEvent("", [])
    done.setCommitString("食品")
    QApplication.sendEvent(sheet.line, done)
    assert sheet.query() == sheet.line.text() == "食品"
    assert "i:SC009" in sheet._hits
    assert plain("a'b c’d") == "abcd"


def test_the_guide_asks_prints_and_takes_no_number(
    qtbot: QtBot, station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(qtbot, station)
    type_text(station, "spjyxk")
    press(station, K.Key_Right)
    (guide,) = station.shell.findChildren(GuideSheet)
    for _ in range(9):
        if not isinstance(focused(station).parentWidget(), type(guide.questions.rows[0])):
            break
        press(station, K.Key_1)
    assert not [q for q in guide.sheet.questions() if q.id not in guide.sheet.answers]
    out = tmp_path / "sheet.docx"
    # The system's own file dialog is not ours to test.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(out), ""))
    press(station, K.Key_P, CTRL)
    settle(qtbot, station)
    station.shell.findChildren(PrintSheet)[-1].buttons["word"].setFocus()
    press(station, K.Key_Space)
    settle(qtbot, station)
    assert out.read_bytes().startswith(b"PK")
    assert find_cases(station.desk) == []
    assert station.shell.status_text("numbers") == "剩余受理编号 50"


def test_ctrl_enter_takes_the_applicant_along_and_accepts_nothing(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    page = station.workbench
    assert page.sheet is not None
    for path, value in (("kind", "person"), ("name", "王样例"), ("id_number", "11010519491231002X")):
        page.sheet.put(f"applicant.{path}", value)
    first = page.sheet.case_id
    opened(qtbot, station)
    type_text(station, "shbzksl")
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert page.sheet is not None
    assert page.sheet.case_id != first
    assert page.sheet.item.id == "SB012"
    assert page.sheet.get("applicant.name") == "王样例"
    assert page.sheet.sources["applicant.name"] == "同一申请人"
    assert find_cases(station.desk) == []


def test_people_are_found_and_lead_to_their_cases(qtbot: QtBot, station: Station) -> None:
    done = intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept"))
    (row,) = find_cases(station.desk)
    (person,) = find_people(station.desk, row.applicant[:4])
    assert (person.case_id, person.cases) == (done.case_id, 1)
    assert find_people(station.desk, "公司设立") == []
    sheet = opened(qtbot, station)
    type_text(station, row.applicant[:4])
    qtbot.waitUntil(lambda: "申请人" in groups(sheet), timeout=PATIENCE_MS)
    while sheet.scope != "申请人":
        press(station, K.Key_Tab)
    press(station, K.Key_Return)
    settle(qtbot, station)
    assert station.shell.current_page() == "cases"
    qtbot.waitUntil(lambda: station.cases.table.rows.rowCount() == 1, timeout=PATIENCE_MS)


def test_an_act_is_found_by_its_initials(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    type_text(station, "gdbd")  # 高对比度
    assert groups(sheet)[-1] == "动作"
    while sheet.scope != "动作":
        press(station, K.Key_Tab)
    press(station, K.Key_Return)
    qtbot.waitUntil(lambda: station.ways.looks.theme == "contrast", timeout=PATIENCE_MS)
    assert not station.shell.overlay_open()


def test_an_expired_lease_leaves_the_guides(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    station = Station(without_lease(make_desk(tmp_path)), tmp_path / "templates")
    station.show()
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "到期" in station.shell.status_text("lease"), timeout=PATIENCE_MS)
    opened(qtbot, station)
    type_text(station, "spjyxk")
    press(station, K.Key_Return)
    assert station.workbench.sheet is None
    assert station.shell.findChildren(GuideSheet)
    station.shell.close_overlay()
    station.shut_down()


def test_the_applicant_of_the_reception_brings_what_was_told_before(qtbot: QtBot, station: Station) -> None:
    line = filled(item("SC015"), random.Random(5), "accept")
    intake_line(station.desk, line)
    who = line.applicant
    assert seen_before(station.desk, who.id_number).cases == 1
    press(station, K.Key_F7)
    station.workbench.waiting_party = (
        {
            "applicant.kind": who.kind,
            "applicant.name": who.name,
            "applicant.id_kind": "uscc" if who.kind == "organisation" else "resident_id",
            "applicant.id_number": who.id_number,
        },
        "读身份证",
    )
    settle(qtbot, station)
    start_item(qtbot, station, "spjyxk")
    sheet = station.workbench.sheet
    assert sheet is not None
    assert sheet.get("applicant.phone") == who.phone
    assert sheet.get("form.premises.address") == line.form["premises.address"]
    assert sheet.sources["form.premises.address"].startswith("上次办件")
    assert sheet.sources["applicant.name"] == "读身份证"
    assert station.workbench.step == "situation"  # nothing is missing in the identity
    press(station, K.Key_F7)
    assert station.workbench.waiting_party == ({}, "")

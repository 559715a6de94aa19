"""Alt+N: a sentence by its initials, where the cursor stood; one's own are kept and dropped by key."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QInputMethodEvent
from PyQt6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.queries.phrases import HALL, read_own, read_phrases
from tests.views.keys import ALT, CTRL, focused, press, settle, start_item, type_text
from views.phrases.sheet import PhraseSheet
from views.station import Station

K = Qt.Key


def sheet(station: Station) -> PhraseSheet:
    return station.shell.findChildren(PhraseSheet)[-1]


def in_refusal(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    station.workbench.acts.open_refusal()
    assert focused(station).property("phrases") == "不予受理理由"


def reason(station: Station) -> str:
    line = focused(station)
    assert isinstance(line, QLineEdit)
    return line.text()


def test_initials_enter_and_the_sentence_stands_at_the_cursor(qtbot: QtBot, station: Station) -> None:
    in_refusal(qtbot, station)
    type_text(station, "ab")
    press(station, K.Key_Left)
    press(station, K.Key_N, ALT)
    settle(qtbot, station)
    type_text(station, "sqrbjb")
    press(station, K.Key_Return)
    assert not station.shell.overlay_open()
    assert reason(station) == "a申请人不具备本事项规定的主体资格b"
    press(station, K.Key_Z, CTRL)
    assert reason(station) == "ab"


def test_arrows_choose_and_esc_inserts_nothing(qtbot: QtBot, station: Station) -> None:
    in_refusal(qtbot, station)
    press(station, K.Key_N, ALT)
    settle(qtbot, station)
    second = sheet(station).table.rows.cell(sheet(station).table.rows.index(1, 0)).text
    press(station, K.Key_Down)
    press(station, K.Key_Return)
    assert reason(station) == second
    press(station, K.Key_N, ALT)
    settle(qtbot, station)
    press(station, K.Key_Escape)
    assert reason(station) == second


def test_a_note_to_a_form_field_is_an_entry_that_the_draft_keeps(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    page.identity.focus_path("applicant.address")
    press(station, K.Key_N, ALT)
    settle(qtbot, station)
    press(station, K.Key_Return)
    settle(qtbot, station)
    assert page.sheet is not None
    assert page.sheet.get("applicant.address")


def test_own_phrases_are_kept_first_and_dropped(qtbot: QtBot, station: Station) -> None:
    in_refusal(qtbot, station)
    type_text(station, "事项已划转到县级办理")
    press(station, K.Key_N, ALT)
    settle(qtbot, station)
    press(station, K.Key_D, CTRL)
    settle(qtbot, station)
    assert [one.text for one in read_own(station.desk)] == ["事项已划转到县级办理"]
    shown = sheet(station)
    assert shown.table.rows.cell(shown.table.rows.index(0, 0)).text == "事项已划转到县级办理"
    shown.table.setFocus()
    shown.table.selectRow(0)
    press(station, K.Key_Delete)
    settle(qtbot, station)
    assert read_own(station.desk) == ()


def test_a_demand_is_not_kept_and_the_text_stays(qtbot: QtBot, station: Station) -> None:
    in_refusal(qtbot, station)
    type_text(station, "请提供无房证明")
    press(station, K.Key_N, ALT)
    settle(qtbot, station)
    press(station, K.Key_D, CTRL)
    settle(qtbot, station)
    assert "只看实施清单" in sheet(station).notice.text()
    assert read_own(station.desk) == ()
    press(station, K.Key_Escape)
    assert reason(station) == "请提供无房证明"


def test_the_halls_own_file_adds_and_a_broken_one_is_named(qtbot: QtBot, station: Station) -> None:
    path = station.desk.store.path.parent / HALL
    path.write_text('{"一般": ["已交督查室（样例）", "请提供收入证明"]}', encoding="utf-8")
    found = read_phrases(station.desk)
    assert [one.text for one in found.phrases if one.whose == "hall"] == ["已交督查室（样例）"]
    assert "1 句" in found.problem
    path.write_text("{", encoding="utf-8")
    found = read_phrases(station.desk)
    assert "读不出来" in found.problem
    assert found.of("一般")


def test_not_in_code_fields_nor_while_a_word_is_composed(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    station.workbench.identity.focus_path("applicant.id_number")
    press(station, K.Key_N, ALT)
    assert not station.shell.overlay_open()
    station.workbench.identity.focus_path("applicant.name")
    QApplication.sendEvent(focused(station), QInputMethodEvent("wang", []))
    press(station, K.Key_N, ALT)
    assert not station.shell.overlay_open()
    QApplication.sendEvent(focused(station), QInputMethodEvent("", []))

"""The window's main job through real key presses, offline, over a real replica."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QInputMethodEvent, QKeyEvent
from PyQt6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.commands.batch import entry_fields
from app.queries.cases import find_cases, read_state
from app.queries.drafts import read_drafts
from app.sample import filled
from models.domain.case import CaseStatus, Receipt
from tests.views.keys import ALT, CTRL, focused, key_click, press, settle, start_item, type_text
from views.settings.sheet import Looks
from views.station import Station
from views.workbench.page import WorkbenchPage


def choose(combo: QWidget, value: str) -> None:
    assert isinstance(combo, QComboBox)
    combo.setFocus()
    place = combo.findData(value)
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def fill_rest(page: WorkbenchPage, *leave: str) -> None:
    """Everything a complete case has, except paths that begin with one of ``leave``."""
    sheet = page.sheet
    assert sheet is not None
    fields = entry_fields(sheet.item, filled(sheet.item, random.Random(1)))
    for path, value in fields.items():
        if not path.startswith(leave or ("\0",)):
            sheet.put(path, value)
    page.refresh()


def test_a_whole_case_by_keyboard_alone(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "shbzksl")
    assert page.sheet is not None
    assert page.sheet.item.id == "SB012"
    type_text(station, "王样例")
    choose(page.identity.fields["applicant.kind"].editor, "person")
    page.identity.focus_path("applicant.id_number")
    type_text(station, "１１０１０５１９４９１２３１００２x")
    page.identity.focus_path("applicant.phone")
    type_text(station, "13800000001")
    assert page.identity.fields["applicant.id_number"].value() == "11010519491231002x"
    press(station, Qt.Key.Key_2, ALT)
    press(station, Qt.Key.Key_2)  # the second answer: no guardian
    assert page.step == "form"
    fill_rest(page, "applicant", "answer", "material", "point")
    press(station, Qt.Key.Key_4, ALT)
    for _ in page.sheet.materials():
        press(station, Qt.Key.Key_1)
    assert not [g for g in page.sheet.gaps() if g.step == "materials"]
    press(station, Qt.Key.Key_5, ALT)
    for _ in page.sheet.points():
        press(station, Qt.Key.Key_1)
    assert page.sheet.gaps() == []
    assert page.step == "accept"
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    (row,) = find_cases(station.desk, "王样例")
    assert row.status is CaseStatus.ACCEPTED
    assert row.number == "370911202600000010"
    assert row.sync == "pending"
    assert station.shell.overlay_open()  # the notice is offered
    press(station, Qt.Key.Key_Escape)
    assert read_drafts(station.desk) == []


def test_every_keystroke_is_in_the_draft(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    type_text(station, "泰安样例公司")
    settle(qtbot, station)
    (draft,) = read_drafts(station.desk)
    assert draft.fields["applicant.name"] == "泰安样例公司"
    assert "已存本机" in station.workbench.head.saved()
    # Another case is opened, then the draft again: nothing was lost.
    start_item(qtbot, station, "bdcyydj")
    station.refresh()
    settle(qtbot, station)
    station.workbench.open_draft(draft.case_id)
    settle(qtbot, station)
    assert station.workbench.identity.fields["applicant.name"].value() == "泰安样例公司"


def test_bad_input_is_told_below_the_field_and_kept(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "gssldj")
    choose(page.identity.fields["applicant.kind"].editor, "person")
    page.identity.focus_path("applicant.id_number")
    type_text(station, "110105194912310021")
    field = page.identity.fields["applicant.id_number"]
    shown = [w.text() for w in field.findChildren(QLabel) if w.isVisible()]
    assert any("末位对不上" in text for text in shown)
    assert field.value() == "110105194912310021"
    settle(qtbot, station)
    assert read_drafts(station.desk)[0].fields["applicant.id_number"] == "110105194912310021"


@pytest.mark.parametrize("text", ["😀" * 50, "x" * 20_000, "王㐂𠮷\ue00f", "\x07\x00", "' OR 1=1 --"])
def test_strange_text_neither_breaks_nor_gets_lost(qtbot: QtBot, station: Station, text: str) -> None:
    page = station.workbench
    start_item(qtbot, station, "gssldj")
    editor = page.identity.fields["applicant.name"].editor
    editor.setText(text)  # type: ignore[attr-defined]  # a QLineEdit: as a paste would
    editor.textEdited.emit(editor.text())  # type: ignore[attr-defined]
    settle(qtbot, station)
    assert read_drafts(station.desk)[0].fields.get("applicant.name", "") == editor.text()  # type: ignore[attr-defined]
    press(station, Qt.Key.Key_F8)
    settle(qtbot, station)
    assert page.sheet is not None
    assert page.sheet.gaps()


def test_a_gated_act_keeps_the_focus_and_says_why(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    button = station.workbench._actions.buttons["accept"]
    assert "还差" in button.text()
    assert button.isEnabled()
    press(station, Qt.Key.Key_Return, CTRL)
    settle(qtbot, station)
    assert "还差" in station.workbench.notice.text()
    assert find_cases(station.desk) == []


def test_keys_that_the_list_bars_do_nothing_but_say_why(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "spjyxk")
    assert page.sheet is not None
    assert page.sheet.item.red_line
    press(station, Qt.Key.Key_4, ALT)
    for key in (Qt.Key.Key_5, Qt.Key.Key_6):
        press(station, key)
    assert page.sheet.get("material.M1") == ""
    assert any("不适用" in w.text() for w in page.materials.findChildren(QLabel) if w.isVisible())
    press(station, Qt.Key.Key_4)
    assert page.sheet.get("material.M1") == Receipt.ELECTRONIC
    press(station, Qt.Key.Key_Z, CTRL)
    assert page.sheet.get("material.M1") == ""


def test_digits_are_text_in_a_field_and_commands_only_in_a_list(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "spjyxk")
    page.identity.focus_path("applicant.phone")
    type_text(station, "1357")
    assert page.identity.fields["applicant.phone"].value() == "1357"
    assert page.sheet is not None
    assert not [p for p in page.sheet.fields if p.startswith(("material", "point"))]


def test_supplement_names_all_and_only_once(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "gssldj")
    fill_rest(page, "material.M2", "material.M3")
    press(station, Qt.Key.Key_B, CTRL)
    assert page.sheet is not None
    assert page.sheet.state is None  # nothing yet: the day is asked first
    type_text(station, "2026-02-30")
    press(station, Qt.Key.Key_B, CTRL)
    settle(qtbot, station)
    assert "补正期限须是告知日以后的一天" in page.notice.text()
    page.outcome.supplemented.emit("2026-12-15")
    settle(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    state = page.sheet.state
    assert state is not None
    assert state.value("supplement.due") == "2026-12-15"
    assert [m.material for m in state.notices[0].missing] == ["M2", "M3"]
    assert state.status is CaseStatus.SUPPLEMENT
    press(station, Qt.Key.Key_B, CTRL)
    settle(qtbot, station)
    assert "只能一次性告知一次" in page.notice.text()


def test_refusal_needs_a_failed_point_then_works(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "gssldj")
    fill_rest(page)
    page._actions.buttons["refuse"].click()
    page.outcome.refused.emit("not_eligible", "样例理由", "")
    settle(qtbot, station)
    assert "没有“不符合”的审查要点" in page.notice.text()
    press(station, Qt.Key.Key_5, ALT)
    page.points.table.go_to("P1")
    press(station, Qt.Key.Key_2)
    page.outcome.refused.emit("not_eligible", "样例理由", "")
    settle(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    assert find_cases(station.desk)[0].status is CaseStatus.REFUSED


def test_a_double_enter_is_one_case(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "shbzksl")
    fill_rest(page)
    page.open_step("accept")
    for _ in range(3):
        page.acts.accept()
    settle(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    assert [r.number for r in find_cases(station.desk)] == ["370911202600000010"]


def test_save_go_on_withdraw(qtbot: QtBot, station: Station) -> None:
    page = station.workbench
    start_item(qtbot, station, "shbzksl")
    fill_rest(page, "point")
    press(station, Qt.Key.Key_S, CTRL)
    settle(qtbot, station)
    (row,) = find_cases(station.desk)
    assert (row.status, row.number) == (CaseStatus.OPEN, "")
    press(station, Qt.Key.Key_B, ALT)
    settle(qtbot, station)
    station.cases.open_case(row.case_id)
    settle(qtbot, station)
    station.cases._continue()
    assert station.shell.current_page() == "workbench"
    page.acts.receive()
    settle(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    page.outcome.withdrawn.emit("改变计划")
    settle(qtbot, station)
    state = read_state(station.desk, row.case_id)
    assert state is not None
    assert state.status is CaseStatus.WITHDRAWN


def test_the_offline_badge_is_honest(qtbot: QtBot, station: Station) -> None:
    qtbot.waitUntil(lambda: "中心离线" in station.shell.status_text("connection"), timeout=60_000)
    settle(qtbot, station)
    start_item(qtbot, station, "shbzksl")
    fill_rest(station.workbench)
    station.workbench.acts.accept()
    settle(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    assert station.shell.status_text("waiting") == "待同步 1 件"
    assert station.shell.status_text("numbers") == "剩余受理编号 49"
    press(station, Qt.Key.Key_T, ALT)
    settle(qtbot, station)
    assert station.outbox.table.rows.rowCount() == 1


def test_palette_finds_cases_too_and_esc_gives_the_focus_back(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "shbzksl")
    fill_rest(station.workbench)
    station.workbench.sheet.put("applicant.name", "王样例")  # type: ignore[union-attr]
    station.workbench.acts.accept()
    settle(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    press(station, Qt.Key.Key_1, ALT)
    before = focused(station)
    press(station, Qt.Key.Key_K, CTRL)
    type_text(station, "wyl")
    settle(qtbot, station)
    assert "办件 1 件" in "".join(w.text() for w in station.shell.findChildren(QLabel))
    press(station, Qt.Key.Key_Escape)
    assert not station.shell.overlay_open()
    assert focused(station) is before


def test_an_item_for_another_desk_is_not_started_here(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "dyqscdj")
    assert station.workbench.sheet is None


def test_no_shortcut_fires_while_the_input_method_composes(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    editor = station.workbench.identity.fields["applicant.name"].editor
    editor.setFocus()
    QApplication.sendEvent(editor, QInputMethodEvent("yang", []))
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(editor, override)
    assert override.isAccepted()
    QApplication.sendEvent(editor, QInputMethodEvent("", []))
    key_click(editor, Qt.Key.Key_F3)
    assert station.shell.overlay_open()


def test_theme_and_scale_are_asked_for(qtbot: QtBot, station: Station) -> None:
    asked: list[Looks] = []
    station.ways.looks_changed.connect(asked.append)
    press(station, Qt.Key.Key_H, ALT)
    press(station, Qt.Key.Key_Equal, ALT)
    assert asked == [Looks(theme="contrast"), Looks(theme="contrast", scale=115)]


def test_a_stick_is_written_and_a_wrong_one_is_told(
    qtbot: QtBot, station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_item(qtbot, station, "shbzksl")
    fill_rest(station.workbench)
    station.workbench.acts.accept()
    settle(qtbot, station)
    press(station, Qt.Key.Key_Escape)
    press(station, Qt.Key.Key_T, ALT)
    settle(qtbot, station)
    out = tmp_path / "stick.thb"
    # The system's own file dialog is not ours to test.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(out), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (str(out), ""))
    press(station, Qt.Key.Key_O, ALT)
    settle(qtbot, station)
    assert out.read_bytes().startswith(b"THBBUNDLE")
    assert "已导出 1 步" in station.outbox.notice.text()
    press(station, Qt.Key.Key_I, ALT)
    settle(qtbot, station)
    assert "要在中心导入" in station.outbox.notice.text()
    assert station.outbox.table.rows.rowCount() == 1  # what waits goes on waiting

"""Keys of the desk beyond the steps: 叫号, the narrow rail, masked numbers, 四至, taking over, Alt+I."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.bootstrap import Session
from app.commands.act import Entry
from app.commands.batch import entry_fields, intake_line
from app.commands.intake import save_case
from app.config import Profile, Settings
from app.queries.cases import find_cases, read_case, read_state
from app.sample import filled
from devices.codes.wedge import GAP_MS
from models.domain.fields import PRIVATE_TYPES
from models.tables import replica as t
from tests.desk_kit import item, make_desk
from tests.views.keys import ALT, CTRL, NONE, PATIENCE_MS, focused, key_click, press, settle, start_item
from views.station import Station
from views.unlock.window import UnlockWindow
from views.widgets.masked import MaskedValue
from views.widgets.private import PrivateEdit
from views.workbench.bounds import is_place
from views.workbench.ticket import NO_QUEUE

K = Qt.Key


def message(station: Station) -> str:
    return station.shell._message.whole()


@pytest.mark.parametrize("digit", "1234")
def test_the_queue_that_is_not_there_says_so_and_only_where_it_is(
    qtbot: QtBot, station: Station, digit: str
) -> None:
    start_item(qtbot, station, "gssldj")
    kept = station.workbench.sheet
    press(station, K.Key_A, ALT)
    assert station.workbench.rail.ticket.isAncestorOf(focused(station))
    press(station, Qt.Key(ord(digit)))
    assert message(station) == NO_QUEUE
    assert station.workbench.sheet is kept


def test_f7_says_what_it_will_do(qtbot: QtBot, station: Station) -> None:
    ticket = station.workbench.rail.ticket
    assert ticket._next.text() == "叫下一位"
    start_item(qtbot, station, "gssldj")
    assert ticket._next.text() == "转草稿，叫下一位"
    press(station, K.Key_F7)
    settle(qtbot, station)
    assert station.workbench.reception.isAncestorOf(focused(station))


@pytest.mark.parametrize(("width", "rail", "why"), [(1366, 232, 320), (1300, 200, 288), (1180, 56, 0)])
def test_the_rail_and_the_reasons_fit_the_window(
    qtbot: QtBot, station: Station, width: int, rail: int, why: int
) -> None:
    station.shell.resize(width, 720)
    qtbot.waitUntil(lambda: station.shell.width() == width, timeout=PATIENCE_MS)
    page = station.workbench
    assert page.rail.width() == rail
    assert (page.why.width() if page.why.isVisible() else 0) == why
    if rail == 56:
        press(station, K.Key_F2)
        assert page.why.isVisible()
        press(station, K.Key_A, ALT)
        assert page.rail.ticket.isAncestorOf(focused(station))
        qtbot.waitUntil(lambda: page.rail.width() == 232, timeout=PATIENCE_MS)
        station.shell._find.setFocus()
        assert page.rail.width() == 56


def test_a_masked_number_is_shown_for_a_while_and_put_on_record(qtbot: QtBot, station: Station) -> None:
    done = intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept"))
    number = read_state(station.desk, done.case_id).value("applicant.id_number")  # type: ignore[union-attr]
    station.show_case(done.case_id)
    settle(qtbot, station)
    value = next(v for v in station.cases.findChildren(MaskedValue) if v.accessibleName() == "证件号码")
    assert number not in value.text()
    press(station, K.Key_V, ALT)  # the focus is elsewhere
    assert number not in value.text()
    value.setFocus()
    press(station, K.Key_V, ALT)
    assert value.text() == number
    settle(qtbot, station)
    with station.desk.store.read() as conn:
        rows = conn.execute(select(t.audit.c.act, t.audit.c.detail).where(t.audit.c.act == "reveal")).all()
    assert [tuple(row) for row in rows] == [("reveal", "applicant.id_number")]
    value._timer.timeout.emit()
    assert number not in value.text()
    press(station, K.Key_V, ALT)
    press(station, K.Key_Tab)  # whoever goes on has read it
    assert number not in value.text()


def test_numbers_of_persons_are_masked_at_rest_while_a_case_is_entered(
    qtbot: QtBot, station: Station
) -> None:
    """ui.md §4 Masked field, in step 1 and in the form; the sheet has the whole number all along."""
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    sheet = page.sheet
    assert sheet is not None
    for path, value in entry_fields(sheet.item, filled(sheet.item, random.Random(1))).items():
        sheet.put(path, value)
    sheet.put("agent.id_number", "11010519491231002X")
    page.load("identity")
    page.identity.focus_path("applicant.name")
    for path in ("applicant.id_number", "applicant.phone", "agent.id_number"):
        editor = page.identity.fields[path].editor
        assert isinstance(editor, PrivateEdit)
        assert "*" in editor.shown()
        editor.setFocus()
        assert editor.shown() == editor.text() == sheet.get(path)
    press(station, K.Key_3, ALT)
    private = [f.id for f in sheet.form_fields() if f.type in PRIVATE_TYPES]
    assert private
    for name in private:
        editor = page.form.fields[name].editor
        assert isinstance(editor, PrivateEdit), name


def test_a_place_without_a_house_number_is_told_by_its_bounds(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    page = station.workbench
    assert page.sheet is not None
    press(station, K.Key_3, ALT)
    spec = next(f for f in page.sheet.form_fields() if is_place(f))
    editor = page.form.fields[spec.id].editor
    editor.setFocus()
    station_type = "样例村"
    editor.setText(station_type)  # type: ignore[attr-defined]  # a QLineEdit
    press(station, K.Key_M, ALT)
    kept = page.sheet.get(f"form.{spec.id}")
    assert kept.startswith("样例村，东至")
    assert all(word in kept for word in ("南至", "西至", "北至"))
    press(station, K.Key_M, ALT)
    assert page.sheet.get(f"form.{spec.id}") == kept
    other = next(f for f in page.sheet.form_fields() if not is_place(f))
    page.form.fields[other.id].editor.setFocus()
    press(station, K.Key_M, ALT)
    assert "东至" not in page.sheet.get(f"form.{other.id}")


def test_a_case_of_another_desk_is_offered_and_taken_over_on_record(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    first = make_desk(tmp_path)
    of = item("SC001")
    fields = entry_fields(of, filled(of, random.Random(3)))
    case_id = save_case(first, Entry(case_id=first.make_id(), item_id=of.id, fields=fields)).case_id
    second = replace(first, device=msgspec.structs.replace(first.device, device="D02"))
    station = Station(second, tmp_path / "templates")
    station.show()
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    station.show_case(case_id)
    settle(qtbot, station)
    page = read_case(second, case_id)
    assert page is not None
    before = len(page.history)
    assert station.cases._go.accessibleName() == "接过来办"
    assert station.workbench.sheet is None  # looking at it takes nothing
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    page = read_case(second, case_id)
    assert page is not None
    assert len(page.history) == before + 1
    assert "接过来办：原由 T0718" in page.history[-1].text
    assert station.workbench.sheet is not None
    assert station.workbench.sheet.case_id == case_id
    station.show_case(case_id)
    settle(qtbot, station)
    assert station.cases._go.accessibleName() == "接着办"
    assert len(find_cases(second)) == 1
    station.shut_down()


def test_a_stick_chosen_before_unlocking_waits_for_the_password(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(tmp_path)
    profile = Profile(tmp_path)
    profile.write_device(desk.device)
    stick = tmp_path / "stick.thb"
    stick.write_bytes(b"THBBUNDLE but cut off")
    # The system's own file dialog is not ours to test.
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (str(stick), ""))
    session = Session(qapp, profile, Settings(last_staff="T0718"))
    session.lock()
    window = session.unlock
    assert isinstance(window, UnlockWindow)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    key_click(window, K.Key_I, ALT)
    assert "解锁后立即导入" in window._notice.text()
    session.open_desk(desk)
    station = session.station
    assert isinstance(station, Station)
    qtbot.waitUntil(lambda: bool(station.outbox.notice.text()), timeout=PATIENCE_MS)
    assert station.shell.current_page() == "sync"
    settle(qtbot, station)
    session.close()


def test_enter_in_a_field_leads_to_the_next_that_is_missing(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "shbzksl")
    page = station.workbench
    assert page.sheet is not None
    for path, value in (("kind", "person"), ("id_kind", "resident_id"), ("phone", "13800000001")):
        page.sheet.put(f"applicant.{path}", value)
    page.open_step("identity", "applicant.name")
    for text in ("wang", "11010519491231002X"):
        for place, char in enumerate(text):
            if place == 9:
                qtbot.wait(2 * GAP_MS)  # no scanner stops in the middle
            key_click(focused(station), char, NONE)
        if text == "wang":
            press(station, K.Key_Return)
            assert focused(station) is page.identity.fields["applicant.id_number"].editor
    press(station, K.Key_Return)
    assert page.step != "identity"


def test_ctrl_z_takes_an_answer_back_and_stays_at_its_question(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    page = station.workbench
    assert page.sheet is not None
    press(station, K.Key_2, ALT)
    press(station, K.Key_2)
    first = page.situation.rows[0].question.id
    assert page.sheet.answers == {first: "catering"}
    press(station, K.Key_Z, CTRL)
    assert page.sheet.answers == {}
    assert page.situation.rows[0].isAncestorOf(focused(station))
    press(station, K.Key_1)
    assert page.sheet.answers == {first: "retail"}


def test_a_draft_is_written_soon_and_its_time_is_told(qtbot: QtBot, station: Station) -> None:
    """No pause is waited for: the write begins with the key itself (ui.md §1: within 300 ms)."""
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    page.identity.focus_path("applicant.name")
    key_click(focused(station), "x")
    assert page.writing.saving
    settle(qtbot, station)
    saved = page.head.saved()
    assert saved.startswith("✓ ")
    assert saved[2:10].count(":") == 2


def test_when_the_lease_has_run_out_everything_is_readable_and_nothing_is_taken_in(
    qtbot: QtBot, station: Station
) -> None:
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    buttons = page._actions.buttons
    page.show_limits(True, False)
    assert all("租约到期" in one.accessibleDescription() for one in buttons.values())
    assert buttons["accept"].text() == "受理（租约到期）"
    buttons["receive"].click()
    settle(qtbot, station)
    assert "租约到期" in page.notice.text()
    assert page.sheet is not None
    assert page.sheet.state is None  # nothing was received
    page.show_limits(False, False)
    assert buttons["receive"].accessibleDescription() == ""

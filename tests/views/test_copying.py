"""录入部门系统 by real keys: one key a field, the clipboard emptied, the number taken back."""

from __future__ import annotations

import random

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.commands.batch import intake_line
from app.queries.cases import read_state
from app.sample import filled
from models.domain.other_system import number_path
from models.tables import replica as t
from tests.desk_kit import item
from tests.views.keys import ALT, CTRL, PATIENCE_MS, focused, key_click, press, settle, start_item, type_text
from views.copying.window import CopyWindow
from views.station import Station

K = Qt.Key


def board() -> str:
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    return clipboard.text()


def opened(qtbot: QtBot, station: Station, seed: int = 1) -> tuple[CopyWindow, str]:
    done = intake_line(station.desk, filled(item("SC001"), random.Random(seed), "accept"))
    station.show_case(done.case_id)
    settle(qtbot, station)
    press(station, K.Key_R, ALT)
    settle(qtbot, station)
    window = station.copying.window
    assert window is not None
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    return window, done.case_id


def copies(station: Station) -> list[str]:
    with station.desk.store.read() as conn:
        rows = conn.execute(select(t.audit.c.detail).where(t.audit.c.act == "copy_out"))
        return [row.detail for row in rows]


def test_each_key_copies_the_next_field_and_each_copy_is_on_record(qtbot: QtBot, station: Station) -> None:
    window, _ = opened(qtbot, station)
    assert window.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    got = []
    for key in (K.Key_Return, K.Key_Space, K.Key_Enter):
        key_click(focused(station), key)
        got.append(board())
    settle(qtbot, station)
    assert got == [field.value for field in window.fields[:3]]
    assert copies(station) == [f"shichang|{field.heading}" for field in window.fields[:3]]
    assert window.table.currentIndex().row() == 3
    key_click(focused(station), K.Key_Up)
    key_click(focused(station), K.Key_Space)  # once more: the paste went wrong
    assert board() == window.fields[2].value


def test_numbers_of_persons_are_masked_on_the_screen_and_whole_on_the_clipboard(
    qtbot: QtBot, station: Station
) -> None:
    window, _ = opened(qtbot, station)
    place = [field.heading for field in window.fields].index("证件号码")
    shown = window.table.rows.cell(window.table.rows.index(place, 2)).text
    assert "*" in shown
    window.table.selectRow(place)
    key_click(focused(station), K.Key_Space)
    assert board() == window.fields[place].value
    assert "*" not in board()


def test_the_clipboard_is_emptied_after_a_while_and_at_the_lock_and_only_of_what_is_ours(
    qtbot: QtBot, station: Station
) -> None:
    window, _ = opened(qtbot, station)
    key_click(focused(station), K.Key_Return)
    assert board()
    assert station.copying.clip.waiting()
    station.copying.clip._timer.timeout.emit()  # the minute is over
    assert board() == ""
    key_click(focused(station), K.Key_Return)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("别的程序复制的")
    station.copying.clip.clear()
    assert board() == "别的程序复制的"
    key_click(window.table, K.Key_Return)
    assert board() == window.fields[2].value
    station.copying.stop()  # as at the lock
    assert board() == ""
    assert station.copying.window is None


def test_ctrl_l_locks_from_the_window_too(qtbot: QtBot, station: Station) -> None:
    window, _ = opened(qtbot, station)
    asked: list[bool] = []
    station.shell.lock_requested.connect(lambda: asked.append(True))
    key_click(window.table, K.Key_L, CTRL)
    assert asked == [True]


def test_all_in_one_line_and_the_number_back(qtbot: QtBot, station: Station) -> None:
    window, case_id = opened(qtbot, station)
    window.whole.setFocus()
    key_click(window.whole, K.Key_Space)
    assert board().split("\t") == [field.value for field in window.fields]
    key_click(window, K.Key_F6)
    key_click(window, K.Key_F6)
    assert window.number.editor.hasFocus() or window.table.hasFocus()
    window.number.editor.setFocus()
    type_text(station, "SC12")
    press(station, K.Key_Return)
    settle(qtbot, station)
    assert "没有存" in window.number.editor.accessibleDescription()
    assert window.number.value() == "SC12"
    type_text(station, "2026112300")
    press(station, K.Key_Return)
    settle(qtbot, station)
    state = read_state(station.desk, case_id)
    assert state is not None
    assert state.value(number_path("shichang")) == "SC122026112300"
    assert "已回填" in window.notice.text()


def test_the_list_of_cases_without_a_number(qtbot: QtBot, station: Station) -> None:
    window, case_id = opened(qtbot, station)
    view = station.cases.list.view
    place = view.findData("待回填编号的")
    view.setCurrentIndex(place)
    view.activated.emit(place)
    settle(qtbot, station)
    assert station.cases.table.current_key() == case_id
    window.number.editor.setFocus()
    window.number.set_value("SC202611230001")
    key_click(window.number.editor, K.Key_Return)
    settle(qtbot, station)
    settle(qtbot, station)
    assert station.cases.table.rows.rowCount() == 0


def test_nothing_is_copied_of_a_case_that_is_not_received(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_R, ALT)
    settle(qtbot, station)
    assert station.copying.window is None
    start_item(qtbot, station, "gssldj")
    press(station, K.Key_S, CTRL)
    settle(qtbot, station)
    press(station, K.Key_R, ALT)
    settle(qtbot, station)
    assert station.copying.window is None
    assert "还没有收件" in station.workbench.notice.text()

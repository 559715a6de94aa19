"""Bad input at the screens (issue 5): nothing is lost, and at most one plain sentence is said."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QMimeData, Qt
from PyQt6.QtGui import QInputMethodEvent
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.queries.cases import find_cases
from app.queries.drafts import read_drafts
from tests.desk_kit import FixedClock
from tests.views.keys import ALT, CTRL, NONE, PATIENCE_MS, focused, press, settle, start_item, type_text
from tests.views.test_station import fill_rest
from views.station import Station

K = Qt.Key
HUGE = "样例" * 1_700_000  # 10 MB as UTF-8


def paste(text: str) -> None:
    data = QMimeData()
    data.setText(text)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setMimeData(data)


def multiline(station: Station) -> QPlainTextEdit:
    form = station.workbench.form
    return next(f.editor for f in form.fields.values() if isinstance(f.editor, QPlainTextEdit))


def test_a_pasted_table_stays_whole_in_the_draft(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    press(station, K.Key_3, ALT)
    area = multiline(station)
    area.setFocus()
    table = "品名\t数量\t单价\n大米\t3\t12.00\n面粉\t2\t9.50"
    paste(table)
    press(station, K.Key_V, CTRL)
    settle(qtbot, station)
    (draft,) = read_drafts(station.desk)
    assert table in draft.fields.values()
    # In a line the rows become one line; nothing of them is lost.
    station.workbench.identity.focus_path("applicant.name")
    press(station, K.Key_1, ALT)
    station.workbench.identity.focus_path("applicant.name")
    press(station, K.Key_V, CTRL)
    settle(qtbot, station)
    kept = read_drafts(station.desk)[0].fields["applicant.name"]
    assert all(word in kept for word in ("品名", "大米", "面粉", "9.50"))


def sentences(station: Station, words: str) -> list[str]:
    """The labels in sight that say so."""
    return [
        one.text() for one in station.shell.findChildren(QLabel) if one.isVisible() and words in one.text()
    ]


@pytest.mark.parametrize("kind", ["line", "code", "area"])
def test_ten_megabytes_are_refused_whole_in_every_kind_of_field(
    qtbot: QtBot, station: Station, kind: str
) -> None:
    """A line would cut them at its limit without a word; what was there stays, and one sentence says so."""
    start_item(qtbot, station, "spjyxk")
    page = station.workbench
    if kind == "area":
        press(station, K.Key_3, ALT)
        multiline(station).setFocus()
    else:
        page.identity.focus_path("applicant.name" if kind == "line" else "applicant.id_number")
    type_text(station, "abc")
    settle(qtbot, station)
    before = read_drafts(station.desk)[0].fields
    assert "abc" in before.values()
    paste(HUGE)
    press(station, K.Key_V, CTRL)
    qtbot.waitUntil(lambda: bool(sentences(station, "没有粘进来")), timeout=PATIENCE_MS)
    settle(qtbot, station)
    assert len(sentences(station, "没有粘进来")) == 1
    assert read_drafts(station.desk)[0].fields == before
    type_text(station, "d")
    settle(qtbot, station)
    assert "abcd" in read_drafts(station.desk)[0].fields.values()
    assert sentences(station, "没有粘进来") == []


def test_what_is_longer_than_a_form_takes_is_kept_and_told(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    page = station.workbench
    assert page.sheet is not None
    page.sheet.put("applicant.name", "王样例")
    press(station, K.Key_3, ALT)
    multiline(station).setFocus()
    paste("样例" * 10_000)
    press(station, K.Key_V, CTRL)
    settle(qtbot, station)
    assert len([g for g in page.sheet.gaps() if g.step == "form" and "字" in g.reason]) == 1
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert find_cases(station.desk) == []
    (draft,) = read_drafts(station.desk)
    assert draft.fields["applicant.name"] == "王样例"
    assert "样例" * 10_000 in draft.fields.values()


def test_a_shortcut_in_the_middle_of_a_word_loses_neither(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    editor = page.identity.fields["applicant.name"].editor
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    type_text(station, "abc")
    QApplication.sendEvent(editor, QInputMethodEvent("yang", []))
    for key, modifier in (
        (K.Key_Return, CTRL),
        (K.Key_S, CTRL),
        (K.Key_2, ALT),
        (K.Key_T, ALT),
        (K.Key_R, ALT),
        (K.Key_N, ALT),
        (K.Key_K, CTRL),
        (K.Key_L, CTRL),
        (K.Key_Escape, NONE),
        *((key, NONE) for key in (K.Key_F1, K.Key_F3, K.Key_F5, K.Key_F7, K.Key_F9, K.Key_F12)),
    ):
        press(station, key, modifier)
        assert not station.shell.overlay_open(), key
        assert station.shell.current_page() == "workbench", key
    assert page.step == "identity"
    assert page.notice.text() == ""
    done = QInputMethodEvent("", [])
    done.setCommitString("样例")
    QApplication.sendEvent(editor, done)
    settle(qtbot, station)
    assert read_drafts(station.desk)[0].fields["applicant.name"] == "abc样例"
    press(station, K.Key_2, ALT)
    assert page.step != "identity"


def test_a_double_ctrl_enter_is_one_case(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "shbzksl")
    fill_rest(station.workbench)
    press(station, K.Key_6, ALT)
    press(station, K.Key_Return, CTRL)
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    press(station, K.Key_Escape)
    assert len(find_cases(station.desk)) == 1


@pytest.mark.parametrize("size", [(1180, 640), (1, 1)])
def test_the_smallest_window_keeps_what_is_typed_and_the_act_in_sight(
    qtbot: QtBot, station: Station, size: tuple[int, int]
) -> None:
    start_item(qtbot, station, "gssldj")
    station.workbench.identity.focus_path("applicant.name")
    type_text(station, "abc")
    before = focused(station)
    station.shell.resize(*size)
    qtbot.wait(20)
    assert (station.shell.width(), station.shell.height()) == (1180, 640)
    assert focused(station) is before
    type_text(station, "def")
    settle(qtbot, station)
    assert read_drafts(station.desk)[0].fields["applicant.name"] == "abcdef"
    assert station.workbench._actions.isVisible()


def test_a_clock_set_back_takes_no_number_and_keeps_everything(qtbot: QtBot, station: Station) -> None:
    clock = station.desk.clock
    assert isinstance(clock, FixedClock)
    start_item(qtbot, station, "shbzksl")
    fill_rest(station.workbench)
    station.workbench.acts.accept()
    settle(qtbot, station)
    press(station, K.Key_Escape)
    start_item(qtbot, station, "shbzksl")
    fill_rest(station.workbench)
    station.workbench.autosave()
    settle(qtbot, station)
    clock.now_ms -= 3 * 3600 * 1000
    station.workbench.acts.accept()
    settle(qtbot, station)
    text = station.workbench.notice.text()
    assert "校时" in text or "时间" in text
    assert len(find_cases(station.desk)) == 1
    assert len(read_drafts(station.desk)) == 1
    assert station.shell.status_text("numbers") == "剩余受理编号 49"


def test_a_clock_set_ten_years_on_keeps_everything_until_it_is_right_again(
    qtbot: QtBot, station: Station
) -> None:
    clock = station.desk.clock
    assert isinstance(clock, FixedClock)
    start_item(qtbot, station, "shbzksl")
    fill_rest(station.workbench)
    station.workbench.autosave()
    settle(qtbot, station)
    (before,) = read_drafts(station.desk)
    ten_years = 3650 * 86_400_000
    clock.now_ms += ten_years
    press(station, K.Key_6, ALT)
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    assert find_cases(station.desk) == []
    assert station.workbench.notice.text().count("离线租约到期") == 1
    assert "本机日期是 2036" in station.workbench.notice.text()
    assert read_drafts(station.desk)[0].fields == before.fields
    clock.now_ms -= ten_years
    press(station, K.Key_Return, CTRL)
    settle(qtbot, station)
    press(station, K.Key_Escape)
    assert len(find_cases(station.desk)) == 1


def test_the_window_comes_back_when_its_display_is_pulled_out(qtbot: QtBot, station: Station) -> None:
    """What the system leaves behind then is a window where no display is."""
    start_item(qtbot, station, "gssldj")
    station.workbench.identity.focus_path("applicant.name")
    type_text(station, "abc")
    where = focused(station)
    shell = station.shell
    shell.move(9000, 7000)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    screen = app.primaryScreen()
    assert screen is not None
    app.screenRemoved.emit(screen)
    qtbot.waitUntil(lambda: screen.geometry().intersects(shell.frameGeometry()), timeout=PATIENCE_MS)
    assert shell.frameGeometry().topLeft() == screen.availableGeometry().topLeft()
    assert "屏幕" in shell._message.accessibleName()
    assert focused(station) is where
    type_text(station, "def")
    settle(qtbot, station)
    assert read_drafts(station.desk)[0].fields["applicant.name"] == "abcdef"

"""The key map of ui.md §5 through real key events."""

from __future__ import annotations

import random

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QInputMethodEvent, QKeyEvent, QShortcut
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.commands.batch import entry_fields, intake_line
from app.queries.drafts import read_drafts
from app.sample import filled
from tests.desk_kit import item
from tests.views.keys import ALT, CTRL, NONE, focused, press, settle, start_item, type_text
from views.help.sheet import HelpSheet
from views.idle import IdleGuard
from views.settings.sheet import SettingsSheet
from views.station import Station
from views.widgets import CodeEdit
from views.widgets.keys import Guard, shown_key

SHIFT = Qt.KeyboardModifier.ShiftModifier
K = Qt.Key


def message(station: Station) -> str:
    return station.shell._message.whole()


def hold(station: Station, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, text: str = "") -> None:
    """A key held down: the press again and again, marked as autorepeat, with no new press."""
    for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
        QApplication.sendEvent(focused(station), QKeyEvent(kind, key, modifier, text, True))


def half_filled(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    sheet = station.workbench.sheet
    assert sheet is not None
    for path, value in entry_fields(sheet.item, filled(sheet.item, random.Random(1))).items():
        if not path.startswith(("material", "point")):
            sheet.put(path, value)
    station.workbench.refresh()


@pytest.mark.parametrize(("key", "page"), [(K.Key_B, "cases"), (K.Key_T, "sync"), (K.Key_W, "workbench")])
def test_alt_letters_open_the_pages_and_leave_the_focus_on_them(
    qtbot: QtBot, station: Station, key: Qt.Key, page: str
) -> None:
    press(station, key, ALT)
    settle(qtbot, station)
    assert station.shell.current_page() == page
    shown = station.shell._pages[page]
    now = QApplication.focusWidget()
    assert now is not None
    assert shown.isAncestorOf(now)


@pytest.mark.parametrize("number", range(1, 7))
def test_alt_digits_open_the_steps(qtbot: QtBot, station: Station, number: int) -> None:
    half_filled(qtbot, station)
    press(station, Qt.Key(K.Key_0 + number), ALT)
    assert (
        station.workbench.step
        == ("identity", "situation", "form", "materials", "points", "accept")[number - 1]
    )


def test_f8_walks_the_gaps_both_ways(qtbot: QtBot, station: Station) -> None:
    half_filled(qtbot, station)
    page = station.workbench
    assert page.sheet is not None
    paths = [gap.path for gap in page.sheet.gaps()]
    assert len(paths) > 3
    seen = []
    for _ in paths:
        press(station, K.Key_F8)
        seen.append(page.walk.gap)
    assert seen == paths
    press(station, K.Key_F8, SHIFT)
    assert page.walk.gap == paths[-2]


def test_f6_leaves_every_pane_and_comes_back_to_where_it_was(qtbot: QtBot, station: Station) -> None:
    half_filled(qtbot, station)
    press(station, K.Key_1, ALT)
    page, began = station.workbench, focused(station)
    where = []
    for _ in range(4):
        press(station, K.Key_F6)
        now = focused(station)
        where.append(
            next(i for i, pane in enumerate([*page.panes(), station.shell._bar]) if pane.isAncestorOf(now))
        )
    assert where == [1, 2, 3, 0]
    assert focused(station) is began
    press(station, K.Key_F6, SHIFT)
    assert station.shell._bar.isAncestorOf(focused(station))


def test_f1_shows_exactly_what_is_bound(qtbot: QtBot, station: Station) -> None:
    bound = {shown_key(s.key()) for s in station.shell.findChildren(QShortcut) if shown_key(s.key())}
    press(station, K.Key_F1)
    (sheet,) = station.shell.findChildren(HelpSheet)
    model = sheet.table.rows
    shown = {model.cell(model.index(row, 0)).text for row in range(model.rowCount())}
    told = {model.cell(model.index(row, 1)).text for row in range(model.rowCount())}
    assert bound <= shown
    assert {"F1", "F3", "Ctrl+Enter", "Alt+1", "1 2 3 4 5 6 7 8 0"} <= shown
    assert "" not in told
    # A key that is bound while the program runs is in the map the next time.
    press(station, K.Key_Escape)
    assert not station.shell.overlay_open()
    from views.widgets.keys import bind

    bind(station.shell, "Alt+Z", "样例", lambda: None)
    press(station, K.Key_F1)
    sheet = station.shell.findChildren(HelpSheet)[-1]
    model = sheet.table.rows
    assert ("Alt+Z", "样例") in {
        (model.cell(model.index(r, 0)).text, model.cell(model.index(r, 1)).text)
        for r in range(model.rowCount())
    }


def test_f2_leads_to_the_reasons(qtbot: QtBot, station: Station) -> None:
    half_filled(qtbot, station)
    press(station, K.Key_F2)
    assert station.workbench.why.isAncestorOf(focused(station))


def test_f7_keeps_the_draft_clears_the_bench_and_counts_once(qtbot: QtBot, station: Station) -> None:
    now = [0.0]
    station.ways.called = Guard(2000, lambda: now[0])
    half_filled(qtbot, station)
    press(station, K.Key_F7)
    settle(qtbot, station)
    assert station.workbench.sheet is None
    assert "已转草稿" in message(station)
    (draft,) = read_drafts(station.desk)
    assert draft.fields["applicant.name"]
    station.workbench.open_draft(draft.case_id)
    station.refresh()
    settle(qtbot, station)
    station.workbench.open_draft(draft.case_id)
    settle(qtbot, station)
    assert station.workbench.sheet is not None
    now[0] = 1.9
    press(station, K.Key_F7)
    assert station.workbench.sheet is not None  # within two seconds: one call, not two
    now[0] = 4.0
    hold(station, K.Key_F7)
    assert station.workbench.sheet is not None  # held down is not pressed again
    press(station, K.Key_F7)
    assert station.workbench.sheet is None


@pytest.mark.qt_log_ignore("Couldn't (load|resolve)")  # Qt Multimedia on a machine without a video card
@pytest.mark.parametrize(("key", "word"), [(K.Key_F9, "读卡器"), (K.Key_F12, "高拍仪")])
def test_a_device_that_is_not_there_is_named(qtbot: QtBot, station: Station, key: Qt.Key, word: str) -> None:
    hold(station, key)
    assert word not in message(station)
    press(station, key)
    settle(qtbot, station)
    assert word in message(station)


def test_a_held_ctrl_enter_accepts_nothing(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    hold(station, K.Key_Return, CTRL)
    assert station.workbench.notice.text() == ""
    press(station, K.Key_Return, CTRL)
    assert "还差" in station.workbench.notice.text()


def test_f5_asks_for_a_round(qtbot: QtBot, station: Station) -> None:
    with qtbot.waitSignal(station.shell.sync_requested, timeout=60_000):
        press(station, K.Key_F5)
    settle(qtbot, station)


def test_ctrl_l_asks_for_the_lock(qtbot: QtBot, station: Station) -> None:
    with qtbot.waitSignal(station.shell.lock_requested, timeout=60_000):
        press(station, K.Key_L, CTRL)


def test_f11_goes_full_screen_and_back(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_F11)
    assert station.shell.isFullScreen()
    press(station, K.Key_F11)
    assert not station.shell.isFullScreen()


def test_alt_d_and_alt_j_go_to_the_lists(qtbot: QtBot, station: Station) -> None:
    half_filled(qtbot, station)
    station.workbench.autosave()
    settle(qtbot, station)
    intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept"))
    station.refresh()
    settle(qtbot, station)
    rail = station.workbench.rail
    qtbot.waitUntil(
        lambda: all(b is not None and b.isVisible() for b in rail._first.values()), timeout=60_000
    )
    for seed, key in enumerate((K.Key_D, K.Key_J), start=5):
        press(station, key, ALT)
        now = focused(station)
        assert rail.isAncestorOf(now)
        name = now.accessibleName()
        intake_line(station.desk, filled(item("SC001"), random.Random(seed), "accept"))
        with qtbot.waitSignal(now.destroyed, timeout=60_000):
            station.refresh()  # the lists are shown anew; the clerk stays where they are
        assert focused(station).accessibleName() == name


def test_settings_hold_at_once(qtbot: QtBot, station: Station) -> None:
    asked: list[object] = []
    station.ways.looks_changed.connect(asked.append)
    station.ways.open_settings()
    (sheet,) = station.shell.findChildren(SettingsSheet)
    press(station, K.Key_Right)
    assert len(asked) == 1
    assert station.ways.looks.theme == "contrast"
    assert sheet.looks() == station.ways.looks


def test_enter_in_the_palette_waits_for_the_catalogue(qtbot: QtBot, station: Station) -> None:
    finder, station._finder = station._finder, None
    assert finder is not None
    press(station, K.Key_F3)
    type_text(station, "gssldj")
    press(station, K.Key_Return)
    assert station.workbench.sheet is None
    qtbot.waitUntil(lambda: station.workbench.sheet is not None, timeout=60_000)
    assert not station.shell.overlay_open()
    assert station.workbench.sheet is not None
    assert station.workbench.sheet.item.id == finder.find("gssldj")[0].item.id


def test_esc_and_new_words_take_the_waiting_enter_back(qtbot: QtBot, station: Station) -> None:
    station._finder = None
    press(station, K.Key_F3)
    type_text(station, "gs")
    press(station, K.Key_Return)
    type_text(station, "s")
    qtbot.waitUntil(lambda: station._finder is not None, timeout=60_000)
    settle(qtbot, station)
    assert station.shell.overlay_open()
    assert station.workbench.sheet is None


# -- the rules about input methods (ui.md §5 a–g) --------------------------------------------------------


@pytest.mark.parametrize("key", [K.Key_F1, K.Key_F3, K.Key_F7, K.Key_F8, K.Key_F9, K.Key_F12])
def test_while_a_word_is_put_together_no_key_of_ours_acts(
    qtbot: QtBot, station: Station, key: Qt.Key
) -> None:
    start_item(qtbot, station, "gssldj")
    editor = station.workbench.identity.fields["applicant.name"].editor
    editor.setFocus()
    before = message(station)
    QApplication.sendEvent(editor, QInputMethodEvent("yang", []))
    press(station, key)
    assert not station.shell.overlay_open()
    assert station.workbench.sheet is not None
    assert message(station) == before
    assert focused(station) is editor


def test_single_keys_exist_only_in_a_focused_list(qtbot: QtBot, station: Station) -> None:
    """(a) and (b): no shortcut without a modifier but the function keys and Esc; lists take no IME."""
    half_filled(qtbot, station)
    for shortcut in station.shell.findChildren(QShortcut):
        key = shown_key(shortcut.key())
        assert "+" in key or key == "Esc" or key[0] == "F", key
    page = station.workbench
    for table in (page.materials.table, page.points.table, station.outbox.clashes, station.cases.table):
        assert not table.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        model = table.rows
        if model.rowCount():
            assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsEditable
    sheet = page.sheet
    assert sheet is not None
    kept = dict(sheet.fields)
    press(station, K.Key_6, ALT)  # the check-answers view: a digit means nothing here
    press(station, K.Key_1)
    assert sheet.fields == kept


def test_forbidden_combinations_are_not_bound(station: Station) -> None:
    """What input methods and line edits own is no command (ui.md §5)."""
    for shortcut in station.shell.findChildren(QShortcut):
        parts = set(shown_key(shortcut.key()).split("+"))
        assert not {"Ctrl", "Shift"} <= parts
        assert not {"Ctrl", "Alt"} <= parts
        assert not ("Ctrl" in parts and any(part.isdigit() for part in parts))
        assert not parts & {"F10", "F4"}
        assert not ("Ctrl" in parts and parts & {"Space", ".", ";", "`", "A", "C", "V", "X", "U", "E"})


def test_code_fields_keep_the_input_method_off_and_make_digits_plain(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    identity = station.workbench.identity
    for path in ("applicant.id_number", "applicant.phone", "agent.id_number", "agent.phone"):
        editor = identity.fields[path].editor
        assert isinstance(editor, CodeEdit)
        assert not editor.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    identity.focus_path("applicant.phone")
    type_text(station, "１３８　００ab")
    assert identity.fields["applicant.phone"].value() == "138 00ab"


def test_the_palette_starts_without_the_input_method(qtbot: QtBot, station: Station) -> None:
    press(station, K.Key_F3)
    line = focused(station)
    assert isinstance(line, QLineEdit)
    assert not line.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    press(station, K.Key_Shift)
    assert line.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


# -- lock -------------------------------------------------------------------------------------------------


def test_the_idle_guard_warns_then_locks_and_a_key_starts_it_anew(qtbot: QtBot, station: Station) -> None:
    now = [0.0]
    guard = IdleGuard(station, lambda: now[0])
    told: list[object] = []
    guard.warned.connect(told.append)
    guard.expired.connect(lambda: told.append("lock"))
    for second in (269, 270, 280, 299):
        now[0] = second
        guard.check()
    assert told == [30]
    station.shell.installEventFilter(guard)
    QApplication.sendEvent(station.shell, QKeyEvent(QEvent.Type.KeyPress, K.Key_Shift, NONE))
    now[0] = 299 + 280
    guard.check()
    now[0] = 299 + 300
    guard.check()
    guard.check()
    assert told == [30, 20, "lock"]
    guard.stop()


def test_what_was_typed_last_is_kept_through_the_lock(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    page.identity.focus_path("applicant.name")
    type_text(station, "泰安样例")
    type_text(station, "有限公司")  # the write of the first part is under way
    sheet = page.sheet
    assert sheet is not None
    station.tasks.close()
    page.flush()
    (draft,) = read_drafts(station.desk)
    assert draft.fields["applicant.name"] == "泰安样例有限公司"


def test_what_lay_open_is_there_again_after_the_lock(qtbot: QtBot, station: Station) -> None:
    half_filled(qtbot, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    station.workbench.autosave()
    settle(qtbot, station)
    station.workbench.show_sheet(None)
    station.workbench.open_later(sheet.case_id)
    station.refresh()
    qtbot.waitUntil(lambda: station.workbench.sheet is not None, timeout=60_000)
    assert any("已填" in one.text() for one in station.workbench.findChildren(QLabel))

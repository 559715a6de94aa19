"""ui.md §5 row by row: which test presses the keys of each row, and the tests of what no other file presses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from tests.views.keys import ALT, CTRL, focused, press, settle, start_item, type_text
from views.station import Station

SHIFT = Qt.KeyboardModifier.ShiftModifier
K = Qt.Key
HERE = Path(__file__).parent

# Row of the table in ui.md §5 → the tests that send its keys as real key events.
ROWS = {
    "F1 / F2": (
        "test_keys.py::test_f1_shows_exactly_what_is_bound",
        "test_keys.py::test_f2_leads_to_the_reasons",
    ),
    "F3, Ctrl+K": (
        "test_keys.py::test_enter_in_the_palette_waits_for_the_catalogue",
        "test_key_rows.py::test_both_keys_open_the_palette_on_every_page",
    ),
    "F5": ("test_keys.py::test_f5_asks_for_a_round",),
    "F6, Shift+F6": ("test_keys.py::test_f6_leaves_every_pane_and_comes_back_to_where_it_was",),
    "F7": (
        "test_keys.py::test_f7_keeps_the_draft_clears_the_bench_and_counts_once",
        "test_desk_keys.py::test_f7_says_what_it_will_do",
    ),
    "F8, Shift+F8": (
        "test_keys.py::test_f8_walks_the_gaps_both_ways",
        "test_set_keys.py::test_f8_walks_the_gaps_of_a_set_both_ways",
        "test_conflicts.py::test_a_digit_takes_one_of_the_three",
    ),
    "F9 / F12": (
        "test_card.py::test_the_card_fills_the_applicant_and_the_draft",
        "test_capture.py::test_two_pages_by_f12_become_one_pdf_of_the_material",
        "test_keys.py::test_a_device_that_is_not_there_is_named",
    ),
    "F11": ("test_keys.py::test_f11_goes_full_screen_and_back",),
    "Alt+W B Y T K": (
        "test_keys.py::test_alt_letters_open_the_pages_and_leave_the_focus_on_them",
        "test_key_rows.py::test_every_page_opens_from_every_other",
    ),
    "Alt+1…6": (
        "test_keys.py::test_alt_digits_open_the_steps",
        "test_set_keys.py::test_alt_digits_lead_through_a_set",
    ),
    "Alt+A D J": (
        "test_keys.py::test_alt_d_and_alt_j_go_to_the_lists",
        "test_desk_keys.py::test_the_queue_that_is_not_there_says_so_and_only_where_it_is",
    ),
    "↑ ↓ Home End": ("test_set_keys.py::test_arrows_home_and_end_go_through_the_papers",),
    "1 2 3 4 5 6 7 0, papers": (
        "test_set_keys.py::test_each_digit_says_how_a_paper_came_or_why_it_may_not",
        "test_station.py::test_keys_that_the_list_bars_do_nothing_but_say_why",
    ),
    "1 2 3, points": ("test_set_keys.py::test_each_digit_judges_a_point_and_ctrl_z_takes_it_back",),
    "1 2 …, answers": ("test_desk_keys.py::test_ctrl_z_takes_an_answer_back_and_stays_at_its_question",),
    "1 2 3 4, conflict": (
        "test_conflicts.py::test_a_digit_takes_one_of_the_three",
        "test_conflicts.py::test_the_fourth_key_takes_a_value_of_ones_own",
    ),
    "Enter / Space": (
        "test_key_rows.py::test_enter_opens_a_row_of_the_rail_as_space_does",
        "test_case_list.py::test_a_view_is_kept_opened_and_dropped",
        "test_desk_keys.py::test_enter_in_a_field_leads_to_the_next_that_is_missing",
    ),
    "Ctrl+Enter": (
        "test_keys.py::test_a_held_ctrl_enter_accepts_nothing",
        "test_bundle.py::test_a_whole_set_by_keyboard_alone",
        "test_palette.py::test_ctrl_enter_takes_the_applicant_along_and_accepts_nothing",
    ),
    "Ctrl+S / Ctrl+B / Ctrl+P": (
        "test_station.py::test_save_go_on_withdraw",
        "test_station.py::test_supplement_names_all_and_only_once",
        "test_printing.py::test_closing_the_sheet_at_once_makes_no_pdf",
    ),
    "Ctrl+L": (
        "test_keys.py::test_ctrl_l_asks_for_the_lock",
        "test_lock.py::test_the_lock_covers_what_cannot_be_written_and_gives_it_back",
    ),
    "Tab, →, Ctrl+D": (
        "test_palette.py::test_tab_goes_through_the_scopes_and_never_leaves",
        "test_palette.py::test_the_guide_asks_prints_and_takes_no_number",
        "test_palette.py::test_a_pin_is_kept_and_stands_first",
    ),
    "Alt+C / Alt+M": (
        "test_key_rows.py::test_alt_c_lets_another_clerk_in",
        "test_desk_keys.py::test_a_place_without_a_house_number_is_told_by_its_bounds",
    ),
    "Esc": (
        "test_key_rows.py::test_esc_leaves_the_field_and_discards_nothing",
        "test_station.py::test_palette_finds_cases_too_and_esc_gives_the_focus_back",
    ),
    "Alt+O / Alt+I": (
        "test_station.py::test_a_stick_is_written_and_a_wrong_one_is_told",
        "test_desk_keys.py::test_a_stick_chosen_before_unlocking_waits_for_the_password",
    ),
    "Alt+V / Alt+G / Alt+H": (
        "test_board.py::test_alt_g_takes_the_suggestion_that_the_figures_make",
        "test_board.py::test_alt_v_shows_the_same_numbers_as_a_table",
        "test_desk_keys.py::test_a_masked_number_is_shown_for_a_while_and_put_on_record",
        "test_station.py::test_theme_and_scale_are_asked_for",
    ),
    "Ctrl+Z at every step": (
        "test_key_rows.py::test_ctrl_z_takes_the_last_entry_back_at_every_step",
        "test_set_keys.py::test_ctrl_z_takes_the_last_entry_of_a_set_back",
        "test_card.py::test_ctrl_z_brings_back_what_was_typed",
    ),
    "(a) (b) single keys": ("test_keys.py::test_single_keys_exist_only_in_a_focused_list",),
    "(c) composing": (
        "test_keys.py::test_while_a_word_is_put_together_no_key_of_ours_acts",
        "test_bad_screen_input.py::test_a_shortcut_in_the_middle_of_a_word_loses_neither",
        "test_set_keys.py::test_while_a_word_is_put_together_in_a_set_no_key_of_ours_acts",
    ),
    "(d) code fields": ("test_keys.py::test_code_fields_keep_the_input_method_off_and_make_digits_plain",),
    "(e) palette": (
        "test_keys.py::test_the_palette_starts_without_the_input_method",
        "test_palette.py::test_what_is_being_composed_is_searched_without_its_apostrophes",
    ),
    "(f) by device": ("test_scans.py::test_a_scanner_of_its_own_is_taken_by_device_not_by_focus",),
    "(g) autorepeat": (
        "test_keys.py::test_a_held_ctrl_enter_accepts_nothing",
        "test_keys.py::test_f7_keeps_the_draft_clears_the_bench_and_counts_once",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_pressed_by_a_test_that_is_there(row: str) -> None:
    for place in ROWS[row]:
        file, _, name = place.partition("::")
        made = ast.parse((HERE / file).read_text(encoding="utf-8"))
        (found,) = [n for n in made.body if isinstance(n, ast.FunctionDef) and n.name == name]
        assert any(isinstance(n, ast.Call) for n in ast.walk(found))


@pytest.mark.parametrize("page", [K.Key_W, K.Key_B, K.Key_Y, K.Key_T, K.Key_K])
@pytest.mark.parametrize(("key", "modifier"), [(K.Key_F3, Qt.KeyboardModifier.NoModifier), (K.Key_K, CTRL)])
def test_both_keys_open_the_palette_on_every_page(
    qtbot: QtBot, station: Station, page: Qt.Key, key: Qt.Key, modifier: Qt.KeyboardModifier
) -> None:
    press(station, page, ALT)
    settle(qtbot, station)
    press(station, key, modifier)
    assert station.shell.overlay_open()
    press(station, K.Key_Escape)
    assert not station.shell.overlay_open()


def test_every_page_opens_from_every_other(qtbot: QtBot, station: Station) -> None:
    pages = {
        K.Key_W: "workbench",
        K.Key_B: "cases",
        K.Key_Y: "bundles",
        K.Key_T: "sync",
        K.Key_K: "board",
    }
    for first in pages:
        for then, name in pages.items():
            press(station, first, ALT)
            settle(qtbot, station)
            press(station, then, ALT)
            settle(qtbot, station)
            assert station.shell.current_page() == name


def test_ctrl_z_takes_the_last_entry_back_at_every_step(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "spjyxk")
    page = station.workbench
    sheet = page.sheet
    assert sheet is not None
    kind = page.identity.fields["applicant.kind"].editor
    assert isinstance(kind, QComboBox)
    before = dict(sheet.fields)
    kind.setFocus()
    press(station, K.Key_Down)
    assert sheet.fields != before
    while sheet.fields != before:  # what follows from the kind is a step too
        press(station, K.Key_Z, CTRL)
    assert kind.currentData() == before.get("applicant.kind", "") or kind.currentData() == ""
    press(station, K.Key_3, ALT)
    path = next(p for p, f in page.form.fields.items() if isinstance(f.editor, QComboBox))
    page.form.fields[path].editor.setFocus()
    press(station, K.Key_Down)
    assert sheet.get(f"form.{path}")
    press(station, K.Key_Z, CTRL)
    assert sheet.get(f"form.{path}") == ""
    assert page.form.fields[path].editor.hasFocus()
    assert "applicant" not in station.shell._message.whole()
    assert "表单" in station.shell._message.whole()
    settle(qtbot, station)


@pytest.mark.parametrize("key", [K.Key_Return, K.Key_Enter, K.Key_Space])
def test_enter_opens_a_row_of_the_rail_as_space_does(qtbot: QtBot, station: Station, key: Qt.Key) -> None:
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    type_text(station, "abc")
    settle(qtbot, station)
    press(station, K.Key_F7)
    settle(qtbot, station)
    press(station, K.Key_D, ALT)
    settle(qtbot, station)  # the rail may still be written anew
    assert page.sheet is None
    press(station, key)
    settle(qtbot, station)
    assert page.sheet is not None
    assert page.sheet.get("applicant.name") == "abc"


def test_esc_leaves_the_field_and_discards_nothing(qtbot: QtBot, station: Station) -> None:
    start_item(qtbot, station, "gssldj")
    page = station.workbench
    sheet = page.sheet
    assert sheet is not None
    page.identity.focus_path("applicant.name")
    type_text(station, "abc")
    press(station, K.Key_Escape)
    assert page.sheet is sheet
    assert sheet.get("applicant.name") == "abc"
    assert page.identity.focused_path() == ""
    assert page.isAncestorOf(focused(station))
    press(station, K.Key_1)  # no longer text
    assert sheet.get("applicant.name") == "abc"


def test_alt_c_lets_another_clerk_in(qtbot: QtBot, qapp: QApplication) -> None:
    from tests.views.keys import PATIENCE_MS, key_click
    from views.unlock.window import UnlockFacts, UnlockWindow

    window = UnlockWindow(UnlockFacts(place="样例", device="d", staff="T0718"))
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    window.password.setText("样例")
    key_click(window, K.Key_C, ALT)
    assert (window.staff.text(), window.password.text()) == ("", "")
    assert window.staff.hasFocus()

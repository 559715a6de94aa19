"""The palette is one sheet that is shown again: nothing of its former use may be seen, in any dress."""

from __future__ import annotations

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.views.keys import focused, press, settle, type_text
from tests.views.test_palette import opened
from views.palette.rows import SCOPES
from views.palette.sheet import PaletteSheet
from views.station import Station
from views.theme import apply_theme

K = Qt.Key


def words(sheet: PaletteSheet) -> str:
    """All that the sheet holds, seen or not."""
    rows = sheet.table.rows
    cells = [
        f"{cell.text} {cell.sub}"
        for row in range(rows.rowCount())
        for cell in (rows.cell(rows.index(row, column)) for column in range(3))
    ]
    return "\n".join([sheet.line.text(), *(told.text() for told in sheet.findChildren(QLabel)), *cells])


def test_what_was_searched_for_is_gone_when_the_palette_is_opened_again(
    qtbot: QtBot, station: Station
) -> None:
    sheet = opened(qtbot, station)
    type_text(station, "spjyxk")
    press(station, K.Key_Shift)
    press(station, K.Key_Tab)
    settle(qtbot, station)
    found = sheet.table.current_key()
    name = sheet._hits[found].item.name
    assert name in words(sheet)
    press(station, K.Key_Escape)
    assert "spjyxk" not in words(sheet)
    assert name not in words(sheet)
    assert (sheet._hits, sheet._cases, sheet._people, sheet._applicant) == ({}, [], [], "")
    again = opened(qtbot, station)
    assert again is sheet
    assert focused(station) is again.line
    assert (again.line.text(), again.scope) == ("", SCOPES[0])
    assert not again.line.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    assert again.table.currentIndex().row() == 1
    undo = QKeySequence(QKeySequence.StandardKey.Undo)[0]
    press(station, undo.key(), undo.keyboardModifiers())
    assert again.line.text() == ""


def test_what_comes_late_does_not_get_into_a_closed_palette(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    type_text(station, "ce")
    press(station, K.Key_Escape)  # its cases are still being read
    settle(qtbot, station)
    assert (sheet._cases, sheet._people, sheet.table.rows.rowCount()) == ([], [], 0)


def test_a_covered_desk_has_no_palette(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    type_text(station, "sp")
    station.cover()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert sip.isdeleted(sheet)
    station.uncover()
    again = opened(qtbot, station)
    assert again is not sheet
    assert again.line.text() == ""


@pytest.mark.parametrize("theme", ["light", "contrast"])
def test_the_kept_sheet_follows_the_type_size_and_the_theme(
    qtbot: QtBot, station: Station, theme: str
) -> None:
    def measure(sheet: PaletteSheet) -> list[tuple[type, int, int]]:
        settle(qtbot, station)
        shown = [w for w in sheet.findChildren(QWidget) if w.isVisible() and w.objectName() != "scroll"]
        return [(type(w), w.width(), w.height()) for w in shown]

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    opened(qtbot, station)
    press(station, K.Key_Escape)
    try:
        apply_theme(app, theme, 130)
        kept = measure(opened(qtbot, station))
        ground = station.shell.overlays.top
        assert ground is not None
        corner = ground.grab().toImage().pixelColor(2, 2)
        press(station, K.Key_Escape)
        station.finding.forget()
        assert measure(opened(qtbot, station)) == kept
        made = station.shell.overlays.top
        assert made is not None
        assert made is not ground
        assert made.grab().toImage().pixelColor(2, 2) == corner
    finally:
        apply_theme(app)


def test_the_kept_sheet_grows_with_the_window_again(qtbot: QtBot, station: Station) -> None:
    sheet = opened(qtbot, station)
    whole = sheet.height()
    station.shell.resize(1180, 640)
    settle(qtbot, station)
    assert sheet.height() < whole
    press(station, K.Key_Escape)
    station.shell.resize(1366, 768)
    assert opened(qtbot, station).height() == whole

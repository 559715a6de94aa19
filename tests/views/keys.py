"""Real key events to whatever has the focus, as a keyboard would send them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from views.station import Station

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


# PyQt6's stubs take these static methods for instance methods.
key_click = cast(Callable[..., None], QTest.keyClick)
key_clicks = cast(Callable[..., None], QTest.keyClicks)
PATIENCE_MS = 60_000  # nothing is timed here: a busy machine may take as long as it likes


def focused(station: Station) -> QWidget:
    return QApplication.focusWidget() or station.shell


def press(station: Station, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    key_click(focused(station), key, modifier)


def type_text(station: Station, text: str) -> None:
    """ASCII as key clicks; anything else as the key events that a keyboard layout or IME sends."""
    for char in text:
        if char.isascii():
            key_clicks(focused(station), char)
            continue
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(focused(station), QKeyEvent(kind, 0, NONE, char))


def settle(qtbot: QtBot, station: Station) -> None:
    """Wait until the background has nothing left to do."""
    qtbot.waitUntil(lambda: not station.tasks.busy(), timeout=PATIENCE_MS)


def start_item(qtbot: QtBot, station: Station, letters: str) -> None:
    """F3, the initials, Enter."""
    station.shell.activateWindow()
    qtbot.waitUntil(station.shell.isActiveWindow, timeout=PATIENCE_MS)
    settle(qtbot, station)  # the catalogue is there
    press(station, Qt.Key.Key_F3)
    qtbot.waitUntil(station.shell.overlay_open, timeout=PATIENCE_MS)
    type_text(station, letters)
    press(station, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not station.shell.overlay_open(), timeout=PATIENCE_MS)
    settle(qtbot, station)

"""Scanned codes on the screen: a scanner's typing caught among the keys, and what each code does."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from devices.codes.wedge import GAP_MS, Do, Wedge
from views.workbench.page import WorkbenchPage

_PLAIN = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
)
_END_KEYS = {Qt.Key.Key_Return: "\r", Qt.Key.Key_Enter: "\r", Qt.Key.Key_Tab: "\t"}


def pressed_at(event: QKeyEvent) -> float:
    """Milliseconds: when the key was pressed, not when a busy window got round to it."""
    told = float(event.timestamp())
    return told if told > 0 else time.monotonic() * 1000


class _Before:
    """How things stood when a burst of keys began: put back when it was a scan."""

    def __init__(self, widget: QWidget, page: WorkbenchPage) -> None:
        self._widget, self._page = widget, page
        self._text = _text_of(widget)
        self._sheet, self._step = page.sheet, page.step
        self._depth = page.sheet.undo_depth() if page.sheet is not None else 0

    def restore(self) -> None:
        page = self._page
        if self._sheet is not None and page.sheet is self._sheet:
            page.walk.back_to(self._depth, self._step)
        if self._text is not None and _text_of(self._widget) not in (None, self._text):
            _set_text(self._widget, self._text)


class WedgeFilter(QObject):
    """An event filter of the application.  ``scanned`` with each code that a scanner typed."""

    scanned = pyqtSignal(str)

    def __init__(self, page: WorkbenchPage, known: Callable[[str], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._page, self._known = page, known
        self._wedge: Wedge | None = None
        self._before: _Before | None = None
        self._giving_back = False
        self.clock: Callable[[QKeyEvent], float] = pressed_at
        self._latest = 0.0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(GAP_MS + 10)
        self._later.timeout.connect(self._expire)

    def use(self, on: bool, prefix: str) -> None:
        """Look for scans, or not; ``prefix`` as the scanner sends it."""
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
            if on:
                app.installEventFilter(self)
        self._wedge = Wedge(self._known, prefix) if on else None

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        wedge = self._wedge
        if (
            wedge is None
            or type(event) is not QKeyEvent  # every event comes here: the cheapest question first
            or self._giving_back
            or event.type() != QEvent.Type.KeyPress
            or not isinstance(watched, QWidget)
            or watched is not (QApplication.focusWidget() or QApplication.activeWindow())
        ):
            return False  # an ignored key goes on to the parents: it was looked at once already
        char = _char(event)
        if not char:
            self._give(wedge.forget() if event.text() or event.key() not in _MODIFIERS else "")
            return False
        began = not wedge.burst
        verdict = wedge.feed(char, self._at(event))
        if began or len(wedge.burst) == 1:
            self._before = _Before(watched, self._page)
        if verdict.keys:
            self._give(verdict.keys)
        if verdict.do is Do.HOLD:
            self._later.start()
            return True
        if verdict.do is Do.TAKE:
            self._later.stop()
            before, self._before = self._before, None
            if before is not None:
                before.restore()
            self.scanned.emit(verdict.code)
            return True
        return False

    def _at(self, event: QKeyEvent) -> float:
        """Never backwards, and another clock (two kinds of events mixed) begins anew."""
        at = self.clock(event)
        self._latest = at if abs(at - self._latest) > 10**7 else max(self._latest, at)
        return self._latest

    def _expire(self) -> None:
        if self._wedge is not None:
            self._give(self._wedge.forget())

    def _give(self, keys: str) -> None:
        """Typing that was held comes back, in order, to whatever has the focus."""
        target = QApplication.focusWidget()
        if not keys or target is None:
            return
        self._giving_back = True
        try:
            for char in keys:
                key = Qt.Key.Key_Tab.value if char == "\t" else ord(char.upper()) if char.isascii() else 0
                for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                    QApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, char))
        finally:
            self._giving_back = False


_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock)


def _char(event: QKeyEvent) -> str:
    """The one character that a scanner could have sent, "" for every other key."""
    if event.isAutoRepeat():
        return ""
    end = _END_KEYS.get(Qt.Key(event.key()))
    if end is not None and event.modifiers() in _PLAIN:
        return end
    text = event.text()
    return text if len(text) == 1 and text.isprintable() and event.modifiers() in _PLAIN else ""


def _text_of(widget: QWidget) -> str | None:
    if isinstance(widget, QLineEdit):
        return widget.text()
    return widget.toPlainText() if isinstance(widget, QPlainTextEdit) else None


def _set_text(widget: QWidget, text: str) -> None:
    if isinstance(widget, QLineEdit):
        widget.setText(text)
        widget.textEdited.emit(text)
    elif isinstance(widget, QPlainTextEdit):
        widget.setPlainText(text)

"""Keeping the app's own keys out of a word that an input method is putting together (ui.md §5 c)."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent

_CHOOSING = {
    Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape,
}  # fmt: skip

_LOOKED_AT = {QKeyEvent, QInputMethodEvent, QFocusEvent}


class ComposingGuard(QObject):
    """While an input method is putting a word together, the app's own keys stay out of it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.composing = False

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        # Every event of every widget comes here: the cheapest question first.
        if type(event) not in _LOOKED_AT or event is None:
            return False
        if event.type() == QEvent.Type.InputMethod:
            self.composing = bool(event.preeditString())  # type: ignore[attr-defined]  # a QInputMethodEvent
        elif event.type() == QEvent.Type.FocusOut:
            self.composing = False
        elif event.type() == QEvent.Type.ShortcutOverride and self.composing:
            event.accept()  # claim it for the field: no shortcut fires
            return True
        elif self.composing and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            # Some input methods let the keys through with which one chooses a word; and a claimed Alt+2
            # would be written into the field as a 2.
            ours = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier
            return event.key() in _CHOOSING or bool(event.modifiers() & ours)
        return False

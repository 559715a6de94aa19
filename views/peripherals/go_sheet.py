"""A sheet whose own act is Ctrl+Enter."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame

from views.widgets import KeyButton


class GoSheet(QFrame):
    """While it is open, Ctrl+Enter of either Enter key clicks ``go`` and is not 受理 of the screen below."""

    go: KeyButton

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and _is_go(event):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self.go.click()
                return True
        return super().event(event)


def _is_go(event: QKeyEvent) -> bool:
    enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return enter and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)

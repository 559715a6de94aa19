"""Ctrl+Z in an entry field: its own typing first, then the step before (a card that was read)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QLineEdit, QWidget


class StepUndo(QObject):
    """A line edit claims Ctrl+Z even when it has nothing to take back; then ``undo`` gets it."""

    def __init__(self, editors: Sequence[QWidget], undo: Callable[[], None]) -> None:
        super().__init__()
        self._undo = undo
        for editor in editors:
            editor.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.matches(QKeySequence.StandardKey.Undo)
            and not (isinstance(watched, QLineEdit) and watched.isUndoAvailable())
        ):
            self._undo()
            return True
        return False

"""What this program has put on the clipboard: taken off again after a while and at the lock."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtGui import QClipboard
from PyQt6.QtWidgets import QApplication

KEPT_MS = 60_000


class Clip(QObject):
    """Clears only what it put there itself: what another program copied since is not ours to take."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._text = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(KEPT_MS)
        self._timer.timeout.connect(self.clear)

    def put(self, text: str) -> None:
        board = self._board()
        if board is None:
            return
        self._text = text
        board.setText(text)
        self._timer.start()

    def clear(self) -> None:
        self._timer.stop()
        board = self._board()
        if board is not None and self._text and board.text() == self._text:
            board.clear()
        self._text = ""

    def waiting(self) -> bool:
        """Whether something lies there that will be cleared."""
        return self._timer.isActive()

    def _board(self) -> QClipboard | None:
        return QApplication.clipboard()

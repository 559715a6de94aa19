"""Auto-lock: five minutes without a key or the mouse; told half a minute before."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QInputMethodEvent, QKeyEvent, QMouseEvent, QTouchEvent, QWheelEvent

WARN_S, LOCK_S = 270, 300
_SIGNS = {
    QEvent.Type.KeyPress,
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
    QEvent.Type.InputMethod,
    QEvent.Type.ShortcutOverride,
}

_INPUT = {QKeyEvent, QMouseEvent, QWheelEvent, QTouchEvent, QInputMethodEvent}


class IdleGuard(QObject):
    """Install on the application.  ``warned`` once per pause with the seconds left, then ``expired``."""

    warned = pyqtSignal(int)
    expired = pyqtSignal()

    def __init__(self, parent: QObject, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._since = clock()
        self._warned = self._expired = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.check)
        self._timer.start(1000)

    def stop(self) -> None:
        self._timer.stop()

    def check(self) -> None:
        """Compare with the clock; called each second."""
        idle = self._clock() - self._since
        if idle >= LOCK_S and not self._expired:
            self._expired = True
            self.expired.emit()
        elif idle >= WARN_S and not self._warned:
            self._warned = True
            self.warned.emit(round(LOCK_S - idle))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        # Every event of every widget comes here: the cheapest question first.
        if type(event) in _INPUT and event is not None and event.type() in _SIGNS:
            self._since = self._clock()
            self._warned = self._expired = False
        return False

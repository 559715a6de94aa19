"""A number masked at rest; Alt+V in it shows it for ten seconds, and whoever asks is told (ui.md §4)."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFocusEvent
from PyQt6.QtWidgets import QLineEdit

from views.widgets.keys import bind

SHOWN_MS = 10_000
INSET = (
    4  # px that a line keeps around its text: here it stands among labels, begins where they do, no higher
)


class MaskedValue(QLineEdit):
    """Read-only; ``revealed`` each time it is shown in full.  Nothing is copied while it is masked."""

    revealed = pyqtSignal()

    def __init__(self, name: str, whole: str, masked: str) -> None:
        super().__init__(masked)
        self._whole, self._masked = whole, masked
        self.setReadOnly(True)
        self.setFrame(False)
        self.setProperty("role", "masked")
        self.setTextMargins(-INSET, -INSET // 2, -INSET, -INSET // 2)
        self.setAccessibleName(name)
        self.setAccessibleDescription("按 Alt+V 显示 10 秒，记入审计")
        self.setToolTip("按 Alt+V 显示 10 秒，记入审计")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide_again)
        bind(self, "Alt+V", "显示隐去的号码 10 秒", self.reveal, context=Qt.ShortcutContext.WidgetShortcut)

    def show_value(self, whole: str, masked: str) -> None:
        """Another number in its place, masked."""
        if (whole, masked) != (self._whole, self._masked):
            self._whole, self._masked = whole, masked
            self.hide_again()

    def reveal(self) -> None:
        if self._whole == self._masked:
            return
        self.setText(self._whole)
        self._timer.start(SHOWN_MS)
        self.revealed.emit()

    def hide_again(self) -> None:
        self._timer.stop()
        self.setText(self._masked)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Whoever goes on has read it."""
        super().focusOutEvent(event)
        self.hide_again()

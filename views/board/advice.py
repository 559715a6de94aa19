"""The foot of 时限要紧的办件: one suggestion with its figures, and Alt+G to take it."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout

from app.queries.advice import Advice
from views.widgets import KeyButton
from views.widgets.elided import ElidedLabel

NONE = "眼下没有建议：没有到期的、有冲突的，编号也够。"


class AdviceBar(QFrame):
    """``taken`` with the suggestion.  Without one, the key says that there is none."""

    taken = pyqtSignal(object)
    said = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._advice: Advice | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 8, 6)
        row.setSpacing(8)
        self.text = ElidedLabel("", "caption")
        row.addWidget(self.text, 1)
        self.button = KeyButton("采纳建议", "Alt+G")
        self.button.run.connect(self._take)
        self.button.blocked.connect(self.said)
        row.addWidget(self.button)
        self.show_advice(None)

    def show_advice(self, advice: Advice | None) -> None:
        self._advice = advice
        self.text.setText(advice.text if advice is not None else NONE)
        self.button.set_text(f"采纳：{advice.act}" if advice is not None else "采纳建议")
        self.button.gate("" if advice is not None else NONE)

    def _take(self) -> None:
        if self._advice is not None:
            self.taken.emit(self._advice)

"""One step of the six: a header line that is always there, and a body that opens."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from views.theme import pixmap, scaled, set_kind
from views.widgets import KeyButton, KeyCap, label
from views.widgets.elided import ElidedLabel

HIGH, LOW = 37, 32  # px of a folded step, and in a low window (ui.md §3)
Hints = tuple[tuple[tuple[str, ...], str], ...]


class StepSection(QFrame):
    open_requested = pyqtSignal()

    def __init__(self, number: int, title: str, body: QWidget, hints: Hints = ()) -> None:
        """``hints``: the keys of the open step with what they do, in its header line."""
        super().__init__()
        self.body = body
        self._number = number
        self.lines = box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self._head = QFrame()
        self._head.setProperty("step", "pending")
        self._head.setMinimumHeight(HIGH)
        row = QHBoxLayout(self._head)
        row.setContentsMargins(12, 2, 12, 2)
        row.setSpacing(10)
        self._mark = QLabel()
        self._mark.setFixedSize(scaled(22), scaled(22))
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(self._mark)
        self._title = label(title, "strong")
        self._title.setMinimumWidth(68)
        row.addWidget(self._title)
        self._summary = ElidedLabel("", "softbody")
        row.addWidget(self._summary, 1)
        self._change = KeyButton("更改", kind="quiet")
        self._opens = f"打开第 {number} 步 {title}"
        self._change.setAccessibleName(self._opens)
        self._change.run.connect(self.open_requested)
        row.addWidget(self._change)
        self._key = KeyCap(f"Alt+{number}")
        row.addWidget(self._key)
        self._hints = QWidget()
        told = QHBoxLayout(self._hints)
        told.setContentsMargins(0, 0, 0, 0)
        told.setSpacing(4)
        for keys, words in hints:
            for key in keys:
                told.addWidget(KeyCap(key))
            told.addWidget(label(words, "caption"))
            told.addSpacing(6)
        row.addWidget(self._hints)
        box.addWidget(self._head)
        box.addWidget(body)
        body.hide()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.position().y() <= self._head.height():
            self.open_requested.emit()
        super().mousePressEvent(event)

    def be_low(self, low: bool) -> None:
        """Closer in a low window."""
        self._head.setMinimumHeight(LOW if low else HIGH)

    def show_state(self, summary: str, *, done: bool, current: bool, gap: str) -> None:
        """``gap`` is the amber reason of an unfinished step that is not open."""
        set_kind(self._head, "step", "current" if current else "done" if done else "pending")
        self._summary.setText(gap if gap and not current else summary)
        set_kind(self._summary, "role", "amberbody" if gap and not current else "softbody")
        self._mark.setFixedSize(scaled(22), scaled(22))
        self._mark.clear()  # the same text again would keep the size of another scale
        if done and not current:
            self._mark.setPixmap(pixmap("check", "green", scaled(16)))
        else:
            self._mark.setText(f"{self._number}")
        set_kind(self._mark, "mark", "current" if current else "done" if done else "pending")
        self._mark.setAccessibleName("已完成" if done else "正在填" if current else "未完成")
        self._change.set_text("更改" if done else "打开")  # nothing to change where nothing is filled in yet
        self._change.setAccessibleName(self._opens)
        self._change.setVisible(not current)
        self._key.setVisible(not current)
        self._hints.setVisible(current)
        self.body.setVisible(current)

"""叫号 at the head of the rail.  No queue is connected yet, and every act of it says so."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from views.widgets import KeyButton, KeyCap, label
from views.widgets.keys import name_single_keys

NO_QUEUE = "未接叫号，请口头叫号；办件不受影响"
ACTS = (("1", "重呼"), ("2", "过号"), ("3", "挂起"), ("4", "转移"))


class Ticket(QFrame):
    """``next_requested`` is F7 by mouse; ``said`` why an act of the queue can't be done."""

    next_requested = pyqtSignal()
    said = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 8, 14, 8)
        box.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(label("当前叫号", "secondary"))
        head.addStretch()
        head.addWidget(KeyCap("Alt+A"))
        box.addLayout(head)
        box.addWidget(label("未接叫号", "ticket"))
        self._now = label("", "caption", wrap=True)
        box.addWidget(self._now)
        grid = QGridLayout()
        grid.setSpacing(4)
        self.buttons: list[KeyButton] = []
        for place, (_, text) in enumerate(ACTS):
            button = KeyButton(text, kind="tight")
            button.gate(NO_QUEUE)
            button.blocked.connect(self.said)
            self.buttons.append(button)
            grid.addWidget(button, 0, place)
        box.addLayout(grid)
        self._next = KeyButton("叫下一位", shows="F7", apart=True)  # the key itself is the shell's
        self._next.run.connect(self.next_requested)
        box.addWidget(self._next)
        name_single_keys(self, [("1 2 3 4", "叫号：重呼 过号 挂起 转移")])

    def show_now(self, text: str, *, unfinished: bool) -> None:
        """What lies open on the bench, and what F7 does with it."""
        self._now.setText(f"在办：{text}" if text else "没有打开办件")
        self._next.set_text("转草稿，叫下一位" if unfinished else "叫下一位")

    def focus_first(self) -> None:
        self.buttons[0].setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """1–4 mean something only while one of the buttons has the focus."""
        plain = event is not None and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if event is not None and plain and event.text() in dict(ACTS) and not event.isAutoRepeat():
            self.buttons[int(event.text()) - 1].click()
            return
        super().keyPressEvent(event)

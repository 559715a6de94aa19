"""The action bar: always visible; what may not be done stays reachable and says why."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout

from models.domain.case import STATUS_NAMES
from models.domain.checklist import Gap
from models.domain.terms import is_deemed
from models.domain.workdays import Calendar
from views.status import LEASE_OVER, NO_NUMBERS
from views.widgets import KeyButton, KeyCap, Tag
from views.workbench.sheet import Sheet

_BUTTONS = (
    ("withdraw", "撤回", "", ""),
    ("refuse", "不予受理", "", ""),
    ("receive", "收件", "", ""),
    ("save", "暂存", "Ctrl+S", ""),
    ("supplement", "一次性告知", "Ctrl+B", ""),
    ("accept", "受理", "Ctrl+Return", "primary"),
)


class ActionBar(QFrame):
    blocked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("actions")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(6)
        self._missing = Tag("", "amber")
        row.addWidget(self._missing)
        self._jump = KeyCap("F8")
        self._jump.setToolTip("跳到下一缺项")
        row.addWidget(self._jump)
        row.addStretch()
        self._jumps = False
        self.buttons: dict[str, KeyButton] = {}
        for name, text, key, kind in _BUTTONS:
            button = KeyButton(text, key, kind)
            button.blocked.connect(self.blocked)
            self.buttons[name] = button
            row.addWidget(button)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Narrow or in large type the keys go first (F1 has them all), the count last of all."""
        layout = self.layout()
        if layout is None or not self.isVisible():
            return
        for room in range(4):
            self._missing.setVisible(room < 3)
            self._jump.setVisible(room < 2 and self._jumps)
            for name, button in self.buttons.items():
                button.show_key(room < 1 or (room < 2 and name == "accept"))
            layout.invalidate()
            if layout.sizeHint().width() <= self.width():
                return

    def show_sheet(
        self,
        sheet: Sheet,
        gaps: list[Gap],
        calendar: Calendar,
        read_only: bool = False,
        spent: bool = False,
        *,
        held: str = "",
    ) -> None:
        """Gate every act with the reason the law gives, from the case as it stands.

        ``read_only``: the lease has run out, nothing can be taken in until it is renewed.
        ``spent``: no number is left, which only an acceptance needs.
        ``held``: why the case can only be read until somebody settles what two windows changed.
        """
        state = sheet.state
        closed = f"本办件{STATUS_NAMES[state.status]}。" if state is not None and not sheet.editable else ""
        self._missing.show_state(
            closed or (f"! 还差 {len(gaps)} 项" if gaps else "✓ 齐了，可以受理"),
            "amber" if closed or gaps else "green",
        )
        self._jumps = bool(gaps) and not closed
        accept = self.buttons["accept"]
        accept.set_text(f"受理（还差 {len(gaps)} 项）" if gaps and not closed else "受理")
        accept.gate(closed or (f"还差：{gaps[0].label}（{gaps[0].reason}）" if gaps else ""))
        if spent and not closed and not (state is not None and state.number):
            accept.set_text("受理（编号已用完）")
            accept.gate(NO_NUMBERS)
        once = "依法只能一次性告知一次，已经告知过。" if state is not None and state.supplemented_on else ""
        nothing = "" if sheet.missing_lines() else "材料已经齐全，没有要告知补正的内容。"
        silent = state is not None and is_deemed(state, sheet.item, calendar, sheet.today)
        late = "告知期限已过，依法自收件之日起视为受理，不能再告知补正。" if silent else ""
        self.buttons["supplement"].gate(closed or once or late or nothing)
        self.buttons["refuse"].gate(closed)
        self.buttons["save"].gate(closed)
        received = "已经收件。" if state is not None and state.received_on else ""
        self.buttons["receive"].gate(closed or received)
        under_way = state is not None and bool(state.received_on) and not state.closed_on
        self.buttons["withdraw"].setVisible(under_way)
        self.buttons["withdraw"].gate("")
        if (read_only or held) and not closed:
            for button in self.buttons.values():
                button.gate(LEASE_OVER if read_only else held)
            accept.set_text("受理（租约到期）" if read_only else "受理（有冲突）")
        self._fit()

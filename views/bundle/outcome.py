"""After 一次受理: what became of each member, side by side (一体审批)."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout

from app.queries.bundles import KEPT, STATE_NAMES, WAITING, SetState
from models.domain.case import CaseStatus
from models.domain.numbers import group_number
from views.bundle.sheet import circled
from views.widgets import ActTable, Card, Cell, KeyButton, Rule, label

_TAGS = {
    WAITING: "neutral",
    KEPT: "amber",
    CaseStatus.RECEIVED.value: "amber",
    CaseStatus.SUPPLEMENT.value: "amber",
    CaseStatus.REFUSED.value: "red",
    CaseStatus.WITHDRAWN.value: "red",
    CaseStatus.VOIDED.value: "red",
}


class OutcomeCard(Card):
    """``case_opened`` with a case id; the other signals are the buttons."""

    case_opened = pyqtSignal(str)
    print_requested = pyqtSignal()
    visit_requested = pyqtSignal()
    start_requested = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 10)
        head.setSpacing(8)
        self._title = label("", "title")
        head.addWidget(self._title)
        self._facts = label("", "secondary")
        head.addWidget(self._facts)
        head.addStretch()
        self.start = KeyButton("接着受理", "Ctrl+G")
        self.start.run.connect(self.start_requested)
        self.start.blocked.connect(lambda reason: self._facts.setText(reason))
        show = KeyButton("综合通知书", "Ctrl+P")
        show.run.connect(self.print_requested)
        self.visit = KeyButton("勘验记录表", "Ctrl+R")
        self.visit.run.connect(self.visit_requested)
        again = KeyButton("办下一套", "Ctrl+N", "primary")
        again.run.connect(self.closed)
        for button in (self.start, self.visit, show, again):
            head.addWidget(button)
        self.body.addLayout(head)
        self.body.addWidget(Rule())
        self.table = ActTable(
            ("", "办理项", "受理编号", "状态", "承诺办结", "说明"), "成员办件", row_height=40
        )
        self.table.set_widths(40, 0, 210, 110, 130, 380)
        self.table.opened.connect(self.case_opened)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(
            label(
                "　待前置办结的成员现在不收件、不计期限；前置事项准予后按 Ctrl+G 接着受理，从那天的次日起算。Enter 打开办件",
                "caption",
            )
        )

    def show_set(self, done: SetState) -> None:
        places = {m.item_id: circled(n) for n, m in enumerate(done.members, start=1)}
        waiting = sum(m.status == WAITING for m in done.members)
        flagged = len(done.flagged)
        self._title.setText(done.name)
        self._facts.setText(
            f"{done.applicant}　受理 {done.accepted} 项 · 待前置 {waiting} 项"
            + (f" · 要您处理 {flagged} 项" if flagged else "")
        )
        rows = []
        for member in done.members:
            after = "、".join(places.get(one, one) for one in member.waits_for)
            told = member.reason or (
                f"等 {after} 办结" if after else "前置已办结，可以接着受理" if member.can_start else ""
            )
            mark = group_number(member.number) if member.number else member.receipt or "受理时编号"
            rows.append(
                (
                    member.case_id,
                    (
                        Cell(places[member.item_id]),
                        Cell(member.name, bold=True),
                        Cell(mark, token="" if member.number else "text3"),
                        Cell(STATE_NAMES[member.status], tag=_TAGS.get(member.status, "green")),
                        Cell(member.due_promised or "—"),
                        Cell(told, token="amber" if member.reason else "text2"),
                    ),
                )
            )
        self.table.show_rows(rows)
        self.visit.setVisible(any(m.joint_visit and m.status == CaseStatus.ACCEPTED for m in done.members))
        ready = sum(m.can_start for m in done.members)
        self.start.set_text(f"接着受理 {ready} 项" if ready else "接着受理")
        held = "两边改过的先按 Alt+T 比对，其余的" if any(m.disputed for m in done.members) else ""
        self.start.gate("" if ready else f"{held}前置事项还没有办结，没有可以接着受理的成员。")

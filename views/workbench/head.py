"""The head of the open case: item, kind and number, and when it was last kept."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from models.domain.case import STATUS_NAMES
from models.domain.catalog import ITEM_KIND_NAMES
from models.domain.numbers import group_number
from views.widgets import KeyButton, Tag, clear_layout, label
from views.widgets.elided import ElidedLabel
from views.workbench.sheet import Sheet


class CaseHead(QWidget):
    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(8)
        self._title = label("", "title")
        top.addWidget(self._title)
        self._tags = QHBoxLayout()
        self._tags.setSpacing(6)
        top.addLayout(self._tags)
        top.addStretch()
        self.guide = KeyButton("为什么和依据", kind="quiet", shows="F2")
        top.addWidget(self.guide)
        box.addLayout(top)
        line = QHBoxLayout()
        self._facts = ElidedLabel("", "body")
        line.addWidget(self._facts, 1)
        self._saved = label("", "greencaption")
        line.addWidget(self._saved)
        box.addLayout(line)

    def show_saved(self, text: str) -> None:
        self._saved.setText(text)

    def saved(self) -> str:
        return self._saved.text()

    def show_sheet(self, sheet: Sheet) -> None:
        item = sheet.item
        metrics = self._title.fontMetrics()
        self._title.setText(metrics.elidedText(item.name, Qt.TextElideMode.ElideRight, 400))
        self._title.setToolTip(item.name)
        clear_layout(self._tags)
        self._tags.addWidget(Tag(ITEM_KIND_NAMES[item.kind]))
        if item.red_line:
            self._tags.addWidget(Tag("红线", "red"))
        if item.commitment_allowed:
            self._tags.addWidget(Tag("可告知承诺", "blue"))
        if item.deferral_allowed:
            self._tags.addWidget(Tag("可容缺", "blue"))
        self.show_facts(sheet)

    def show_facts(self, sheet: Sheet) -> None:
        """Number, day of receipt, state and who applies, as they are now."""
        state = sheet.state
        who = sheet.get("applicant.name")
        if state is None:
            self._facts.setText("　|　".join(filter(None, ("新办件，受理或收件时即时编号", who))))
            return
        number = group_number(state.number) if state.number else state.receipt or "未编号"
        received = f"收件 {state.received_on}" if state.received_on else ""
        facts = (f"办件编号 {number}", received, STATUS_NAMES[state.status], who)
        self._facts.setText("　|　".join(filter(None, facts)))

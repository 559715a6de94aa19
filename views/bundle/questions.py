"""Left card: the questions left to ask; a digit answers and the next one follows."""

from __future__ import annotations

import msgspec
from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from views.bundle.sheet import SetSheet
from views.theme import set_kind
from views.widgets import Card, Rule, clear_layout, label
from views.workbench.situation import QuestionRow


class QuestionsCard(Card):
    """``answered`` with a path and an option; ``finished`` after the last question."""

    answered = pyqtSignal(str, str)
    finished = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 8)
        head.setSpacing(8)
        self._title = label("情形", "section")
        head.addWidget(self._title)
        head.addStretch()
        self._state = label("", "green")
        head.addWidget(self._state)
        self.body.addLayout(head)
        self.body.addWidget(Rule())
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(12, 6, 12, 6)
        self._box.setSpacing(2)
        scroll.setWidget(inner)
        self._scroll = scroll
        self.body.addWidget(scroll, 1)
        self.rows: list[QuestionRow] = []
        self._sought: QuestionRow | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._scroll_to)
        self._sheet: SetSheet | None = None

    def load(self, sheet: SetSheet) -> None:
        self._sheet = sheet
        clear_layout(self._box)
        self.rows = []
        questions = sheet.plan.questions
        for number, asked in enumerate(questions, start=1):
            answer = sheet.plan.answers.get(asked.id, "")
            row = QuestionRow(msgspec.structs.replace(asked.question, id=asked.id), number, answer)
            row.answered.connect(self._answer)
            for button in row.options:
                button.setFixedHeight(28)
            self.rows.append(row)
            self._box.addWidget(row)
            names = {m.member.item.id: m.member for m in sheet.plan.members}
            told = sheet.effect(asked.id) if not asked.member else ""
            if asked.member in names:
                told = f"{names[asked.member].item.name} 要问"
            if told:
                self._box.addWidget(label(told, "caption", wrap=True))
            self._box.addWidget(Rule())
        self._box.addStretch()
        left = sum(asked.id not in self._valid() for asked in questions)
        self._title.setText(f"情形（{len(questions)} 问）")
        self._state.setText("✓ 全部答完" if not left else f"还有 {left} 问")
        set_kind(self._state, "role", "amber" if left else "green")

    def _valid(self) -> set[str]:
        if self._sheet is None:
            return set()
        plan = self._sheet.plan
        return {
            a.id for a in plan.questions if any(o.id == plan.answers.get(a.id) for o in a.question.options)
        }

    def _answer(self, question: str, option: str) -> None:
        self.answered.emit(f"answer.{question}", option)
        valid = self._valid()
        following = next((row for row in self.rows if row.question.id not in valid), None)
        if following is not None:
            self._focus(following)
        else:
            self.finished.emit()

    def focus_path(self, path: str = "") -> None:
        valid = self._valid()
        wanted = next((r for r in self.rows if f"answer.{r.question.id}" == path), None)
        wanted = wanted or next((r for r in self.rows if r.question.id not in valid), None)
        wanted = wanted or (self.rows[0] if self.rows else None)
        if wanted is not None:
            self._focus(wanted)

    def _focus(self, row: QuestionRow) -> None:
        chosen = next((b for b in row.options if b.isChecked()), row.options[0])
        chosen.setFocus()
        self._sought = row
        self._later.start(0)

    def _scroll_to(self) -> None:
        """Show the question sought, once the rows just made have their places."""
        if self._sought not in self.rows:
            return
        if self._sought is self.rows[0] and (bar := self._scroll.verticalScrollBar()) is not None:
            bar.setValue(0)
        else:
            self._scroll.ensureWidgetVisible(self._sought, 0, 30)

"""Step 2: the situational questions; a digit answers, the next question follows."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from models.domain.catalog import Option, Question
from models.domain.licence_first import PROMISE, YES, licence_objection
from views.widgets import clear_layout, label
from views.widgets.caps import CapButton
from views.widgets.flow import FlowLayout
from views.widgets.keys import name_single_keys
from views.workbench.sheet import Sheet

NOW = "now"


class QuestionRow(QWidget):
    """One question; digits work while any of its options has the focus."""

    answered = pyqtSignal(str, str)

    def __init__(self, question: Question, number: int, answer: str) -> None:
        super().__init__()
        self.question = question
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 6)
        box.setSpacing(4)
        box.addWidget(label(f"{number}. {question.text}", "strong", wrap=True))
        row = FlowLayout()
        self.options: list[QPushButton] = []
        for place, option in enumerate(question.options, start=1):
            button = CapButton(option.label, (str(place),), lead=True)
            button.setProperty("kind", "option")
            button.setCheckable(True)
            button.setAccessibleName(f"{question.text}：{option.label}")
            button.setChecked(option.id == answer)
            button.clicked.connect(lambda _, key=option.id: self.answered.emit(question.id, key))
            self.options.append(button)
            row.addWidget(button)
        box.addLayout(row)

    def show_answer(self, answer: str) -> None:
        """The id of the chosen option, "" for none."""
        for button, option in zip(self.options, self.question.options, strict=True):
            button.setChecked(option.id == answer)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        text = event.text()
        if (
            text.isdigit()
            and text.isascii()
            and 1 <= int(text) <= len(self.options)
            and not event.isAutoRepeat()
        ):
            self.answered.emit(self.question.id, self.question.options[int(text) - 1].id)
        else:
            super().keyPressEvent(event)


class SituationStep(QWidget):
    edited = pyqtSignal(str, str)
    finished = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 8, 16, 8)
        self._made: list[QuestionRow] = []  # the questions, then the offer
        self.rows: list[QuestionRow] = []
        self.promise: QuestionRow | None = None
        name_single_keys(self, [("1 2 …", "情形：第几个选项")])
        self._sheet: Sheet | None = None

    def load(self, sheet: Sheet) -> None:
        """Rows are made anew for another case, and where other questions are asked now."""
        fresh, self._sheet = sheet is not self._sheet, sheet
        asked = [(question, sheet.answers.get(question.id, "")) for question in sheet.questions()]
        offer = self._promise_of(sheet)
        wanted = [*asked, *([(offer, YES if sheet.get(PROMISE) == YES else "")] if offer is not None else [])]
        if fresh or [row.question for row in self._made] != [question for question, _ in wanted]:
            self._make(wanted, told="" if asked else "本事项不分情形。")
        for row, (_, answer) in zip(self._made, wanted, strict=True):
            row.show_answer(answer)
        self.rows = self._made[: len(asked)]
        self.promise = self._made[-1] if offer is not None else None

    def _make(self, wanted: list[tuple[Question, str]], told: str) -> None:
        clear_layout(self._box)
        self._made = []
        if told:
            self._box.addWidget(label(told, "secondary"))
        for number, (question, answer) in enumerate(wanted, start=1):
            row = QuestionRow(question, number, answer)
            row.answered.connect(self._promise if question.id == PROMISE else self._answer)
            self._made.append(row)
            self._box.addWidget(row)

    def _promise_of(self, sheet: Sheet) -> Question | None:
        """照后办证: offered beside the questions, never chosen beforehand, and no answer is needed."""
        item = sheet.item
        if licence_objection(item) or item.licence_first is None:
            return None
        text = f"照后办证（可以不选）：先领照，{item.result or '许可'}承诺后办，{item.licence_first} 个工作日内核查"
        return Question(
            id=PROMISE,
            text=text,
            options=(Option(id=NOW, label="现在一并办"), Option(id=YES, label="承诺照后办")),
        )

    def _promise(self, path: str, option: str) -> None:
        self.edited.emit(path, YES if option == YES else "")
        if self._sheet is not None:
            self.load(self._sheet)
            if self.promise is not None:
                self.promise.options[0].setFocus()

    def _answer(self, question: str, option: str) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        self.edited.emit(f"answer.{question}", option)
        self.load(sheet)
        following = next((r for r in self.rows if r.question.id not in sheet.answers), None)
        if following is not None:
            following.options[0].setFocus()
        else:
            self.finished.emit()

    def focus_path(self, path: str) -> None:
        wanted = next((r for r in self.rows if f"answer.{r.question.id}" == path), None)
        if wanted is None and self._sheet is not None:
            answers = self._sheet.answers
            wanted = next((r for r in self.rows if r.question.id not in answers), None)
        wanted = wanted or (self.rows[0] if self.rows else None)
        if wanted is not None:  # the answer that stands, so that no other looks chosen beside it
            next((b for b in wanted.options if b.isChecked()), wanted.options[0]).setFocus()

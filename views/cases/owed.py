"""What a case still owes after acceptance, and what a later catalogue changes for it: told, and closed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.promises import check_false, check_true, make_up
from app.commands.rating import respond
from app.commands.review import settle_review
from app.queries.cases import CasePage
from app.tasks import Tasks
from models.domain.case import IN_HAND, RECEIPT_NAMES, CaseState, Receipt
from models.domain.catalog import Item
from models.domain.checklist import allowed_receipts
from models.domain.correction import lapsed_on
from models.domain.duties import CONSEQUENCE_NAMES, DUTY_NAMES, Consequence, Duty, DutyKind
from models.domain.review import ReviewTask
from models.domain.visit import ANSWER_NAMES, Answer
from views.cases.made_up import MadeUpPoints
from views.widgets import Field, KeyButton, Notice, Rule, Tag, clear_layout, label

Values = dict[str, str]
# What is typed in a form is kept under these; the names are what the clerk reads.
MAKE_UP, TRUE, FALSE, RESPONSE, REVIEW = "make_up", "check_true", "check_false", "respond", "review"
FORM_NAMES = {
    MAKE_UP: "登记补齐",
    TRUE: "核查属实",
    FALSE: "核查不实",
    RESPONSE: "差评整改",
    REVIEW: "复核完毕",
}


def former(form: str) -> str:
    """The id of a form; earlier programs kept its name."""
    return next((key for key, name in FORM_NAMES.items() if name == form), form)


class OwedPanel(QWidget):
    """``changed`` with Changes after an act; ``opened`` while a form with its own Ctrl+Enter is open.

    ``begun`` after a form was opened, ``edited`` after each change in it, ``closing`` before it is put away with
    what is in it, ``ended`` with case, form and duty: it is done, or was emptied on purpose.  Hidden where nothing
    is owed.
    """

    changed = pyqtSignal(object)
    opened = pyqtSignal(bool)
    begun = pyqtSignal()
    edited = pyqtSignal()
    closing = pyqtSignal()
    ended = pyqtSignal(str, str, str)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._state: CaseState | None = None
        self._item: Item | None = None
        self._busy = False
        self._takes_focus = True
        self._go: KeyButton | None = None
        self._duty = ""  # the one whose 补齐 is being entered
        self._review: ReviewTask | None = None
        self._begun: Values = {}  # what stood in the form when it was opened
        self._which = ("", "")  # the form that is open, and the duty it is about
        self.fields: dict[str, Field] = {}
        self.points = MadeUpPoints()
        self.points.setParent(self)
        # All judged: Enter writes it down, as Ctrl+Enter does anywhere in the form.
        self.points.keyed.connect(lambda *_: self.edited.emit())
        self.points.judged.connect(lambda: self._go.setFocus() if self._go is not None else None)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(5)
        box.addWidget(Rule())
        box.addWidget(label("待办", "strong"))
        self.notice = Notice()
        box.addWidget(self.notice)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(5)
        box.addLayout(self._rows)
        self._form = QVBoxLayout()
        box.addLayout(self._form)
        self.hide()

    def show_case(self, page: CasePage | None) -> None:
        if page is not None and self._goes_on(page):
            return
        self.notice.hide()
        self._close()
        clear_layout(self._rows)
        self._state = page.state if page is not None else None
        self._item = page.item if page is not None else None
        self._review = page.review if page is not None else None
        duties = [duty for duty in page.state.duties if duty.open] if page is not None else []
        for duty in duties:
            self._show_duty(duty)
        if page is not None and page.review is not None:
            self._show_review(page.review)
        lapsed = page is not None and self._show_lapsed(page.state)
        self.setVisible(bool(duties) or lapsed or (page is not None and page.review is not None))

    def open_duty(self, duty_id: str) -> None:
        """Enter the 补齐 of this duty; nothing where the case does not owe it."""
        if (duty := self._owed(duty_id)) is not None:
            self._open_make_up(duty)

    def awaited(self) -> tuple[str, str]:
        """Id and name of the material whose 补齐 is being entered; "" when none is."""
        duty = next((d for d in self._state.duties if d.id == self._duty), None) if self._state else None
        return (duty.material, duty.name) if duty is not None else ("", "")

    def scanned(self) -> None:
        """A page has come in while the 补齐 is being entered: it came as a scan."""
        if self._duty and "form" in self.fields:
            self.fields["form"].set_value(Receipt.SCAN.value)

    def open_form(self) -> tuple[tuple[str, str], str, Values, dict[str, str]]:
        """Id and name of the form that is open, its duty, values and verdicts; "" when none is, or it is just
        being done."""
        form, about = self._which
        if self._busy or not form:
            return ("", ""), "", {}, {}
        return (form, FORM_NAMES[form]), about, self._values(), self.points.marks()

    def touched(self) -> bool:
        """Whether something was entered in the open form."""
        return bool(self._which[0]) and (self._values() != self._begun or bool(self.points.marks()))

    def occupied(self) -> bool:
        """A form is open, or its act is being done."""
        return self._busy or bool(self._which[0])

    def allows(self, form: str, about: str) -> bool:
        """Whether what the form is about is still owed."""
        form = former(form)
        if form == REVIEW:
            return self._review is not None
        return form in FORM_NAMES and self._owed(about) is not None

    def come_back(self, form: str, about: str, *, focus: bool = False) -> bool:
        """Open a form anew; False where what it is about is not owed any more."""
        form, duty = former(form), self._owed(about)
        self._takes_focus = focus
        try:
            if form == REVIEW and self._review is not None:
                self._open_review(self._review)
            elif duty is not None and form in (TRUE, FALSE):
                self._open_check(duty, true=form == TRUE)
            elif duty is not None and form in (MAKE_UP, RESPONSE):
                (self._open_make_up if form == MAKE_UP else self._open_response)(duty)
        finally:
            self._takes_focus = True
        return self._which == (form, about)

    def fill(self, values: Values, marks: dict[str, str]) -> None:
        """What was typed and judged before, into the open form."""
        for name, value in values.items():
            if name in self.fields:
                self.fields[name].set_value(value)
        if self._duty:
            self.points.show_marks(marks)

    def _owed(self, duty_id: str) -> Duty | None:
        duties = self._state.duties if self._state is not None else ()
        return next((duty for duty in duties if duty.id == duty_id and duty.open), None)

    def _values(self) -> Values:
        return {name: field.value() for name, field in self.fields.items()}

    def _goes_on(self, page: CasePage) -> bool:
        """Whether the same case was only read again, with what is being entered still owed."""
        before, state, (form, about) = self._state, page.state, self._which
        if not form or before is None or before.case_id != state.case_id:
            return False
        if form == REVIEW:
            return page.review is not None
        if not any(duty.id == about and duty.open for duty in state.duties):
            return False
        self._state = state
        if len(state.files) > len(before.files):
            self.scanned()
        return True

    def _show_duty(self, duty: Duty) -> None:
        today = self._desk.clock.now().day
        late = duty.overdue(today)
        row = QHBoxLayout()
        row.addWidget(label(f"{DUTY_NAMES[duty.kind]}：{duty.name}", "body", wrap=True), 1)
        day = dt.date.fromisoformat(duty.due)
        row.addWidget(
            Tag(f"{'已过 ' if late else ''}{day:%m-%d}{'' if late else ' 前'}", "red" if late else "amber")
        )
        if duty.kind == DutyKind.DEFERRAL:
            self._button(row, "登记补齐", lambda: self._open_make_up(duty))
        elif duty.kind == DutyKind.RATING:
            self._button(row, "登记整改", lambda: self._open_response(duty))
        else:
            self._button(row, "核查属实", lambda: self._open_check(duty, true=True))
            self._button(row, "核查不实", lambda: self._open_check(duty, true=False))
        self._rows.addLayout(row)
        if duty.obligation:
            self._rows.addWidget(label(f"承诺：{duty.obligation}", "caption", wrap=True))

    def _show_lapsed(self, state: CaseState) -> bool:
        """A correction that is over and not answered; the ledger on this page says what may lawfully follow."""
        last = lapsed_on(state, self._desk.clock.now().day)
        if last is None:
            return False
        row = QHBoxLayout()
        row.addWidget(label("申请人没有补齐一次性告知的材料，请决定怎样办", "body", wrap=True), 1)
        row.addWidget(Tag(f"补正已过 {last:%m-%d}", "amber"))
        self._rows.addLayout(row)
        return True

    def _show_review(self, task: ReviewTask) -> None:
        row = QHBoxLayout()
        row.addWidget(label(f"目录 {task.now} 改了本办理项，请复核", "body", wrap=True), 1)
        row.addWidget(Tag("待复核", "amber"))
        self._button(row, "复核完毕", lambda: self._open_review(task))
        self._rows.addLayout(row)
        for text in task.changes:
            self._rows.addWidget(label(text, "caption", wrap=True))

    def _button(self, row: QHBoxLayout, text: str, run: Callable[[], None]) -> None:
        button = KeyButton(text, kind="quiet")
        button.run.connect(run)
        row.addWidget(button)

    def _open_make_up(self, duty: Duty) -> None:
        material = self._item.material(duty.material) if self._item is not None else None
        if self._item is None or material is None:
            self.notice.say("本机没有这件办件的目录版本，不能登记。办件没有改动。请联网后再办。")
            return
        allowed = allowed_receipts(self._item, material)
        ways = tuple((r.value, RECEIPT_NAMES[r]) for r in Receipt if r in IN_HAND and not allowed[r])
        points = [p for p in self._item.points if p.material == material.id]
        how = Field("怎样收的", kind="choice", choices=ways, required=True)
        how.set_value(ways[0][0] if ways else "")
        self._open(
            (MAKE_UP, duty.id),
            f"登记补齐：{duty.name}",
            {"form": how, "note": Field("说明")},
            lambda entry, v: make_up(self._desk, entry, duty.id, Receipt(v["form"]), v["note"]),
        )
        self._duty = duty.id
        if points:
            self.points.show_points(points)
            self._form.insertWidget(1, self.points)
            self.points.show()
            if self._takes_focus:
                self.points.focus_first()
        self.begun.emit()

    def _open_check(self, duty: Duty, *, true: bool) -> None:
        if true:
            self._open(
                (TRUE, duty.id),
                f"核查属实：{duty.name}",
                {"found": Field("查了什么", required=True)},
                lambda entry, v: check_true(self._desk, entry, duty.id, v["found"]),
            )
            return
        outcomes = tuple((c.value, CONSEQUENCE_NAMES[c]) for c in Consequence)
        self._open(
            (FALSE, duty.id),
            f"核查不实：{duty.name}",
            {
                "found": Field("查出什么", required=True),
                "consequence": Field("处理", kind="choice", choices=outcomes, required=True),
                "due": Field("整改到哪一天（限期整改必填，如 2026-12-01）", kind="code"),
            },
            lambda entry, v: check_false(
                self._desk, entry, duty.id, v["found"], Consequence(v["consequence"]), v["due"]
            ),
        )

    def _open_response(self, duty: Duty) -> None:
        self._open(
            (RESPONSE, duty.id),
            f"差评整改：{duty.name}",
            {
                "answer": Field(
                    "怎样处理", kind="choice", choices=tuple(ANSWER_NAMES.items()), required=True
                ),
                "text": Field("回访和整改的情况", required=True),
                "due": Field("整改到哪一天（列入台账必填，如 2026-12-01）", kind="code"),
            },
            lambda entry, v: respond(self._desk, entry, duty.id, Answer(v["answer"]), v["text"], v["due"]),
        )

    def _open_review(self, task: ReviewTask) -> None:
        self._open(
            (REVIEW, ""),
            "复核完毕",
            {"reason": Field("处理意见（记入办件）", required=True)},
            lambda entry, v: settle_review(self._desk, entry, task.now, v["reason"]),
        )

    def _open(
        self,
        which: tuple[str, str],
        title: str,
        fields: dict[str, Field],
        act: Callable[[Entry, Values], Changes],
    ) -> None:
        if self._which[0]:
            self.closing.emit()
        self._close()
        self._which = which
        self.notice.hide()
        self.fields = fields
        self._form.addWidget(label(title, "section", wrap=True))
        for field in fields.values():
            self._form.addWidget(field)
        row = QHBoxLayout()
        empty = KeyButton("清空这张表", kind="quiet")
        empty.run.connect(self._give_up)
        row.addWidget(empty)
        row.addStretch()
        back = KeyButton("返回")
        back.run.connect(self._put_away)
        go = KeyButton("记入办件", "Ctrl+Return", kind="primary")
        go.run.connect(lambda: self._run(act))
        self._go = go
        row.addWidget(back)
        row.addWidget(go)
        self._form.addLayout(row)
        self._begun = self._values()
        for field in fields.values():
            field.edited.connect(lambda _: self.edited.emit())
        if self._takes_focus:
            next(iter(fields.values())).editor.setFocus()
        self.opened.emit(True)
        if which[0] != MAKE_UP:  # which is not whole yet
            self.begun.emit()

    def _run(self, act: Callable[[Entry, Values], Changes]) -> None:
        state = self._state
        if state is None or self._busy:
            return
        values = self._values()
        for name in ("form", "consequence", "answer"):
            if name in values and not values[name]:
                self.notice.say("还有一项没有选。办件没有改动。请选定后再记。")
                return
        if self._duty and (problem := self.points.problem()):
            self.notice.say(problem)
            return
        if self._duty and (told := self.points.told()):
            values["note"] = f"{values['note'].strip()}　{told}".strip()
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
        which, self._busy = self._which, True

        def done(changes: Changes) -> None:
            self._busy = False
            if self._state is not None and self._state.case_id == entry.case_id:
                self._close()
            self.ended.emit(entry.case_id, *which)
            self.changed.emit(changes)

        def failed(text: str) -> None:
            self._busy = False
            self.notice.say(text)

        self._tasks.database(lambda: act(entry, values), done, failed)

    def _put_away(self) -> None:
        """What was typed stands there again when the form is asked for again."""
        self.closing.emit()
        self._close()

    def _give_up(self) -> None:
        """On purpose: what was typed is gone, nothing was done."""
        which = self._which
        self._close()
        if self._state is not None:
            self.ended.emit(self._state.case_id, *which)

    def _close(self) -> None:
        """Put the form away; nothing was done."""
        self.fields = {}
        self._duty, self._go, self._which = "", None, ("", "")
        self.points.put_away()
        self._form.removeWidget(self.points)
        clear_layout(self._form)
        self.opened.emit(False)

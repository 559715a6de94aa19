"""The acts on the open case: what the action bar and the outcome form lead to, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from app.commands import intake
from app.commands.context import Changes, Desk
from app.commands.print_notice import Printed, print_notice
from app.tasks import Tasks
from models.domain.case import CaseState
from models.domain.correction import preset_day
from models.domain.numbers import group_number
from models.domain.ops import RefusalClause
from views.workbench.bench import Bench
from views.workbench.sheet import Sheet

if TYPE_CHECKING:
    from views.workbench.page import WorkbenchPage


class Acts(QObject):
    """Tells through the signals of the page: ``changed``, ``printed``, ``said``."""

    def __init__(
        self, page: WorkbenchPage, bench: Bench, desk: Desk, tasks: Tasks, templates: Path | None
    ) -> None:
        super().__init__(page)
        self._page, self._bench, self._desk = page, bench, desk
        self._tasks, self._templates = tasks, templates
        # A form's place is known once it has been laid out; at once, its lower half would stay out of sight.
        self._laid_out = QTimer(self)
        self._laid_out.setSingleShot(True)
        self._laid_out.timeout.connect(lambda: bench.bring_up(bench.outcome_frame))
        bench.outcome.refused.connect(self.refuse)
        bench.outcome.supplemented.connect(self.supplement)
        bench.outcome.withdrawn.connect(self.withdraw)
        bench.outcome.amended.connect(self.amend)
        bench.outcome.cancelled.connect(self._close_outcome)
        bench.outcome.edited.connect(self._keep_outcome)
        bench.bar.blocked.connect(lambda reason: bench.notice.say(reason, "amber"))
        for name, act in (
            ("accept", self.accept),
            ("save", self.save),
            ("receive", self.receive),
            ("supplement", self.open_supplement),
            ("refuse", self.open_refusal),
            ("withdraw", self.open_withdrawal),
        ):
            bench.bar.buttons[name].run.connect(act)
        page.writing.done.connect(self._done)

    def accept(self) -> None:
        self._act("已受理", lambda desk, sheet: intake.accept(desk, sheet.entry))

    def save(self) -> None:
        self._act("已暂存", lambda desk, sheet: intake.save_case(desk, sheet.entry))

    def receive(self) -> None:
        self._act("已收件", lambda desk, sheet: intake.receive(desk, sheet.entry))

    def supplement(self, until: str) -> None:
        self._act(
            "已一次性告知",
            lambda desk, sheet: intake.supplement(desk, sheet.entry, sheet.missing_lines(), until),
        )

    def refuse(self, clause: str, reason: str, redirect: str) -> None:
        chosen = RefusalClause(clause) if clause in set(RefusalClause) else RefusalClause.NOT_ELIGIBLE
        self._act("不予受理", lambda desk, sheet: intake.refuse(desk, sheet.entry, chosen, reason, redirect))

    def withdraw(self, reason: str) -> None:
        self._act("已撤回", lambda desk, sheet: intake.withdraw(desk, sheet.entry, reason))

    def open_supplement(self) -> None:
        """Ctrl+B asks for the day until which it is to be brought; pressed again, it issues the notice."""
        sheet, bench = self._page.sheet, self._bench
        if sheet is None:
            return
        if bench.outcome_frame.isVisible() and bench.outcome.telling:
            bench.outcome.issue()
            return
        self._open(sheet, "supplement")

    def open_refusal(self) -> None:
        if self._page.sheet is not None:
            self._open(self._page.sheet, "refuse")

    def open_withdrawal(self) -> None:
        if self._page.sheet is not None:
            self._open(self._page.sheet, "withdraw")

    def open_amendment(self) -> None:
        """Alt+E: what the applicant put right at the window, from the place the clerk is at."""
        page = self._page
        if page.sheet is None:
            return
        if not page.sheet.editable:
            self._bench.notice.say("已受理的不再当场更正，请用更正。办件没有改动。", "amber")
            return
        self._open(page.sheet, "amend", page.place())

    def come_back(self) -> None:
        """The form that lay open when its draft was left."""
        sheet = self._page.sheet
        if sheet is not None and sheet.editable and sheet.outcome.open:
            self._open(sheet, sheet.outcome.open)

    def _open(self, sheet: Sheet, name: str, place: str = "") -> None:
        """With the words it was left with."""
        outcome, before = self._bench.outcome, sheet.open_outcome(name)
        if name == "refuse":
            outcome.open_refusal(sheet, before)
        elif name == "supplement":
            preset = preset_day(sheet.item, sheet.today, self._desk.rulebook.calendar)
            outcome.open_supplement(sheet, before, preset)
        elif name == "withdraw":
            outcome.open_withdrawal(before)
        else:
            outcome.open_amendment(sheet, before, place)
        self._bench.outcome_frame.show()
        self._laid_out.start()

    def _keep_outcome(self, words: dict[str, str]) -> None:
        if self._page.sheet is not None:
            self._page.sheet.put_outcome(self._page.sheet.outcome.open, words)
            self._autosave()

    def _close_outcome(self) -> None:
        """The words stay, for when it is opened again."""
        self._bench.outcome_frame.hide()
        if self._page.sheet is not None:
            self._page.sheet.open_outcome("")
            self._autosave()

    def _autosave(self) -> None:
        """What was typed, if anything was: a form that was only looked at leaves no draft."""
        sheet = self._page.sheet
        if sheet is not None and sheet.editable and sheet.outcome.words:
            self._page.autosave()

    def amend(self, path: str, was: str, now: str, by: str) -> None:
        """The open step stays as it is; the sheet takes over what the act changed."""
        page, notice = self._page, self._bench.notice
        sheet = page.sheet

        def done(changes: Changes) -> None:
            if sheet is not None:
                sheet.put_outcome("amend", {})
                sheet.open_outcome("")
            self._bench.outcome_frame.hide()
            if sheet is not None and page.sheet is sheet and sheet.state is not None:
                kept = {p: sheet.state.value(p) for p in (path, f"{path}.note")}
                sheet.put_all({p: value for p, value in kept.items() if sheet.get(p) != value})
                page.load(page.step or "form")
                page.refresh()
            notice.say("已记下当场更正，已加密存在本机。不算补正，时限不变。", "green")

        def failed(text: str) -> None:
            notice.say(text, "red")

        page.keep(lambda desk, entry: intake.amend(desk, entry, path, was, now, by), done, failed)

    def reprint(self) -> None:
        """Ctrl+P: the latest notice of the open case again."""
        sheet, notice = self._page.sheet, self._bench.notice
        state = sheet.state if sheet is not None else None
        if state is None or not state.notices:
            notice.say("这件还没有出过文书。办件没有改动。受理、收件或者告知后可以打印。", "amber")
            return
        desk, case_id, op_id = self._desk, state.case_id, state.notices[-1].op_id
        self._tasks.database(
            lambda: print_notice(desk, case_id, op_id, self._templates),
            self._page.printed.emit,
            lambda text: notice.say(text, "red"),
        )

    def _act(self, name: str, run: Callable[[Desk, Sheet], Changes]) -> None:
        """On an objection everything entered stays; a double Enter is one act."""
        if not self._page.writing.acting:
            self._bench.notice.hide()
        self._page.writing.act(name, run)

    def _done(
        self, name: str, sheet: Sheet, changes: Changes, state: CaseState | None, printed: Printed | None
    ) -> None:
        page, notice = self._page, self._bench.notice
        if page.sheet is sheet and state is not None:
            page.show_sheet(Sheet(sheet.case_id, sheet.item, page.today(), state))
        mark = group_number(changes.number) if changes.number else changes.receipt
        text = f"{name}，已加密存在本机" + (f"，{mark}" if mark else "")
        more = "部门系统还要录入的，按 Alt+R。" if name == "已受理" else ""
        notice.say(f"{text}。{more}", "green")
        page.said.emit(text)
        page.changed.emit(changes)
        if printed is not None:
            page.printed.emit(printed)
            if printed.warning:
                notice.say(printed.warning, "amber")

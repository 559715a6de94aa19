"""The workbench: one case, one screen, six steps; every key of the input is kept as it is typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QWidget

from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.reveal import note_reveal
from app.queries.bundles import DRAFT_PREFIX
from app.queries.drafts import DraftRow
from app.tasks import Tasks
from models.domain.case import CaseState
from models.domain.catalog import Item
from views.focus import let_go, take_up
from views.widgets.keys import bind
from views.widgets.names import held_words
from views.widgets.undo import StepUndo
from views.workbench.acts import Acts
from views.workbench.bench import Bench
from views.workbench.known import recall, recall_later, seek, seek_rules
from views.workbench.outcome import AcceptStep
from views.workbench.rail import Rail
from views.workbench.reading import Lists, read_draft, read_lists
from views.workbench.room import Room
from views.workbench.sheet import STEP_KEYS, STEP_NAMES, Sheet
from views.workbench.walk import Walk
from views.workbench.why import WhyPanel
from views.workbench.writing import Writing


class WorkbenchPage(QWidget):
    """``changed`` after every durable act; ``printed`` with a notice to show; ``said`` for the status bar."""

    changed = pyqtSignal(object)
    printed = pyqtSignal(object)
    said = pyqtSignal(str)
    palette_requested = pyqtSignal()
    copy_requested = pyqtSignal(str)
    bundle_draft_opened = pyqtSignal(object)
    refreshed = pyqtSignal()

    def __init__(
        self, desk: Desk, tasks: Tasks, templates: Path | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._tasks = desk, tasks
        self.sheet: Sheet | None = None
        self.step = ""
        self._limits = (False, False)
        self._clashing: dict[str, tuple[str, ...]] = {}
        self._resume = ""
        self._drafts: dict[str, DraftRow] = {}
        self.setMinimumWidth(1180)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.rail = Rail()
        self.rail.ticket.said.connect(self.said)
        self.rail.draft_opened.connect(self.open_draft)
        row.addWidget(self.rail)
        self._centre = bench = Bench(desk, tasks, self)
        self.reception, self.head, self.notice = bench.reception, bench.head, bench.notice
        self.steps, self.outcome, self._actions = bench.steps, bench.outcome, bench.bar
        self.identity, self.situation, self.form = bench.identity, bench.situation, bench.form
        self.materials, self.points, self.check = bench.materials, bench.points, bench.check
        row.addWidget(self._centre, 1)
        self.why = WhyPanel()
        row.addWidget(self.why)
        self._room = Room(self, self.rail, self.why)
        self.writing = Writing(self, desk, tasks, templates)
        self.acts = Acts(self, bench, desk, tasks, templates)
        self.walk = Walk(self)
        self._connect()
        self._keys()
        self.show_sheet(None)

    # -- opening ---------------------------------------------------------------------------------

    @property
    def waiting_party(self) -> tuple[dict[str, str], str]:
        """Who was identified before an item was chosen, and how."""
        return self.reception.party

    @waiting_party.setter
    def waiting_party(self, party: tuple[dict[str, str], str]) -> None:
        if party[0]:
            self.reception.show_party(*party)
        else:
            self.reception.clear()

    def applicant(self) -> dict[str, str]:
        """Who stands at the window: of the open case, else who was identified before one was chosen."""
        fields = self.sheet.fields if self.sheet is not None else self.reception.party[0]
        return {path: value for path, value in fields.items() if path.startswith("applicant.")}

    def start(self, item: Item, *, same_applicant: bool = False) -> None:
        """A new case for ``item``; what is on the screen is a draft already.

        Who was identified at the reception is its applicant; ``same_applicant``: that of the open case.
        """
        if not self.writing.written():
            return
        (values, source), seen = self.waiting_party, self.reception.seen
        if same_applicant and self.sheet is not None:
            values, source = self.applicant(), "同一申请人"
        self.waiting_party = ({}, "")
        self.show_sheet(Sheet(self._desk.make_id(), item, self.today()))
        self.open_step("identity", "applicant.name")
        if values and self.sheet is not None:
            self.sheet.put_all(values, source)
            recall(self.sheet, seen)
            self.autosave()
            if any(gap.step == "identity" for gap in self.sheet.gaps()):
                self.open_step("identity")
            else:
                self.walk.on("identity")

    def receive_visitor(self) -> None:
        """F7 without a queue: a clear bench, ready to identify whoever comes next."""
        self.reception.clear()
        self.reception.focus_first()

    def fill_party(self, values: dict[str, str], source: str) -> None:
        """Applicant or agent from a device: one step that Ctrl+Z takes back, then the first gap."""
        sheet = self.sheet
        if sheet is None or not sheet.editable:
            return
        if sheet.put_all(values, source):
            self.autosave()
        self.open_step("identity")

    def open_draft(self, case_id: str) -> None:
        draft = self._drafts.get(case_id)
        if draft is None or not self.writing.written():
            return
        if draft.item_id.startswith(DRAFT_PREFIX):
            self.bundle_draft_opened.emit(draft)
            return
        desk = self._desk

        def show(found: tuple[Item | None, CaseState | None]) -> None:
            item, state = found
            if item is None:
                self.notice.say("本机目录里没有这个办理项了。草稿还在。请联网更新目录后再打开。", "amber")
                return
            sheet = Sheet(case_id, item, self.today(), state)
            sheet.fields = dict(draft.fields)
            self.show_sheet(sheet)
            self.open_step(draft.step or "identity")
            sheet.outcome = draft.outcome
            self.acts.come_back()

        self._tasks.database(lambda: read_draft(desk, draft), show, self._failed)

    def open_case(self, state: CaseState, item: Item) -> None:
        """Go on with a case that was saved, received or sent back for supplements."""
        self.show_sheet(Sheet(state.case_id, item, self.today(), state))
        if self.sheet is not None and self.sheet.editable:
            gaps = self.sheet.gaps()
            self.open_step(gaps[0].step if gaps else "accept")

    def show_sheet(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self.step = self.walk.gap = ""
        self.notice.hide()
        self._centre.show_case(sheet is not None)
        if sheet is not None:
            self.head.show_sheet(sheet)
            for name in STEP_KEYS:
                self.load(name)
            seek_rules(self._desk, self._tasks, sheet, self.why.show_documents)
        self.head.show_saved("")
        self.refresh()

    # -- steps -----------------------------------------------------------------------------------

    def open_step(self, name: str, path: str = "") -> None:
        """Open one step, fold the others, and put the focus on its first unfinished item."""
        if self.sheet is None:
            return
        self.step = name
        let_go(self._centre, self._centre.sections[name])
        self._centre.outcome_frame.hide()
        self.sheet.open_outcome("")
        self.load(name)
        if name == "materials":
            seek(self._desk, self._tasks, self.sheet, lambda: self.load("materials"))
        self.refresh()
        self.steps[name].focus_path(path or next((g.path for g in self.sheet.gaps() if g.step == name), ""))
        take_up(self)
        self._centre.bring_step(name)

    def recall(self) -> None:
        """Ask earlier cases of this applicant for what is still empty."""
        if self.sheet is not None:
            recall_later(self._desk, self._tasks, self.sheet, self._recalled)

    def _recalled(self) -> None:
        """Earlier cases have filled in what was empty; nothing that has the focus moves."""
        self.autosave()
        if self.step != "form":
            self.load("form")
        self.refresh()

    def add_strip(self, strip: QWidget) -> None:
        """A small part of the rail, below its lists."""
        self.rail.add_strip(strip)

    def refresh(self) -> None:
        self.refreshed.emit()
        sheet = self.sheet
        self.why.show_sheet(sheet, self._desk.rulebook.calendar, self.step)
        self.rail.show_now(
            sheet.item.name if sheet is not None else "", unfinished=sheet is not None and sheet.editable
        )
        if sheet is None:
            return
        self.head.show_facts(sheet)
        gaps = sheet.gaps()
        self._centre.show_states(sheet, gaps, self.step)
        calendar = self._desk.rulebook.calendar
        held = held_words(self._clashing.get(sheet.case_id, ()), sheet.item)
        self._actions.show_sheet(sheet, gaps, calendar, *self._limits, held=held)

    def show_limits(self, read_only: bool, spent: bool) -> None:
        """Whether the lease has run out (nothing is taken in), and the numbers (nothing is accepted)."""
        if (read_only, spent) != self._limits:
            self._limits = (read_only, spent)
            self.refresh()

    def refresh_lists(self) -> None:
        """Drafts and today's cases, read in the background; nothing moves under the clerk's hands."""
        desk, day = self._desk, self.today()

        def show(found: Lists) -> None:
            self._drafts = {d.case_id: d for d in found.drafts}
            self.rail.show_lists(found.drafts, found.today, found.counts, found.due, found.clashing)
            if found.clashing != self._clashing:
                self._clashing = found.clashing
                self.refresh()
            if self._resume in self._drafts and self.sheet is None:
                self.open_draft(self._resume)
            self._resume = ""

        self._tasks.database(lambda: read_lists(desk, day), show, self._failed)

    # -- drafts ----------------------------------------------------------------------------------

    def _edited(self, path: str, value: str) -> None:
        if self.sheet is not None and self.sheet.editable and self.sheet.put(path, value):
            self.autosave()
            if path.startswith("applicant.kind"):
                self._default_id_kind(value)
            if self.step == "identity":
                self.identity.check(self.sheet)
            self.refresh()

    def _default_id_kind(self, kind: str) -> None:
        """The usual paper for the kind of applicant, where none was chosen yet or it cannot be."""
        if self.sheet is None:
            return
        wanted = "uscc" if kind == "organisation" else "resident_id"
        current = self.sheet.get("applicant.id_kind")
        if not current or (current == "uscc") != (kind == "organisation"):
            self.sheet.put("applicant.id_kind", wanted)
            self.identity.fields["applicant.id_kind"].set_value(wanted)

    def keep(
        self,
        run: Callable[[Desk, Entry], Changes],
        done: Callable[[Changes], None],
        failed: Callable[[str], None],
    ) -> None:
        """A durable act that leaves the open step as it is, such as a file."""
        self.writing.keep(run, done, failed)

    def autosave(self) -> None:
        """Keep the draft as it now is."""
        self.writing.autosave()

    def put_aside(self) -> bool:
        """Leave the case as a draft and clear the bench; False while an act on it is under way."""
        if self.writing.acting or not self.writing.written():
            return False
        if self.sheet is not None and self.sheet.editable:
            self.autosave()
        self.show_sheet(None)
        return True

    def open_later(self, case_id: str) -> None:
        """Open this draft as soon as the drafts are read: what lay open before the lock."""
        self._resume = case_id

    def flush(self) -> None:
        """The last keystrokes before the lock."""
        self.writing.flush()

    def panes(self) -> list[QWidget]:
        """In the order of F6: the case (or the empty bench), why, the rail."""
        return [self._centre, self.why, self.rail]

    def show_why(self) -> None:
        """F2: the panel is there and has the focus; in a narrow window it opens as a drawer, and closes."""
        if self._room.narrow and self.why.isVisible():
            self.why.hide()
            return
        self.why.show()
        self.why.focus_text()

    # -- building --------------------------------------------------------------------------------

    def _connect(self) -> None:
        bench = self._centre
        bench.reception.item_wanted.connect(self.palette_requested)
        for name, section in bench.sections.items():
            section.open_requested.connect(partial(self.open_step, name))
        for typed in (self.identity, self.situation, self.form):
            typed.edited.connect(self._edited)
        for listed in (self.materials, self.points):
            listed.edited.connect(self._listed)
        for place in (self.form, self.materials):
            place.amend_wanted.connect(self.acts.open_amendment)
        for name, step in bench.steps.items():
            if not isinstance(step, AcceptStep):
                step.finished.connect(partial(self.walk.on, name))
        self.identity.entered.connect(partial(self.walk.entered, "identity"))
        self.form.entered.connect(partial(self.walk.entered, "form"))
        self.check.revealed.connect(self._revealed)
        self.writing.saved.connect(self.head.show_saved)
        self.head.guide.run.connect(self.show_why)
        self.writing.kept.connect(self.changed)
        self.writing.objected.connect(self._failed)
        self.writing.recovered.connect(self.notice.hide)

    def _revealed(self, path: str) -> None:
        if self.sheet is not None:
            desk, case_id = self._desk, self.sheet.case_id
            self._tasks.database(lambda: note_reveal(desk, case_id, path), lambda _: None, self._failed)

    def _listed(self) -> None:
        self.autosave()
        self.refresh()

    def _keys(self) -> None:
        for number, (name, title) in enumerate(zip(STEP_KEYS, STEP_NAMES, strict=True), start=1):
            bind(self, f"Alt+{number}", f"打开第 {number} 步：{title}", partial(self.open_step, name))
        bind(self, "F8", "下一缺项或错项", self.walk.next_gap)
        bind(self, "Shift+F8", "上一缺项或错项", lambda: self.walk.next_gap(-1))
        bind(self, "Alt+R", "录入部门系统", self.ask_copy)
        bind(self, "Ctrl+P", "打印当前文书", self.acts.reprint)
        bind(self, "Alt+E", "记下当场更正", self.acts.open_amendment)
        only = Qt.ShortcutContext.WidgetShortcut
        self._card_undo = StepUndo([f.editor for f in self.identity.fields.values()], self.walk.undo)
        inner = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for part in (self.identity, self.situation, self.form):  # a text field has its own
            bind(part, "Ctrl+Z", "撤销上一步", self.walk.undo, context=inner)
        for table in (self.materials.table, self.points.table):
            bind(table, "Ctrl+Z", "撤销上一步", self.walk.undo, context=only)

    def ask_copy(self) -> None:
        """Alt+R: the open case is to be typed into the department's own system."""
        self.copy_requested.emit(self.sheet.case_id if self.sheet is not None else "")

    def place(self) -> str:
        """The path of the form field or material that the clerk is at, "" elsewhere."""
        if self.step == "materials" and (material := self.materials.current()) is not None:
            return f"material.{material.id}"
        at = QApplication.focusWidget()
        return next((f"form.{key}" for key, field in self.form.fields.items() if field.editor is at), "")

    def load(self, name: str) -> None:
        if self.sheet is not None:
            self.steps[name].load(self.sheet)

    def _failed(self, text: str) -> None:
        self.notice.say(text, "red")

    def today(self) -> dt.date:
        return self._desk.clock.now().day

"""The workbench: one case, one screen, six steps; every key of the input is kept as it is typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.commands import drafts, intake
from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.print_notice import Printed, print_notice
from app.commands.reveal import note_reveal
from app.queries.bundles import DRAFT_PREFIX
from app.queries.cases import count_today, find_cases
from app.queries.deadlines import DueRow, announced
from app.queries.drafts import DraftRow, read_drafts
from app.tasks import Tasks
from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.numbers import group_number
from models.domain.ops import RefusalClause
from views.widgets import Notice
from views.widgets.keys import bind
from views.widgets.undo import StepUndo
from views.workbench.actions import ActionBar
from views.workbench.form import FormStep
from views.workbench.head import CaseHead
from views.workbench.identity import IdentityStep
from views.workbench.known import recall, recall_later, seek
from views.workbench.materials import MaterialsStep
from views.workbench.outcome import AcceptStep, OutcomeForm
from views.workbench.points import PointsStep
from views.workbench.rail import Rail
from views.workbench.reception import Reception
from views.workbench.section import StepSection
from views.workbench.sheet import STEP_KEYS, STEP_NAMES, Sheet
from views.workbench.situation import SituationStep
from views.workbench.why import WhyPanel

# Of each status, the cases that have waited longest are looked at; it runs after every act.
REMINDERS_AMONG = 60


class WorkbenchPage(QWidget):
    """``changed`` after every durable act; ``printed`` with a notice to show; ``said`` for the status bar."""

    changed = pyqtSignal(object)
    printed = pyqtSignal(object)
    said = pyqtSignal(str)
    palette_requested = pyqtSignal()
    bundle_draft_opened = pyqtSignal(object)

    def __init__(self, desk: Desk, tasks: Tasks, templates: Path | None = None) -> None:
        super().__init__()
        self._desk, self._tasks, self._templates = desk, tasks, templates
        self.sheet: Sheet | None = None
        self.step = ""
        self._saving = False
        self._dirty = False
        self._acting = False
        self._last_notice = ""
        self._gap = ""
        self._resume = ""
        self.auto_next = True
        self._drafts: dict[str, DraftRow] = {}
        self.setMinimumWidth(1180)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.rail = Rail()
        self.rail.ticket.said.connect(self.said)
        self.rail.draft_opened.connect(self.open_draft)
        row.addWidget(self.rail)
        self._narrow = False
        self._centre = self._make_centre()
        row.addWidget(self._centre, 1)
        self.why = WhyPanel()
        row.addWidget(self.why)
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
                self.next_step("identity")

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
        if draft is None:
            return
        if draft.item_id.startswith(DRAFT_PREFIX):
            self.bundle_draft_opened.emit(draft)
            return
        desk = self._desk

        def load() -> tuple[Item | None, CaseState | None]:
            from app.queries.cases import read_case

            page = read_case(desk, case_id)
            if page is not None:
                return page.item, page.state
            with desk.store.read() as conn:
                return desk.rulebook.item(conn, desk.rulebook.current_version(conn), draft.item_id), None

        def show(found: tuple[Item | None, CaseState | None]) -> None:
            item, state = found
            if item is None:
                self.notice.say("本机目录里没有这个办理项了。草稿还在。请联网更新目录后再打开。", "amber")
                return
            sheet = Sheet(case_id, item, self.today(), state)
            sheet.fields = dict(draft.fields)
            self.show_sheet(sheet)
            self.open_step(draft.step or "identity")

        self._tasks.database(lambda: load(), show, self._failed)

    def open_case(self, state: CaseState, item: Item) -> None:
        """Go on with a case that was saved, received or sent back for supplements."""
        self.show_sheet(Sheet(state.case_id, item, self.today(), state))
        if self.sheet is not None and self.sheet.editable:
            gaps = self.sheet.gaps()
            self.open_step(gaps[0].step if gaps else "accept")

    def show_sheet(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self.step = self._gap = ""
        self.notice.hide()
        self._outcome_frame.hide()
        self.reception.setVisible(sheet is None)
        self._case.setVisible(sheet is not None)
        self._actions.setVisible(sheet is not None)
        if sheet is not None:
            self.head.show_sheet(sheet)
            for name in STEP_KEYS:
                self._load(name)
        self.head.show_saved("")
        self.refresh()

    # -- steps -----------------------------------------------------------------------------------

    def open_step(self, name: str, path: str = "") -> None:
        """Open one step, fold the others, and put the focus on its first unfinished item."""
        if self.sheet is None:
            return
        self.step = name
        self._outcome_frame.hide()
        self._load(name)
        if name == "materials":
            seek(self._desk, self._tasks, self.sheet, lambda: self._load("materials"))
        self.refresh()
        gap = next((g.path for g in self.sheet.gaps() if g.step == name), "")
        self.steps[name].focus_path(path or gap)
        self._scroll.ensureWidgetVisible(self._sections[name], 0, 0)

    def next_step(self, name: str) -> None:
        """The next unfinished step, else the check-answers view; said, and can be turned off."""
        if self.sheet is None:
            return
        if not self.auto_next:
            self.refresh()
            self.said.emit(f"{STEP_NAMES[STEP_KEYS.index(name)]}已填完，按 Alt+数字打开别的步骤")
            return
        if name == "identity":
            recall_later(self._desk, self._tasks, self.sheet, self._recalled)
        gaps = {g.step for g in self.sheet.gaps()}
        later = STEP_KEYS[STEP_KEYS.index(name) + 1 :]
        self.open_step(next((s for s in later if s in gaps or s == "accept"), "accept"))

    def _entered(self, step: str, path: str) -> None:
        """Enter in a field: the next one that is missing or wrong, else the next step."""
        body = self.steps[step]
        if self.sheet is None or not isinstance(body, IdentityStep | FormStep):
            return
        following = body.following(self.sheet, path)
        if following == path:  # the last one, and it is wrong: say so and stay
            self.next_gap()
        elif following:
            body.focus_path(following)
        else:
            self.next_step(step)

    def next_gap(self, step: int = 1) -> None:
        """F8: the next missing or wrong item after the one last gone to, wherever it is."""
        if self.sheet is None:
            return
        gaps = self.sheet.gaps()
        if not gaps:
            self.open_step("accept")
            return
        paths = [gap.path for gap in gaps]
        if self._gap in paths:
            gap = gaps[(paths.index(self._gap) + step) % len(gaps)]
        else:  # mended meanwhile, or the first time
            gap = gaps[0 if step > 0 else -1]
        self._gap = gap.path
        self.open_step(gap.step, gap.path)
        if gap.step == "identity":
            self.identity.check(self.sheet, everything=True)
        elif gap.step == "form":
            self.form.check(self.sheet)

    def _recalled(self) -> None:
        """Earlier cases have filled in what was empty; nothing that has the focus moves."""
        self.autosave()
        if self.step != "form":
            self._load("form")
        self.refresh()

    def refresh(self) -> None:
        sheet = self.sheet
        self.why.show_sheet(sheet, self._desk.rulebook.calendar)
        self.rail.show_now(
            sheet.item.name if sheet is not None else "", unfinished=sheet is not None and sheet.editable
        )
        if sheet is None:
            return
        summaries = sheet.summaries()
        gaps = sheet.gaps()
        for name in STEP_KEYS:
            own = [g for g in gaps if g.step == name]
            gap = f"{summaries[name]}　还差 {len(own)} 项" if own else ""
            if name == "accept":
                gap = f"还差 {len(gaps)} 项，处理后可受理" if gaps else ""
                summaries[name] = "请核对后受理" if not gaps else ""
            self._sections[name].show_state(
                summaries[name], done=not own and name != "accept", current=name == self.step, gap=gap
            )
        self._actions.show_sheet(sheet, gaps, self._desk.rulebook.calendar)

    def refresh_lists(self) -> None:
        """Drafts and today's cases, read in the background; nothing moves under the clerk's hands."""
        desk, day = self._desk, self.today()

        def read() -> tuple[list[DraftRow], list[object], dict[str, int], list[DueRow]]:
            today = [
                r
                for r in find_cases(desk, limit=60)
                if r.own and dt.datetime.fromtimestamp(r.changed_ms / 1000).date() == day
            ]
            due = announced(desk, day, limit=REMINDERS_AMONG)
            return read_drafts(desk), list(today), count_today(desk, day), due

        def show(found: tuple[list[DraftRow], list[object], dict[str, int], list[DueRow]]) -> None:
            drafts, today, counts, due = found
            self._drafts = {d.case_id: d for d in drafts}
            self.rail.show_lists(drafts, today, counts, due)  # type: ignore[arg-type]  # rows of find_cases
            if self._resume in self._drafts and self.sheet is None:
                self.open_draft(self._resume)
            self._resume = ""

        self._tasks.database(read, show, self._failed)

    # -- acts ------------------------------------------------------------------------------------

    def act(self, name: str, run: Callable[[Desk, Sheet], Changes]) -> None:
        """One durable act in the background; on an objection everything entered stays."""
        sheet = self.sheet
        if sheet is None or self._acting:
            return  # a double Enter is one act
        self._acting = True
        self.notice.hide()
        desk, templates = self._desk, self._templates

        def work() -> tuple[Changes, CaseState | None, Printed | None]:
            changes = run(desk, sheet)
            from app.queries.cases import read_state

            state = read_state(desk, sheet.case_id)
            issued = state is not None and any(n.op_id == changes.op_id for n in state.notices)
            printed = print_notice(desk, sheet.case_id, changes.op_id, templates) if issued else None
            return changes, state, printed

        def done(result: tuple[Changes, CaseState | None, Printed | None]) -> None:
            self._acting = False
            changes, state, printed = result
            self._dirty = False
            if self.sheet is sheet and state is not None:
                self.show_sheet(Sheet(sheet.case_id, sheet.item, self.today(), state))
            mark = group_number(changes.number) if changes.number else changes.receipt
            text = f"{name}，已加密存在本机" + (f"，{mark}" if mark else "")
            self.notice.say(text + "。", "green")
            self.said.emit(text)
            self.changed.emit(changes)
            if printed is not None:
                self._last_notice = changes.op_id
                self.printed.emit(printed)
                if printed.warning:
                    self.notice.say(printed.warning, "amber")

        def failed(text: str) -> None:
            self._acting = False
            self.notice.say(text, "red")
            if self._dirty:
                self.autosave()

        self._tasks.database(work, done, failed)

    def keep(
        self,
        run: Callable[[Desk, Entry], Changes],
        done: Callable[[Changes], None],
        failed: Callable[[str], None],
    ) -> None:
        """A durable act that leaves the open step as it is, such as a file: what is typed meanwhile stays."""
        sheet = self.sheet
        if sheet is None or self._acting:
            failed("这一件正在存，没有采用。内容都在。请稍后再存一次。")
            return
        self._acting, self._dirty = True, False
        desk, entry = self._desk, sheet.entry

        def work() -> tuple[Changes, CaseState | None]:
            from app.queries.cases import read_state

            return run(desk, entry), read_state(desk, entry.case_id)

        def over() -> None:
            self._acting = False
            if self._dirty:
                self.autosave()

        def finished(result: tuple[Changes, CaseState | None]) -> None:
            changes, sheet.state = result
            over()
            self.changed.emit(changes)
            done(changes)

        def objected(text: str) -> None:
            over()
            failed(text)

        self._tasks.database(work, finished, objected)

    def accept(self) -> None:
        self.act("已受理", lambda desk, sheet: intake.accept(desk, sheet.entry))

    def save(self) -> None:
        self.act("已暂存", lambda desk, sheet: intake.save_case(desk, sheet.entry))

    def receive(self) -> None:
        self.act("已收件", lambda desk, sheet: intake.receive(desk, sheet.entry))

    def supplement(self) -> None:
        self.act(
            "已一次性告知", lambda desk, sheet: intake.supplement(desk, sheet.entry, sheet.missing_lines())
        )

    def reprint(self) -> None:
        """Ctrl+P: the latest notice of the open case again."""
        state = self.sheet.state if self.sheet is not None else None
        if state is None or not state.notices:
            self.notice.say("这件还没有出过文书。办件没有改动。受理、收件或者告知后可以打印。", "amber")
            return
        desk, case_id, op_id = self._desk, state.case_id, state.notices[-1].op_id
        self._tasks.database(
            lambda: print_notice(desk, case_id, op_id, self._templates), self.printed.emit, self._failed
        )

    def _refuse_now(self, clause: str, reason: str, redirect: str) -> None:
        chosen = RefusalClause(clause) if clause in set(RefusalClause) else RefusalClause.NOT_ELIGIBLE
        self.act("不予受理", lambda desk, sheet: intake.refuse(desk, sheet.entry, chosen, reason, redirect))

    def _open_outcome(self, what: str) -> None:
        if self.sheet is None:
            return
        if what == "refuse":
            self.outcome.open_refusal(self.sheet)
        else:
            self.outcome.open_withdrawal()
        self._outcome_frame.show()
        self._scroll.ensureWidgetVisible(self._outcome_frame)

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

    def autosave(self) -> None:
        """Keep the draft after every change: one write under way, the newest one next."""
        if self.sheet is None:
            return
        if self._saving or self._acting:
            self._dirty = True
            return
        self._saving, self._dirty = True, False
        desk, entry, step = self._desk, self.sheet.entry, self.step

        def done(saved_ms: int) -> None:
            self._saving = False
            at = dt.datetime.fromtimestamp(saved_ms / 1000).strftime("%H:%M:%S")
            self.head.show_saved(f"✓ {at} 已存本机（加密）")
            # An act under way takes the newest entry itself; a draft after it would come back to life.
            if self._dirty and not self._acting:
                self.autosave()

        def failed(text: str) -> None:
            self._saving = False
            self.notice.say(text, "red")

        self._tasks.database(lambda: drafts.save_draft(desk, entry, step), done, failed)

    def put_aside(self) -> bool:
        """Leave the case as a draft and clear the bench; False while an act on it is under way."""
        if self._acting:
            return False
        if self.sheet is not None and self.sheet.editable:
            self.autosave()
        self.show_sheet(None)
        return True

    def open_later(self, case_id: str) -> None:
        """Open this draft as soon as the drafts are read: what lay open before the lock."""
        self._resume = case_id

    def flush(self) -> None:
        """The last keystrokes before the lock, written at once; an act under way took them itself."""
        if self.sheet is not None and self._dirty and not self._acting:
            self._dirty = False
            drafts.save_draft(self._desk, self.sheet.entry, self.step)

    def undo(self) -> None:
        """Ctrl+Z outside text fields: take the last entry back."""
        if self.sheet is None or not self.sheet.editable:
            return
        if path := self.sheet.undo():
            self.autosave()
            self._load(self.step or "identity")
            self.refresh()
            if self.step == "situation":
                self.situation.focus_path(path)  # its rows were made anew
            self.said.emit(f"已撤销上一步（{path.split('.')[0]}）")

    def back_to(self, depth: int, step: str) -> None:
        """Take back what came after ``depth`` steps of undo: a scan that typed where it must not."""
        sheet = self.sheet
        if sheet is None:
            return
        changed = sheet.undo_depth() > depth
        while sheet.undo_depth() > depth:
            sheet.undo()
        if changed:
            self.autosave()
        if step and step != self.step:
            self.open_step(step)
        elif changed:
            self._load(self.step)
            self.refresh()

    # -- room ------------------------------------------------------------------------------------

    def panes(self) -> list[QWidget]:
        """In the order of F6: the case (or the empty bench), why, the rail."""
        return [self._centre, self.why, self.rail]

    def show_why(self) -> None:
        """F2: the panel is there and has the focus; in a narrow window it opens as a drawer, and closes."""
        if self._narrow and self.why.isVisible():
            self.why.hide()
            return
        self.why.show()
        self.why.focus_text()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        narrow = self.width() < 1280
        if narrow != self._narrow:
            self._narrow = narrow
            self.why.setVisible(not narrow)
        self.rail.fit(self.width())
        self.why.setFixedWidth(320 if self.width() >= 1366 or narrow else 288)

    # -- building --------------------------------------------------------------------------------

    def _make_centre(self) -> QWidget:
        centre = QWidget()
        box = QVBoxLayout(centre)
        box.setContentsMargins(12, 6, 12, 6)
        box.setSpacing(6)
        self.reception = Reception(self._desk, self._tasks)
        self.reception.item_wanted.connect(self.palette_requested)
        box.addWidget(self.reception, 1)
        self._case = QWidget()
        case = QVBoxLayout(self._case)
        case.setContentsMargins(0, 0, 0, 0)
        case.setSpacing(4)
        self.head = CaseHead()
        case.addWidget(self.head)
        self.notice = Notice()
        case.addWidget(self.notice)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QFrame()
        inner.setObjectName("card")
        steps = QVBoxLayout(inner)
        steps.setContentsMargins(1, 1, 1, 1)
        steps.setSpacing(0)
        self._make_steps(steps)
        self._outcome_frame = QFrame()
        self._outcome_frame.setObjectName("inset")
        frame = QVBoxLayout(self._outcome_frame)
        frame.setContentsMargins(0, 0, 0, 0)
        self.outcome = OutcomeForm()
        self.outcome.refused.connect(self._refuse_now)
        self.outcome.withdrawn.connect(
            lambda reason: self.act("已撤回", lambda desk, sheet: intake.withdraw(desk, sheet.entry, reason))
        )
        self.outcome.cancelled.connect(self._outcome_frame.hide)
        frame.addWidget(self.outcome)
        steps.addWidget(self._outcome_frame)
        steps.addStretch()
        self._scroll.setWidget(inner)
        case.addWidget(self._scroll, 1)
        box.addWidget(self._case, 1)
        self._actions = ActionBar()
        self._actions.blocked.connect(lambda reason: self.notice.say(reason, "amber"))
        for name, act in (
            ("accept", self.accept),
            ("save", self.save),
            ("receive", self.receive),
            ("supplement", self.supplement),
            ("refuse", lambda: self._open_outcome("refuse")),
            ("withdraw", lambda: self._open_outcome("withdraw")),
        ):
            self._actions.buttons[name].run.connect(act)
        box.addWidget(self._actions)
        return centre

    def _make_steps(self, box: QVBoxLayout) -> None:
        self.identity, self.situation, self.form = IdentityStep(), SituationStep(), FormStep()
        self.materials, self.points, self.check = MaterialsStep(), PointsStep(), AcceptStep()
        self.steps: dict[
            str, IdentityStep | SituationStep | FormStep | MaterialsStep | PointsStep | AcceptStep
        ] = {
            "identity": self.identity,
            "situation": self.situation,
            "form": self.form,
            "materials": self.materials,
            "points": self.points,
            "accept": self.check,
        }
        self._sections: dict[str, StepSection] = {}
        for number, (key, title) in enumerate(zip(STEP_KEYS, STEP_NAMES, strict=True), start=1):
            section = StepSection(number, title, self.steps[key])
            section.open_requested.connect(lambda k=key: self.open_step(k))
            self._sections[key] = section
            box.addWidget(section)
        self.identity.edited.connect(self._edited)
        self.situation.edited.connect(self._edited)
        self.form.edited.connect(self._edited)
        self.identity.finished.connect(lambda: self.next_step("identity"))
        self.identity.entered.connect(lambda path: self._entered("identity", path))
        self.form.entered.connect(lambda path: self._entered("form", path))
        self.situation.finished.connect(lambda: self.next_step("situation"))
        self.form.finished.connect(lambda: self.next_step("form"))
        self.points.finished.connect(lambda: self.next_step("points"))
        self.check.revealed.connect(self._revealed)
        self.materials.edited.connect(self._listed)
        self.materials.finished.connect(lambda: self.next_step("materials"))
        self.points.edited.connect(self._listed)

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
        bind(self, "F8", "下一缺项或错项", self.next_gap)
        bind(self, "Shift+F8", "上一缺项或错项", lambda: self.next_gap(-1))
        bind(self, "Ctrl+P", "打印当前文书", self.reprint)
        only = Qt.ShortcutContext.WidgetShortcut
        self._card_undo = StepUndo([f.editor for f in self.identity.fields.values()], self.undo)
        inner = Qt.ShortcutContext.WidgetWithChildrenShortcut
        bind(self.situation, "Ctrl+Z", "撤销上一步", self.undo, context=inner)
        for table in (self.materials.table, self.points.table):
            bind(table, "Ctrl+Z", "撤销上一步", self.undo, context=only)

    def _load(self, name: str) -> None:
        if self.sheet is not None:
            self.steps[name].load(self.sheet)

    def _failed(self, text: str) -> None:
        self.notice.say(text, "red")

    def today(self) -> dt.date:
        return self._desk.clock.now().day

"""The 一件事 screen: questions, one form, one pile of papers, the timeline, and one Ctrl+Enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.commands import drafts
from app.commands.bundle_intake import accept_set, start_waiting
from app.commands.context import Changes, Desk
from app.commands.print_notice import Printed
from app.commands.print_set import print_set, print_visit
from app.queries.bundles import DRAFT_PREFIX, BundleSource, SetState, list_bundles, open_bundle, read_set
from app.queries.drafts import DraftRow
from app.tasks import Tasks
from models.domain.catalog import Bundle
from models.domain.ids import mask_by_path
from models.errors import KnownError
from views.bundle.chooser import Chooser
from views.bundle.form import FormCard
from views.bundle.outcome import OutcomeCard
from views.bundle.papers import PapersCard
from views.bundle.questions import QuestionsCard
from views.bundle.sheet import SetSheet, reform_words
from views.bundle.timeline import LineCard
from views.status import LEASE_OVER
from views.theme import scaled
from views.widgets import Notice, Tag, label
from views.widgets.elided import ElidedLabel
from views.widgets.keys import bind
from views.widgets.undo import StepUndo


class BundlePage(QWidget):
    """``changed`` after every durable act; ``printed`` with a notice; ``opened`` when a set takes the screen."""

    changed = pyqtSignal(object)
    printed = pyqtSignal(object)
    said = pyqtSignal(str)
    case_opened = pyqtSignal(str)
    refreshed = pyqtSignal()
    opened = pyqtSignal()

    def __init__(self, desk: Desk, tasks: Tasks, templates: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._tasks, self._templates = desk, tasks, templates
        self.sheet: SetSheet | None = None
        self.done: SetState | None = None
        self._acting = self._saving = self._dirty = False
        self._gap = ""
        self._read_only = False
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 8, 14, 8)
        box.setSpacing(6)
        self.notice = Notice()
        box.addWidget(self.notice)
        self._stack = QStackedWidget()
        self.chooser = Chooser()
        self.chooser.chosen.connect(lambda bundle_id: self.start(bundle_id))
        self._stack.addWidget(self.chooser)
        self._stack.addWidget(self._make_set())
        self.outcome = OutcomeCard()
        self.outcome.case_opened.connect(self.case_opened)
        self.outcome.closed.connect(self.close_set)
        self.outcome.print_requested.connect(lambda: self._print())
        self.outcome.visit_requested.connect(lambda: self._print(print_visit))
        self.outcome.start_requested.connect(self._start_waiting)
        self._stack.addWidget(self.outcome)
        box.addWidget(self._stack, 1)
        self._keys()

    # -- opening ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the register again while no set is open."""
        if self.sheet is None and self.done is None:
            desk = self._desk

            def show(bundles: tuple[Bundle, ...]) -> None:
                self.chooser.show_bundles(bundles)
                if self.isVisible() and self.sheet is None:
                    self.chooser.line.setFocus()

            self._tasks.database(lambda: list_bundles(desk), show, self.say)

    def start(self, bundle_id: str, party: dict[str, str] | None = None) -> None:
        """A new set for ``party``; its id is made now, so that nothing done twice is taken in twice."""
        self._open(bundle_id, self._desk.make_id(), dict(party or {}))

    def open_draft(self, draft: DraftRow) -> None:
        self._open(draft.item_id.removeprefix(DRAFT_PREFIX), draft.case_id, draft.fields)

    def open_done(self, case_id: str) -> None:
        """The set of a case that was taken in, as it stands now."""
        desk = self._desk

        def show(done: SetState | None) -> None:
            if done is not None:
                self.opened.emit()
                self._show_done(done)

        self._tasks.database(lambda: read_set(desk, case_id), show, self.say)

    def _open(self, bundle_id: str, set_id: str, fields: dict[str, str]) -> None:
        desk = self._desk
        self.opened.emit()

        def show(source: BundleSource) -> None:
            self.show_sheet(SetSheet(set_id, source, desk.clock.now().day, fields or None))
            self.questions.focus_path()

        self._tasks.database(lambda: open_bundle(desk, bundle_id), show, self.say)

    def show_sheet(self, sheet: SetSheet | None) -> None:
        self.sheet, self.done, self._gap = sheet, None, ""
        self.notice.hide()
        self._stack.setCurrentIndex(0 if sheet is None else 1)
        if sheet is not None:
            self._title.setText(sheet.source.bundle.name)
            self.show_saved("")
            self.reload()

    def close_set(self) -> None:
        self.show_sheet(None)
        self.refresh()

    # -- entering --------------------------------------------------------------------------------

    def reload(self, *, questions: bool = True) -> None:
        """Show what follows from what is entered; focus and typed text stay where they are."""
        sheet = self.sheet
        if sheet is None:
            return
        if questions:
            self.questions.load(sheet)
        self.form.load(sheet)
        self.papers.load(sheet)
        plan = sheet.plan
        self.timeline.show_plan(plan, sheet.today, self._desk.rulebook.calendar)
        number = mask_by_path("applicant.id_number", sheet.get("applicant.id_number"))
        who = f"{sheet.get('applicant.name')} {number}".strip()
        self._party.setText(f"申请人 {who}" if who else "还没有填申请人")
        begun = sum(not m.waits_for for m in plan.members)
        self._members.show_state(f"{len(plan.members)} 个成员 · 现在开始 {begun} 个", "blue")
        apart, together = plan.counts.apart, plan.counts.together
        self._days.setText(f"逐件办 {apart.days} 个工作日 → 并联 {together.days} 个工作日")
        self._counts.setText(reform_words(plan.counts))
        left = len(plan.open_gaps)
        what = f"一次受理 {len(plan.members)} 项"
        self._accept.set_text(
            "一次受理（租约到期）" if self._read_only else f"{what}（还差 {left} 项）" if left else what
        )
        reason = (
            f"还差：{plan.open_gaps[0].label}（{plan.open_gaps[0].reason}）。按 F8 跳过去。" if left else ""
        )
        self._accept.gate(
            LEASE_OVER
            if self._read_only
            else reason or ("" if plan.members else "先回答情形问题，选出要办的事项。")
        )
        self.refreshed.emit()

    def show_read_only(self, read_only: bool) -> None:
        """Whether the lease has run out: a set can be looked at and filled in, and is not taken in."""
        if read_only != self._read_only:
            self._read_only = read_only
            self.reload(questions=False)

    def _edited(self, path: str, value: str) -> None:
        sheet = self.sheet
        if sheet is None or not sheet.put(path, value):
            return
        if path == "applicant.kind":
            sheet.put("applicant.id_kind", "uscc" if value == "organisation" else "resident_id")
        self.reload(questions=path.startswith("answer."))
        self.autosave()

    def _keyed(self) -> None:
        self.reload(questions=False)
        self.autosave()

    def _to_form(self) -> None:
        """After the last question: the first field that is missing."""
        sheet = self.sheet
        gaps = [g.path for g in sheet.plan.open_gaps if g.step in ("identity", "form")] if sheet else []
        self.form.focus_path(gaps[0] if gaps else "applicant.name")

    def next_gap(self, step: int = 1) -> None:
        """F8 and Shift+F8: the next thing missing or the one before, wherever it is."""
        sheet = self.sheet
        if sheet is None:
            return
        self._gap = sheet.next_gap(self._gap, step)
        kind = self._gap.partition(".")[0]
        if kind == "answer":
            self.questions.focus_path(self._gap)
        elif kind in ("material", "point"):
            self.papers.focus_path(self._gap)
        elif self._gap:
            self.form.check(everything=True)
            self.form.focus_path(self._gap)
        else:
            self._accept.setFocus()

    def undo(self) -> None:
        if self.sheet is not None and self.sheet.undo():
            self.reload()
            self.autosave()

    def fill_party(self, values: Mapping[str, str], source: str) -> None:
        """The applicant from a device: one step that Ctrl+Z takes back, then the first gap."""
        sheet = self.sheet
        if sheet is None:
            return
        known = {path: value for path, value in values.items() if path in self.form.fields}
        if sheet.put_all(known):
            self.reload()
            self.autosave()
        for path in known:
            self.form.fields[path].show_source(source)
        self.form.focus_path()

    def autosave(self) -> None:
        """Keep the draft after every change: one write under way, the newest one next."""
        sheet = self.sheet
        if sheet is None:
            return
        if self._saving or self._acting:
            self._dirty = True
            return
        self._saving, self._dirty = True, False
        desk, entry = self._desk, sheet.draft

        def kept(_: int) -> None:
            self._saving = False
            self.show_saved("✓ 已存本机（加密）")
            if self._dirty and not self._acting:
                self.autosave()

        def failed(text: str) -> None:
            self._saving, self._dirty = False, True
            self.say(text)

        self._tasks.database(lambda: drafts.save_draft(desk, entry), kept, failed)

    def written(self) -> bool:
        """Whether everything typed can be left: writes what could not be before; says why not."""
        try:
            if not self._saving:
                self.flush()
        except KnownError as error:
            self.say(str(error))
            return False
        return True

    def flush(self) -> None:
        """The last keystrokes before the lock.  Raises KnownError when they cannot be written."""
        if self.sheet is not None and self._dirty and not self._acting:
            drafts.save_draft(self._desk, self.sheet.draft)
            self._dirty = False

    # -- acts ------------------------------------------------------------------------------------

    def accept(self) -> None:
        """一次受理: all member cases in one transaction; on an objection everything entered stays."""
        sheet = self.sheet
        if sheet is None:
            return
        desk, entry = self._desk, sheet.entry
        self._act(lambda: accept_set(desk, entry), "已一次受理")

    def _start_waiting(self) -> None:
        if self.done is not None and self.done.members:
            desk, case_id = self._desk, self.done.members[0].case_id
            self._act(lambda: start_waiting(desk, case_id), "已接着受理")

    def _act(self, run: Callable[[], SetState], what: str) -> None:
        if self._acting:
            return  # a double Enter is one act
        self._acting = True
        self.notice.hide()

        def shown(done: SetState) -> None:
            self._acting = self._dirty = False
            self._show_done(done)
            self.said.emit(f"{what}：{done.name}，受理 {done.accepted} 项，共 {len(done.members)} 项")
            self.changed.emit(Changes(case_id=done.members[0].case_id, cases=True, outbox=True, drafts=True))
            if any(m.op_id for m in done.members):
                self._print()

        def failed(text: str) -> None:
            self._acting = False
            self.say(text)
            if self._dirty:
                self.autosave()

        self._tasks.database(run, shown, failed)

    def _show_done(self, done: SetState) -> None:
        self.sheet, self.done = None, done
        self.outcome.show_set(done)
        self._stack.setCurrentIndex(2)
        self.outcome.table.selectRow(0)
        self.outcome.table.setFocus()

    def _print(self, make: Callable[[Desk, str, Path | None], Printed] = print_set) -> None:
        if self.done is not None and self.done.members:
            desk, case_id, templates = self._desk, self.done.members[0].case_id, self._templates
            self._tasks.database(lambda: make(desk, case_id, templates), self.printed.emit, self.say)

    def _blocked(self, reason: str) -> None:
        self.notice.say(reason, "amber")
        self.form.check(everything=True)

    def say(self, text: str) -> None:
        self.notice.say(text, "red")

    def show_saved(self, text: str) -> None:
        self._saved.setText(text)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange and hasattr(self, "_line"):
            self._fit()

    def _fit(self) -> None:
        """In a narrow window or large type the papers get the room, and in a low one the cards above."""
        narrow, low = self.width() < scaled(1280), self.height() < 620
        self.questions.setFixedWidth(max(244, scaled(226)) if narrow else 296)
        self.form.setMinimumWidth(380 if narrow else 440)
        self._line.setFixedHeight(196 if low else 232)

    # -- building --------------------------------------------------------------------------------

    def _make_set(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        head = QHBoxLayout()
        self._title = label("", "title")
        head.addWidget(self._title)
        head.addWidget(Tag("一件事 · 已上线", "blue"))
        self._members = Tag("")
        head.addWidget(self._members)
        self._party = label("", "secondary")
        head.addWidget(self._party)
        self._counts = ElidedLabel("", "secondary")
        head.addWidget(self._counts, 1)
        self._saved = label("", "green")
        head.addWidget(self._saved)
        box.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.questions = QuestionsCard()
        self.questions.answered.connect(self._edited)
        self.form = FormCard()
        self.form.edited.connect(self._edited)
        self.questions.finished.connect(self._to_form)
        self.form.finished.connect(lambda: self.papers.focus_path("material."))
        self.papers = PapersCard()
        self.papers.edited.connect(self._keyed)
        self.papers.said.connect(lambda text: self.notice.say(text, "amber"))
        row.addWidget(self.questions)
        row.addWidget(self.form, 4)
        row.addWidget(self.papers, 5)
        box.addLayout(row, 1)
        self._line = LineCard()
        self.timeline, self._days, self._accept = self._line.timeline, self._line.days, self._line.accept
        self._line.close_set.run.connect(self.close_set)
        self._accept.run.connect(self.accept)
        self._accept.blocked.connect(self._blocked)
        box.addWidget(self._line)
        return page

    def _keys(self) -> None:
        for key, what, go in (
            ("F8", "下一缺项", lambda: self.next_gap()),
            ("Shift+F8", "上一缺项", lambda: self.next_gap(-1)),
            ("Alt+1", "到申请人", lambda: self.form.focus_path("applicant.name")),
            ("Alt+2", "到情形", lambda: self.questions.focus_path()),
            ("Alt+3", "到一张表", lambda: self.form.focus_path()),
            ("Alt+4", "到材料", lambda: self.papers.focus_path("material.")),
            ("Alt+5", "到要点", lambda: self.papers.focus_path("point.")),
            ("Alt+6", "到一次受理", lambda: self._accept.setFocus()),
        ):
            bind(self, key, what, go)
        identity = [f.editor for path, f in self.form.fields.items() if path.startswith("applicant.")]
        self._card_undo = StepUndo(identity, self.undo)
        inner = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for part in (self.questions, self.form, self.papers):  # a text field has its own
            bind(part, "Ctrl+Z", "撤销上一步", self.undo, context=inner)

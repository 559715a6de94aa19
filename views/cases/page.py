"""办件: the list with search, and one case with its story and its sync state."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.intake import add_note
from app.commands.reveal import note_reveal
from app.queries.bundles import STATE_NAMES, SetState, read_set
from app.queries.cases import CasePage, read_case, read_state
from app.queries.deadlines import CaseTime, read_time
from app.tasks import Tasks
from models.domain.case import (
    RECEIPT_NAMES,
    STATUS_NAMES,
    CaseState,
    CaseStatus,
    Receipt,
)
from models.domain.ids import mask_id, mask_phone, mask_uscc
from models.domain.numbers import group_number
from views.cases.acts import LaterActs
from views.cases.files import FilesPanel
from views.cases.handover import TAKEN_OVER, holder, note_of, told
from views.cases.left_open import LeftOpen
from views.cases.listing import SYNC, CaseList
from views.cases.owed import OwedPanel
from views.cases.served import add_service
from views.cases.story import Story
from views.theme import scaled
from views.widgets import Card, KeyButton, Rule, Tag, clear_layout, label
from views.widgets.keys import bind
from views.widgets.masked import MaskedValue


class CasesPage(QWidget):
    """``go_on`` with (state, item) when the clerk wants to go on with a case at the workbench."""

    go_on = pyqtSignal(object, object)
    settle_requested = pyqtSignal(str)  # two sides changed it: until that is settled it is only read
    set_requested = pyqtSignal(str)
    document_requested = pyqtSignal(str, str, str)
    changed = pyqtSignal(object)
    copy_requested = pyqtSignal(str)

    def __init__(self, desk: Desk, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._tasks = desk, tasks
        self._page: CasePage | None = None
        self._taking = False
        self.files = FilesPanel(desk, tasks)
        self.files.changed.connect(self.attached)
        self.owed = OwedPanel(desk, tasks)
        self.owed.changed.connect(self.attached)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        self.list = CaseList(desk, tasks)
        self.list.moved.connect(self._moved)
        self.list.opened.connect(lambda _: self._continue())
        self.notice, self.table = self.list.notice, self.list.table
        self.left = LeftOpen(self, desk, tasks)
        row.addWidget(self.list, 3)
        row.addWidget(self._make_case(), 2)

    def refresh(self) -> None:
        self.list.refresh()

    def _moved(self, case_id: str) -> None:
        if case_id:
            self.open_case(case_id)
        else:
            self.list.wanted = ""
            self._show_case(None)

    def open_case(self, case_id: str, duty: str = "") -> None:
        """Show a case; with ``duty`` go at once to entering that its material has come."""
        self.list.wanted = case_id
        self.table.go_to(case_id)
        desk = self._desk

        def read() -> tuple[CasePage | None, CaseTime | None, SetState | None]:
            return read_case(desk, case_id), read_time(desk, case_id), read_set(desk, case_id)

        def show(found: tuple[CasePage | None, CaseTime | None, SetState | None]) -> None:
            if case_id != self.list.wanted:
                return  # the clerk has gone on to another one
            self._show_case(*found)
            self.left.read(case_id)
            if duty:
                self.owed.open_duty(duty)

        self._tasks.database(read, show, self.notice.say)

    def _make_case(self) -> Card:
        card = Card()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(16, 12, 16, 12)
        self._box.setSpacing(5)
        outer = QVBoxLayout(whole := QWidget())
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(inner)
        files = QVBoxLayout()
        files.setContentsMargins(16, 0, 16, 12)
        files.addWidget(self.owed)
        files.addWidget(self.files)
        outer.addLayout(files)
        outer.addStretch()
        scroll.setWidget(whole)
        scroll.setAccessibleName("办件详情：经过、文书、材料、附件")
        card.body.addWidget(scroll, 1)
        self._go = KeyButton("接着办", "Ctrl+Return", "primary")
        self._go.run.connect(self._continue)
        self._go.blocked.connect(lambda reason: self.notice.say(reason))
        self.acts = LaterActs(self._desk, self._tasks)
        self.acts.changed.connect(self.attached)
        self.owed.opened.connect(lambda is_open: self._go.setVisible(not is_open and self._page is not None))
        # While a form is open its own Ctrl+Enter is the only one.
        self.acts.opened.connect(lambda is_open: self._go.setVisible(not is_open and self._page is not None))
        card.body.addWidget(self.acts)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 6, 14, 8)
        self._copy = KeyButton("录入部门系统")
        self._copy.setToolTip("Alt+R")
        self._copy.run.connect(self.ask_copy)
        foot.addWidget(self._copy)
        foot.addStretch()
        foot.addWidget(self._go)
        card.body.addLayout(foot)
        self.left.watch()
        bind(self, "Alt+R", "录入部门系统", self.ask_copy)
        bind(self, "Ctrl+P", "打印最近一份文书", self.print_latest)
        self._show_case(None)
        return card

    def ask_copy(self) -> None:
        """Alt+R: the case that is shown is to be typed into the department's own system."""
        self.copy_requested.emit(self._page.state.case_id if self._page is not None else "")

    def print_latest(self) -> None:
        """Ctrl+P: the newest document of the case that is shown."""
        page = self._page
        if page is None or not page.papers:
            self.notice.say("这件还没有出过文书。办件没有改动。受理、收件或者告知后可以打印。")
            return
        paper = next((one for one in reversed(page.papers) if not one.paper), page.papers[-1])
        self.document_requested.emit(page.state.case_id, paper.op_id, paper.paper)

    def _show_case(
        self, page: CasePage | None, timed: CaseTime | None = None, found: SetState | None = None
    ) -> None:
        same = self.left.leave(page.state.case_id if page is not None else "")
        self._page = page
        self.acts.show_case(page.state if page else None, page.item if page else None, timed, found)
        self.owed.show_case(page)
        self.left.still_there(same)
        clear_layout(self._box)
        self._go.setVisible(page is not None and not self.owed.fields and not self.acts.form_open())
        self.files.setVisible(page is not None)
        self._copy.setVisible(page is not None)
        if page is None:
            self._box.addWidget(label("选一件办件，这里显示经过。", "secondary"))
            self._box.addStretch()
            return
        state = page.state
        self._box.addWidget(label(state.item_name, "section", wrap=True))
        tags = QHBoxLayout()
        tags.addWidget(Tag(STATUS_NAMES[state.status], "blue"))
        tags.addWidget(Tag(*SYNC[page.sync]))
        tags.addStretch()
        self._box.addLayout(tags)
        held = holder(page, self._desk.device.device)
        if held is not None:
            self._box.addWidget(label(told(held), "amber", wrap=True))
        self._go.set_text("去比对" if page.disputed else TAKEN_OVER if held is not None else "接着办")
        for name, text in self._facts(state):
            self._line(name, text)
        self._numbers(state)
        self._ledger(timed)
        add_service(self._box, self._desk, page)
        self._set(page, found)
        self._documents(page)
        self._lists(page)
        self._history(page)
        self.files.show_case(state)
        open_ = state.status in (
            CaseStatus.OPEN,
            CaseStatus.RECEIVED,
            CaseStatus.SUPPLEMENT,
            CaseStatus.ACCEPTED,
        )
        self._go.gate(
            "" if open_ and page.item is not None else f"本办件{STATUS_NAMES[state.status]}，只能查看。"
        )

    def _facts(self, state: CaseState) -> list[tuple[str, str]]:
        return [
            ("受理编号", group_number(state.number) if state.number else state.receipt or "未编号"),
            ("申请人", state.value("applicant.name") or "—"),
            ("收件日期", state.received_on or "—"),
            ("目录版本", state.catalog_version),
        ]

    def _numbers(self, state: CaseState) -> None:
        """Numbers of persons are masked; Alt+V shows one for ten seconds and is put on record."""
        organisation = state.value("applicant.kind") == "organisation"
        for path, name, mask in (
            ("applicant.id_number", "证件号码", mask_uscc if organisation else mask_id),
            ("applicant.phone", "联系电话", mask_phone),
        ):
            whole = state.value(path)
            value = MaskedValue(name, whole or "—", mask(whole) if whole else "—")
            value.revealed.connect(lambda p=path: self._revealed(state.case_id, p))
            row = QHBoxLayout()
            head = label(name, "caption")
            head.setFixedWidth(scaled(72))
            row.addWidget(head)
            row.addWidget(value, 1)
            self._box.addLayout(row)

    def _revealed(self, case_id: str, path: str) -> None:
        desk = self._desk
        self._tasks.database(lambda: note_reveal(desk, case_id, path), lambda _: None, self.notice.say)

    def _line(self, name: str, text: str) -> None:
        row = QHBoxLayout()
        head = label(name, "caption")
        head.setFixedWidth(scaled(72))
        row.addWidget(head, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(text, "body", wrap=True), 1)
        self._box.addLayout(row)

    def _ledger(self, timed: CaseTime | None) -> None:
        """The clock line by line, each with the article it rests on."""
        if timed is None or not timed.clock.lines:
            return
        self._box.addWidget(Rule())
        self._box.addWidget(label("时限", "strong"))
        for line in timed.clock.lines:
            self._box.addWidget(label(line.text, "body", wrap=True))
            if line.basis:
                self._box.addWidget(label(line.basis, "caption", wrap=True))

    def _set(self, page: CasePage, found: SetState | None) -> None:
        """一体审批: what has become of each member of the set that this case belongs to."""
        if found is None:
            return
        self._box.addWidget(Rule())
        row = QHBoxLayout()
        row.addWidget(label(f"一件事：{found.name}", "strong"))
        row.addStretch()
        whole = KeyButton("看整套", kind="quiet")
        whole.run.connect(lambda: self.set_requested.emit(page.state.case_id))
        row.addWidget(whole)
        self._box.addLayout(row)
        for member in found.members:
            told = STATE_NAMES[member.status] + (f"：{member.reason}" if member.reason else "")
            here = "（本件）" if member.case_id == page.state.case_id else ""
            self._box.addWidget(label(f"{member.name}{here}　{told}", "body", wrap=True))

    def _documents(self, page: CasePage) -> None:
        if not page.papers:
            return
        self._box.addWidget(Rule())
        self._box.addWidget(label("文书", "strong"))
        if page.to_replace:
            text = "已换发正式受理编号，临时编号的文书请重新打印交给申请人。"
            self._box.addWidget(label(text, "secondary", wrap=True))
        for paper in page.papers:
            again = "（须换发）" if paper.op_id in page.to_replace and not paper.paper else ""
            about = f"（{paper.about}）" if paper.about else ""
            button = KeyButton(f"{paper.title}{about} {paper.day}{again}", kind="quiet")
            button.run.connect(
                lambda one=paper: self.document_requested.emit(page.state.case_id, one.op_id, one.paper)
            )
            self._box.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _lists(self, page: CasePage) -> None:
        if page.item is None:
            return
        self._box.addWidget(Rule())
        self._box.addWidget(label("材料", "strong"))
        for material in page.item.materials:
            receipt = page.state.value(f"material.{material.id}")
            if receipt in set(Receipt):
                row = QHBoxLayout()
                row.addWidget(label(material.name, "body", wrap=True), 1)
                row.addWidget(receipt_tag(Receipt(receipt)), 0, Qt.AlignmentFlag.AlignTop)
                self._box.addLayout(row)

    def _history(self, page: CasePage) -> None:
        self._box.addWidget(Rule())
        self._box.addWidget(label("经过", "strong"))
        self._box.addWidget(Story(page, self._who))

    def _who(self, staff: str) -> str:
        """By name only who is signed in; of the others this desk knows the number."""
        lease = self._desk.lease
        return lease.name if staff == lease.staff else f"工号 {staff}" if staff else ""

    def open_state(self) -> CaseState | None:
        """The case that is shown, as it stood when it was read."""
        return self._page.state if self._page is not None else None

    def attached(self, changes: Changes) -> None:
        """Something was put into a case: tell it, and show the case anew."""
        self.changed.emit(changes)
        self.open_case(changes.case_id)

    def _continue(self) -> None:
        """Go on at the workbench; a case that another window has is first taken over, on record."""
        page, desk = self._page, self._desk
        if page is None or page.item is None or self._taking:
            return
        state, item = page.state, page.item
        if page.disputed:
            self.settle_requested.emit(state.case_id)
            return
        held = holder(page, desk.device.device)
        if held is None:
            self.go_on.emit(state, item)
            return
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
        self._taking = True

        def take() -> tuple[Changes, CaseState | None]:
            return add_note(desk, entry, note_of(held)), read_state(desk, state.case_id)

        def done(found: tuple[Changes, CaseState | None]) -> None:
            self._taking = False
            self.changed.emit(found[0])
            self.go_on.emit(found[1] or state, item)

        def failed(text: str) -> None:
            self._taking = False
            self.notice.say(text)

        self._tasks.database(take, done, failed)


def receipt_tag(receipt: Receipt) -> Tag:
    """How a material was received; what is still owed or wrong is told apart."""
    kind = {Receipt.DEFERRED: "amber", Receipt.COMMITTED: "blue", Receipt.DEFECTIVE: "red"}.get(
        receipt, "green"
    )
    sign = {"green": "✓ ", "red": "! ", "amber": "! "}.get(kind, "")
    return Tag(f"{sign}{RECEIPT_NAMES[receipt]}", kind)

"""The list of cases: what it is narrowed to, the views kept under a name, the export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLineEdit

from app.commands.case_views import drop_view, export_cases, keep_view
from app.commands.context import Desk
from app.queries.case_filter import BUILT_IN, LONGEST_NAME, CaseFilter, CaseView, read_views
from app.queries.case_list import list_cases
from app.queries.cases import CaseRow
from app.queries.deadlines import DueRow, due_rows
from app.tasks import Tasks
from models.domain.case import STATUS_NAMES, CaseStatus
from models.domain.catalog import DOMAIN_NAMES, Domain
from models.domain.numbers import group_number
from views.theme import scaled
from views.widgets import ActTable, Card, Cell, KeyButton, Notice, label

SYNC = {
    "synced": ("已同步", "green"),
    "pending": ("待同步", "amber"),
    "attention": ("要您处理", "red"),
}
_SPANS = (("", "日期不限"), ("today", "今天收的"), ("week", "近 7 天收"), ("month", "本月收的"))
_WHOSE = (("", "经办不限"), ("me", "我办的"), ("here", "本机办的"))
MOST = 200
NUMBER, NARROW = 2, 640  # the column that gives way, below this width in px at 100 %
SHORTEST = 5  # characters of a choice that are shown where there is no room for more


class CaseList(Card):
    """``moved`` with a case id ("" for none) as the row changes; ``opened`` on Enter; ``said`` for the status bar."""

    moved = pyqtSignal(str)
    opened = pyqtSignal(str)
    said = pyqtSignal(str)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._views: tuple[CaseView, ...] = BUILT_IN
        self._asked = 0
        self.wanted = ""  # the case that is shown, or being read
        head = QHBoxLayout()
        head.setSpacing(8)
        head.setContentsMargins(14, 10, 14, 6)
        head.addWidget(label("办件", "section"))
        self.search = QLineEdit()
        self.search.setPlaceholderText("编号或尾号、姓名、首字母、证件尾号、事项")
        self.search.setAccessibleName("查找办件")
        self.search.textChanged.connect(lambda _: self._delay.start())
        self.search.returnPressed.connect(lambda: self.table.setFocus())
        head.addWidget(self.search, 1)
        self.view = _combo("视图", ())
        self.view.activated.connect(self._open_view)
        head.addWidget(self.view)
        self.body.addLayout(head)
        self.body.addLayout(self._make_filters())
        self.notice = Notice()
        self.body.addWidget(self.notice)
        self.table = ActTable(("办理项", "申请人", "受理编号", "状态", "同步"), "办件列表", row_height=43)
        self.table.set_widths(0, 168, 176, 150, 96, fits=True)
        self.table.moved.connect(self.moved)
        self.table.opened.connect(self.opened)
        self.body.addWidget(self.table, 1)
        self._count = label("", "caption")
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 4, 14, 6)
        foot.addWidget(self._count)
        self.body.addLayout(foot)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(80)
        self._delay.timeout.connect(self.refresh)
        self._show_views(BUILT_IN)

    def _make_filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.setContentsMargins(14, 0, 14, 8)
        statuses = [
            ("", "全部状态"),
            *((s.value, name) for s, name in STATUS_NAMES.items()),
            ("to do", "有待办的"),
            ("unmatched", "待回填编号的"),
        ]
        domains = [
            ("", "全部领域"),
            *((d.value, name) for d, name in DOMAIN_NAMES.items() if d is not Domain.UNSORTED),
        ]
        self.status = _combo("按状态筛选", statuses)
        self.domain = _combo("按领域筛选", domains)
        self.span = _combo("按收件日期筛选", _SPANS)
        self.whose = _combo("按经办筛选", _WHOSE)
        for box in (self.status, self.domain, self.span, self.whose):
            box.activated.connect(lambda _: self.refresh())
            row.addWidget(box, 1)
        self.name = QLineEdit()
        self.name.setAccessibleName("视图的名字")
        self.name.setPlaceholderText("起个名字，按 Enter 保存")
        self.name.setMaxLength(LONGEST_NAME)
        self.name.returnPressed.connect(self._keep)
        self.name.hide()
        row.addWidget(self.name, 1)
        self.keep = KeyButton("存为视图", kind="quiet")
        self.keep.run.connect(self._ask_name)
        self.drop = KeyButton("删除视图", kind="quiet")
        self.drop.run.connect(self._drop)
        self.export = KeyButton("导出", kind="quiet")
        self.export.run.connect(self._export)
        for button in (self.keep, self.drop, self.export):
            row.addWidget(button)
        return row

    # -- narrowing -----------------------------------------------------------------------------------

    def filter(self) -> CaseFilter:
        """What the controls say now."""
        status, domain = str(self.status.currentData()), str(self.domain.currentData())
        return CaseFilter(
            text=self.search.text(),
            status=CaseStatus(status) if status in set(CaseStatus) else None,
            domain=Domain(domain) if domain else None,
            span=str(self.span.currentData()),
            whose=str(self.whose.currentData()),
            to_do=status == "to do",
            unmatched=status == "unmatched",
        )

    def show_filter(self, wanted: CaseFilter) -> None:
        """Set the controls and read anew."""
        self.search.blockSignals(True)
        self.search.setText(wanted.text)
        self.search.blockSignals(False)
        special = "unmatched" if wanted.unmatched else "to do" if wanted.to_do else ""
        status = special or (wanted.status.value if wanted.status is not None else "")
        for box, data in (
            (self.status, status),
            (self.domain, wanted.domain.value if wanted.domain is not None else ""),
            (self.span, wanted.span),
            (self.whose, wanted.whose),
        ):
            box.setCurrentIndex(max(0, box.findData(data)))
        self.refresh()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        # The whole number stands beside the list; the name of the item must be readable in it.
        self.table.setColumnHidden(NUMBER, self.width() < scaled(NARROW))

    def refresh(self) -> None:
        desk, wanted = self._desk, self.filter()
        self._asked += 1
        asked = self._asked

        def read() -> tuple[list[CaseRow], dict[str, DueRow], tuple[CaseView, ...]]:
            rows = list_cases(desk, wanted, MOST)
            return rows, due_rows(desk, [row.case_id for row in rows]), read_views(desk)

        def show(found: tuple[list[CaseRow], dict[str, DueRow], tuple[CaseView, ...]]) -> None:
            if asked == self._asked:  # an older answer says nothing of what is asked now
                self._show_rows(found[0], found[1])
                self._show_views(found[2])

        self._tasks.database(read, show, self.notice_say)

    def go_to(self, case_id: str) -> None:
        self.table.go_to(case_id)

    def notice_say(self, text: str) -> None:
        self.notice.say(text)

    def _show_rows(self, rows: list[CaseRow], due: dict[str, DueRow]) -> None:
        wanted = self.wanted if any(r.case_id == self.wanted for r in rows) else ""
        self.table.blockSignals(True)  # the case that is shown stays
        self.table.show_rows(
            [
                (
                    r.case_id,
                    (
                        Cell(r.item_name, when(r.changed_ms) + (" · 本机" if r.own else " · 其他窗口")),
                        Cell(r.applicant or "—"),
                        Cell(group_number(r.number) if r.number else r.receipt or "—"),
                        _status(r, due.get(r.case_id)),
                        Cell(SYNC[r.sync][0], tag=SYNC[r.sync][1]),
                    ),
                )
                for r in rows
            ]
        )
        self._count.setText(
            f"{len(rows)} 件" + (f"，只列最近 {MOST} 件，请缩小范围" if len(rows) == MOST else "")
        )
        self.table.blockSignals(False)
        self.moved.emit(wanted or self.table.current_key() if rows else "")

    # -- views ---------------------------------------------------------------------------------------

    def _show_views(self, views: tuple[CaseView, ...]) -> None:
        """The name of the view whose filter this is, else 自选范围."""
        wanted, self._views = self.filter(), views
        self.view.clear()
        for view in views:
            self.view.addItem(view.name, view.name)
        place = next((n for n, view in enumerate(views) if view.filter == wanted), -1)
        if place < 0:
            self.view.addItem("自选范围", "")
            place = self.view.count() - 1
        self.view.setCurrentIndex(place)
        self.drop.setVisible(place < len(views) and views[place].own)

    def _open_view(self, place: int) -> None:
        if place < len(self._views):
            self.show_filter(self._views[place].filter)

    def _ask_name(self) -> None:
        """The name is typed beside the button; leaving it empty and pressing again puts it away."""
        self.name.setVisible(not self.name.isVisible())
        for box in (self.span, self.whose):  # the row keeps its width
            box.setVisible(not self.name.isVisible())
        if self.name.isVisible():
            self.name.setFocus()

    def _keep(self) -> None:
        desk, wanted, name = self._desk, self.filter(), self.name.text()

        def kept(views: tuple[CaseView, ...]) -> None:
            self.name.clear()
            if self.name.isVisible():
                self._ask_name()
            self._show_views(views)
            self.said.emit(f"已存为视图“{name.strip()}”")

        self._tasks.database(lambda: keep_view(desk, name, wanted), kept, self.notice_say)

    def _drop(self) -> None:
        desk, name = self._desk, str(self.view.currentData())
        self._tasks.database(lambda: drop_view(desk, name), self._show_views, self.notice_say)

    def _export(self) -> None:
        desk, wanted = self._desk, self.filter()
        day = f"{dt.date.today():%Y%m%d}"
        name, _ = QFileDialog.getSaveFileName(
            self, "导出办件清单", f"办件清单-{day}.xlsx", "Excel 工作簿 (*.xlsx);;CSV (*.csv)"
        )
        if name:
            self._tasks.long(
                "导出办件清单",
                partial(export_cases, desk, wanted, Path(name)),
                lambda count: self.said.emit(f"已导出 {count} 件，姓名已脱敏；导出已留痕"),
                self.notice_say,
            )


def when(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000).strftime("%m-%d %H:%M") if ms else "—"


def _combo(name: str, choices: Iterable[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for data, text in choices:
        box.addItem(text, data)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(SHORTEST)
    return box


def _status(row: CaseRow, due: DueRow | None) -> Cell:
    """The status, and below it what its clock says; what is urgent is coloured and says so in words."""
    if due is None or not due.text:
        return Cell(STATUS_NAMES[row.status])
    return Cell(STATUS_NAMES[row.status], due.text, token=due.tone)

"""看板: what this hall's replica knows today.  What it does not know is said, not drawn."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from app.commands.board import tell_board
from app.commands.context import Desk
from app.queries.advice import Advice, advise
from app.queries.board import BoardFacts, Correction, HourCount
from app.queries.deadlines import DueRow
from app.tasks import Tasks
from models.domain.case import STATUS_NAMES
from models.domain.numbers import number_tail
from views.board.advice import AdviceBar
from views.board.windows import WindowsCard
from views.theme import dressed, set_kind
from views.widgets import ActTable, Card, Cell, KeyButton, Notice, label
from views.widgets.elided import ElidedLabel
from views.widgets.keys import bind
from views.widgets.sign import Sign

if TYPE_CHECKING:
    from views.board.chart import HourChart

EVERY_MS = 30_000
MOST_DUE = 50
_TABLE, _CHART = "看数据表", "看图"
NO_QUEUE = "未接叫号机：等候、占用率和还要开几个窗口都没有数据，不推算"
_KPIS = (
    ("queue", "叫号等候"),
    ("waiting", "等着受理或补正"),
    ("longest", "收件后最长已等"),
    ("due", "时限要紧"),
    ("received", "今日收件"),
    ("accepted", "今日受理"),
    ("sync", "待同步"),
)
_OUTCOMES = {
    "receive": "收件",
    "accept": "受理",
    "supplement": "一次性告知",
    "refuse": "不予受理",
    "decide": "办结",
    "deliver": "送达",
    "withdraw": "撤回",
}


class BoardPage(QWidget):
    """Reads the replica while it is shown, every half minute; ``case_opened`` with the id of a case, ``page_opened``
    with the name of a page: where a suggestion leads."""

    said = pyqtSignal(str)
    case_opened = pyqtSignal(str)
    page_opened = pyqtSignal(str)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._chart: HourChart | None = None
        self._facts: BoardFacts | None = None
        self._drawn: object = None
        self._online = False
        self._lease_over = ""
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 10, 16, 10)
        box.setSpacing(12)
        box.addWidget(self._make_strip())
        self.notice = Notice()
        box.addWidget(self.notice)
        row = QHBoxLayout()
        row.setSpacing(12)
        halves = (
            (3, self._make_hours(), self._make_due()),
            (2, self._make_windows(), self._make_outcomes()),
        )
        for table in (self.due, self.outcomes):  # they share what room there is
            table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        for share, upper, lower in halves:
            column = QVBoxLayout()
            column.setSpacing(12)
            column.addWidget(upper, 3)  # the chart and the windows need more than the lists below them
            column.addWidget(lower, 2)
            row.addLayout(column, share)
        box.addLayout(row, 1)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(EVERY_MS)
        bind(self, "Alt+V", "图和数据表互换", self.swap)

    def refresh(self) -> None:
        desk = self._desk
        self._tasks.database(lambda: tell_board(desk), self._show, self.notice.say)

    def facts(self) -> BoardFacts | None:
        """What is shown; None before the first reading."""
        return self._facts

    def show_online(self, online: bool) -> None:
        """Whether other windows are known up to now, or only up to the last reconciliation."""
        self._online = online
        if self._facts is not None and self.isVisible():
            self._show(self._facts)

    def show_lease_over(self, until: str) -> None:
        """Since when this window takes nothing in any more; "" while its lease runs."""
        if until and until != self._lease_over:  # once: it may be put away
            self.notice.say(
                f"{self._desk.device.window_name}的离线租约已于 {until} 到期，本窗只能查看。"
                "已受理的办件都有效。请联网续约，或者导入离线授权（Alt+I）。",
                "red",
            )
        self._lease_over = until

    def swap(self) -> None:
        """Alt+V: the chart or its table, both with the same numbers."""
        self._stack.setCurrentIndex(1 - self._stack.currentIndex())
        self._swap.set_text(_CHART if self._stack.currentIndex() else _TABLE)
        current = self._stack.currentWidget()
        if current is not None:
            current.setFocus()

    def _take(self, advice: Advice) -> None:
        if advice.case_id:
            self.case_opened.emit(advice.case_id)
        else:
            self.page_opened.emit(advice.place)

    def panes(self) -> list[QWidget]:
        return [self._stack, self.due, self.advice, self.windows, self.outcomes]

    def _tick(self) -> None:
        if self.isVisible():
            self.refresh()

    def _make_strip(self) -> Card:
        card = Card()
        row = QHBoxLayout()
        row.setContentsMargins(14, 0, 0, 0)
        row.setSpacing(12)
        self._kpi: dict[str, tuple[QLabel, ElidedLabel]] = {}
        self._signs: dict[str, Sign] = {}
        for at, (key, title) in enumerate(_KPIS):
            if at:
                rule = QFrame()
                rule.setObjectName("sep")
                row.addWidget(rule)
            column = QVBoxLayout()
            column.setContentsMargins(0, 6, 0, 6)
            column.setSpacing(0)
            value, note = label("—", "kpi"), ElidedLabel("", "caption")
            column.addWidget(label(title, "secondary"))
            line = QHBoxLayout()
            line.setSpacing(6)
            self._signs[key] = Sign(20)  # a state is never told by its colour alone
            self._signs[key].hide()
            line.addWidget(self._signs[key])
            line.addWidget(value)
            line.addStretch()
            column.addLayout(line)
            column.addWidget(note)
            self._kpi[key] = (value, note)
            row.addLayout(column, 1)
        card.body.addLayout(row)
        return card

    def _make_hours(self) -> Card:
        card = Card()
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 14, 8)
        head.addWidget(label("每小时收件和受理（件）", "section"))
        self._told = ElidedLabel("", "caption")
        head.addWidget(self._told, 1)
        self._swap = KeyButton(_TABLE, kind="quiet", shows="Alt+V")
        self._swap.run.connect(self.swap)
        head.addWidget(self._swap)
        card.body.addLayout(head)
        self._stack = QStackedWidget()
        self._place = QFrame()
        QVBoxLayout(self._place).setContentsMargins(8, 0, 8, 8)
        self._stack.addWidget(self._place)
        self.table = ActTable(("时段", "收件", "受理", "说明"), "每小时收件和受理，数据表")
        self.table.set_widths(120, 90, 90, 0)
        self._stack.addWidget(self.table)
        card.body.addWidget(self._stack, 1)
        legend = QHBoxLayout()
        legend.setContentsMargins(14, 2, 14, 6)
        legend.setSpacing(6)
        for token, words in (("chart3", "左：收件"), ("chart5", "右：受理")):
            swatch = QLabel()
            swatch.setProperty("swatch", token)
            swatch.setAccessibleName(f"图例，{words}")
            legend.addWidget(swatch)
            legend.addWidget(label(words, "caption"))
            legend.addSpacing(10)
        legend.addWidget(ElidedLabel("斜线：这一小时还没过完，不作比较", "caption"), 1)
        card.body.addLayout(legend)
        return card

    def _make_due(self) -> Card:
        card = _titled("时限要紧的办件")
        self.due = ActTable(("办理项", "编号", "状态", "时限"), "时限要紧的办件，Enter 打开")
        self.due.set_widths(0, 130, 90, 200, fits=True)
        self.due.opened.connect(self.case_opened)
        card.body.addWidget(self.due, 1)
        self._none = label("没有今明两天到期或者已经超期的办件。", "caption")
        self._none.setContentsMargins(14, 4, 14, 10)
        card.body.addWidget(self._none, 1, Qt.AlignmentFlag.AlignTop)
        self.advice = AdviceBar()
        self.advice.taken.connect(self._take)
        self.advice.said.connect(self.said)
        card.body.addWidget(self.advice)
        return card

    def _make_outcomes(self) -> Card:
        card = _titled("今日各类文书")
        self.outcomes = ActTable(("文书", "件数"), "今日各类文书的件数", row_height=28)
        self.outcomes.set_widths(0, 100)
        card.body.addWidget(self.outcomes, 1)
        note = ElidedLabel(f"{NO_QUEUE}。", "caption")
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 4, 14, 8)
        foot.addWidget(note)
        card.body.addLayout(foot)
        return card

    def _make_windows(self) -> Card:
        self.hall = WindowsCard()
        self.windows = self.hall.table
        return self.hall

    def _show(self, facts: BoardFacts) -> None:
        self._facts = facts
        late = _clock(facts.synced_ms) if facts.synced_ms else ""
        until = "" if self._online else f"其他窗口截至 {late}" if late else "其他窗口没有数据"
        out = f"未计 {'、'.join(facts.excluded)}（已撤销）" if facts.excluded else ""
        fixed = f"更正 {len(facts.corrected)} 处" if facts.corrected else ""
        whose = " · ".join(filter(None, (until or ("" if out else "全部窗口"), out, fixed)))
        late_ones = sum(one.tone == "red" for one in facts.due)
        clash = f"要您处理 {facts.attention} 件 · " if facts.attention else ""
        waiting, longest = facts.waiting, facts.waiting.longest_days
        for key, value, note, tone in (
            ("queue", "—", "未接叫号", ""),
            (
                "waiting",
                f"{waiting.received + waiting.supplement} 件",
                f"待受理 {waiting.received} · 待补正 {waiting.supplement}",
                "",
            ),
            ("longest", "—" if longest is None else f"{longest} 天", "按自然日，自收件日", ""),
            (
                "due",
                f"{len(facts.due)} 件",
                f"今天到期或超期 {late_ones} 件",
                "red" if late_ones else "amber" if facts.due else "",
            ),
            ("received", f"{facts.received} 件", whose, ""),
            ("accepted", f"{facts.accepted} 件", whose, ""),
            (
                "sync",
                f"{facts.waiting_to_sync} 件",
                f"{clash}草稿 {facts.drafts} 件",
                "",
            ),
        ):
            self._kpi[key][0].setText(value)
            set_kind(self._kpi[key][0], "tone", tone)
            self._signs[key].show_sign("warn" if tone else "", tone)
            self._signs[key].setVisible(bool(tone))
            self._kpi[key][1].setText(note)
        set_kind(self._kpi["sync"][1], "role", "redcaption" if facts.attention else "caption")
        hour = dt.datetime.fromtimestamp(facts.now_ms / 1000).hour
        text = _sentence(facts)
        self._told.setText("　".join(filter(None, (text, until, out, fixed))))
        changed = {one.hour: one for one in facts.corrected}
        self.table.show_rows([(str(h.hour), _hour_cells(h, hour, changed.get(h.hour))) for h in facts.hours])
        self.hall.show_windows(facts.windows, online=self._online, now_ms=facts.now_ms)
        self.advice.show_advice(advise(facts))
        self.due.show_rows([(one.case_id, _due_cells(one)) for one in facts.due[:MOST_DUE]])
        self.due.setVisible(bool(facts.due))
        self._none.setVisible(not facts.due)
        self.outcomes.show_rows(
            [(kind, (Cell(_OUTCOMES[kind]), Cell(f"{count} 件"))) for kind, count in facts.outcomes]
        )
        for table in (self.due, self.windows, self.outcomes):
            table.setMinimumHeight(table.height_for(2))
        if self.isVisible():
            self._draw(facts, text)

    def _draw(self, facts: BoardFacts, text: str) -> None:
        if self._chart is None:
            made: HourChart = import_module("views.board.chart").HourChart()
            self._chart = made
            layout = self._place.layout()
            assert layout is not None
            layout.addWidget(made)
            self._place.setFocusProxy(made)
        hours = (facts.hours, tuple(one.hour for one in facts.corrected))
        if self._drawn != (hours, dressed()):  # drawn anew it would be painted several times
            self._drawn = (hours, dressed())
            self._chart.show_hours(*hours)
        self._chart.setAccessibleName("每小时收件和受理，柱状图")
        fixed = "、".join(f"{one.hour} 时" for one in facts.corrected)
        more = f"。{fixed}的数补传后更正过" if fixed else ""
        self._chart.setAccessibleDescription(f"{text}{more}。按 Alt+V 看数据表")


def _hour_cells(hour: HourCount, now: int, was: Correction | None) -> tuple[Cell, ...]:
    if hour.hour > now:
        return (Cell(f"{hour.hour}:00"), Cell("—"), Cell("—"), Cell("还没到"))
    told = Cell("还没过完" if hour.running else "")
    if was is not None:
        before = f"! 更正，原收 {was.received} 受 {was.accepted}"
        told = Cell(before, tag="amber", sub=f"{_clock(was.at_ms)} 补传后更正")
    return (Cell(f"{hour.hour}:00"), Cell(str(hour.received)), Cell(str(hour.accepted)), told)


def _titled(title: str) -> Card:
    card = Card()
    head = label(title, "section")
    head.setContentsMargins(14, 8, 14, 8)
    card.body.addWidget(head)
    return card


def _due_cells(one: DueRow) -> tuple[Cell, ...]:
    mark = number_tail(one.number) if one.number else one.receipt or "未编号"
    sign = "! " if one.tone else ""
    return (
        Cell(one.item_name),
        Cell(mark),
        Cell(STATUS_NAMES[one.status]),
        Cell(sign + one.text, tag=one.tone or "neutral"),
    )


def _sentence(facts: BoardFacts) -> str:
    """One sentence for whoever does not see the chart."""
    busiest = max(facts.hours, key=lambda h: h.accepted, default=None)
    if busiest is None or busiest.accepted == 0:
        return f"今天收件 {facts.received} 件，还没有受理"
    return f"今天收件 {facts.received} 件，受理 {facts.accepted} 件，{busiest.hour} 时最多，{busiest.accepted} 件"


def _clock(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000).strftime("%H:%M")

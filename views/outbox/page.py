"""同步: connection, what waits and why, disagreements three-way, the number pool."""

from __future__ import annotations

import datetime as dt

import msgspec
from PyQt6.QtCore import QElapsedTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.commands.context import Changes, Desk
from app.commands.resolve import resolve
from app.queries.files import FileRow, read_unsent
from app.queries.outbox import (
    ConflictRow,
    MergedRow,
    OutboxRow,
    PoolFacts,
    last_sync_ms,
    lease_ms,
    read_conflicts,
    read_merged,
    read_outbox,
    read_pool,
)
from app.tasks import Tasks
from models.domain.numbers import number_tail
from views.outbox.conflicts import ConflictCard
from views.widgets import ActTable, Card, Cell, KeyButton, Notice, label
from views.widgets.keys import bind

_STATES = {
    "pending": ("等联网", "neutral"),
    "held": ("中心暂存", "amber"),
    "conflict": ("冲突", "red"),
    "rejected": ("中心退回", "red"),
    "quarantined": ("待核查", "red"),
}


class OutboxFacts(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[OutboxRow]
    conflicts: list[ConflictRow]
    merged: list[MergedRow]
    pool: PoolFacts
    synced_ms: int
    lease_ms: int
    files: list[FileRow]


def read_facts(desk: Desk) -> OutboxFacts:
    return OutboxFacts(
        rows=read_outbox(desk),
        conflicts=read_conflicts(desk),
        merged=read_merged(desk),
        pool=read_pool(desk),
        synced_ms=last_sync_ms(desk),
        lease_ms=lease_ms(desk),
        files=read_unsent(desk),
    )


class OutboxPage(QWidget):
    sync_requested = pyqtSignal()
    export_requested = pyqtSignal()
    import_requested = pyqtSignal()
    changed = pyqtSignal(object)
    case_requested = pyqtSignal(str)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(12)
        box.addWidget(self._make_strip())
        middle = QHBoxLayout()
        middle.setSpacing(12)
        self._outbox = self._make_outbox()
        middle.addWidget(self._outbox, 1)
        self._disputed = ConflictCard()
        self.clashes = self._disputed.table
        self._disputed.chosen.connect(self._settle)
        self._disputed.said.connect(self.notice.say)
        self._disputed.case_requested.connect(self.case_requested)
        middle.addWidget(self._disputed, 1)
        box.addLayout(middle, 1)
        feet = QHBoxLayout()
        feet.setSpacing(12)
        feet.addWidget(self._make_pool(), 1)
        self._stick = self._make_stick()
        feet.addWidget(self._stick, 1)
        box.addLayout(feet)
        bind(self, "F8", "下一处不一致或要处理的", self.next_problem)
        bind(self, "Shift+F8", "上一处不一致或要处理的", lambda: self.next_problem(-1))

    def refresh(self) -> None:
        desk = self._desk
        self._tasks.database(lambda: read_facts(desk), self._show, self.notice.say)

    def show_connection(self, word: str, since: str) -> None:
        self._kpi["connection"][0].setText(word)
        self._kpi["connection"][1].setText(since)

    def show_lease(self, left: str, until: str) -> None:
        self._kpi["lease"][0].setText(left)
        self._kpi["lease"][1].setText(until)

    def show_file_progress(self, done: int, total: int) -> None:
        """As :meth:`show_progress`, in KB of the files under way."""
        self.show_progress(done // 1024, total // 1024, "附件 {done} KB，共 {total} KB")

    def show_progress(self, done: int, total: int, words: str = "第 {next} 步，共 {total} 步") -> None:
        """How far a round has come, with the time the rest takes at the pace so far."""
        busy = total > 0 and done < total
        if not busy or not self._since.isValid() or done == 0:
            self._since.start()
            self._done_before = done
        moved, spent = done - self._done_before, self._since.elapsed()
        left = f"，约 {max(1, spent * (total - done) // moved // 1000)} 秒" if busy and moved > 0 else ""
        self._bar.setVisible(busy)
        self._bar.setMaximum(max(total, 1))
        self._bar.setValue(done)
        self._pace.setVisible(busy)
        told = words.format(done=done, next=done + 1, total=total)
        self._pace.setText(f"正在传{told}{left}" if busy else "")

    def _show(self, facts: OutboxFacts) -> None:
        waiting = [r for r in facts.rows if r.state in ("pending", "held")]
        attention = [r for r in facts.rows if r.state not in ("pending", "held")]
        self._kpi["waiting"][0].setText(f"{len(waiting)} 件")
        scans = f"，含附件 {len(facts.files)} 份" if facts.files else "，关机不丢"
        size = sum(r.size for r in waiting) + sum(f.size - f.sent for f in facts.files)
        self._kpi["waiting"][1].setText(f"{size / 1024:.1f} KB，已加密{scans}")
        self._kpi["attention"][0].setText(f"{len(attention)} 件")
        self._kpi["attention"][1].setText(f"不一致 {len(facts.conflicts)} 处")
        self._kpi["numbers"][0].setText(f"剩 {facts.pool.left}")
        self._kpi["numbers"][1].setText(f"号段共 {facts.pool.granted}，今日用 {facts.pool.used_today}")
        at = (
            dt.datetime.fromtimestamp(facts.synced_ms / 1000).strftime("%m-%d %H:%M")
            if facts.synced_ms
            else "—"
        )
        self._kpi["replica"][0].setText(at)
        self._kpi["replica"][1].setText("上次与中心对齐")
        self._pool.setMaximum(max(facts.pool.granted, 1))
        self._pool.setValue(facts.pool.granted - facts.pool.left)
        self.table.show_rows(
            [
                (
                    r.case_id,
                    (
                        Cell(r.item_name or "—", number_tail(r.number) if r.number else r.applicant),
                        Cell(r.reason),
                        Cell(f"{r.size / 1024:.1f} KB"),
                        Cell(_STATES[r.state][0], tag=_STATES[r.state][1]),
                    ),
                )
                for r in facts.rows
            ]
            + [(f.case_id, _file_cells(f)) for f in facts.files]
        )
        self._empty.setVisible(not facts.rows and not facts.files)
        self._disputed.show_rows(facts.conflicts, facts.merged)

    def _make_strip(self) -> Card:
        card = Card()
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 16, 8)
        self._kpi: dict[str, tuple[QLabel, QLabel]] = {}
        for key, name in (
            ("connection", "连接"),
            ("waiting", "待同步"),
            ("attention", "要您处理"),
            ("numbers", "受理编号池"),
            ("lease", "离线租约"),
            ("replica", "本机副本"),
        ):
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(label(name, "caption"))
            value, note = label("—", "title"), label("", "caption")
            column.addWidget(value)
            column.addWidget(note)
            self._kpi[key] = (value, note)
            row.addLayout(column, 1)
        card.body.addLayout(row)
        return card

    def _make_outbox(self) -> Card:
        card = Card()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.setContentsMargins(14, 8, 14, 8)
        head.addWidget(label("待同步", "section"))
        head.addWidget(label("要您处理的在前，其余按序传", "caption"))
        head.addStretch()
        retry = KeyButton("立即同步", shows="F5")  # the key itself is the shell's
        retry.run.connect(self.sync_requested)
        head.addWidget(retry)
        card.body.addLayout(head)
        self.notice = Notice()
        card.body.addWidget(self.notice)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.hide()
        card.body.addWidget(self._bar)
        self._pace = label("", "caption")
        self._pace.setContentsMargins(14, 2, 14, 2)
        self._pace.hide()
        self._since = QElapsedTimer()
        self._done_before = 0
        card.body.addWidget(self._pace)
        self.table = ActTable(("办件", "现在怎样，为什么", "大小", "状态"), "待同步", row_height=50)
        self.table.set_widths(160, 0, 76, 90)
        self.table.opened.connect(self.case_requested)
        card.body.addWidget(self.table, 1)
        self._empty = label("没有待同步的办件，都已传到中心。", "secondary")
        self._empty.setContentsMargins(14, 0, 14, 10)
        card.body.addWidget(self._empty)
        return card

    def _make_pool(self) -> Card:
        card = Card()
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 16, 10)
        row.setSpacing(10)
        row.addWidget(label("受理编号池", "section"))
        self._pool = QProgressBar()
        self._pool.setTextVisible(False)
        row.addWidget(self._pool, 1)
        card.body.addLayout(row)
        hint = label("编号由本窗独占，断网多久都不会撞号；用过一半，联网或摆渡时补段", "caption", wrap=True)
        hint.setContentsMargins(16, 0, 16, 10)
        card.body.addWidget(hint)
        return card

    def _make_stick(self) -> Card:
        card = Card()
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 16, 10)
        row.setSpacing(10)
        row.addWidget(label("摆渡包", "section"))
        row.addStretch()
        out = KeyButton("导出", "Alt+O")
        out.run.connect(self.export_requested)
        back = KeyButton("导入", "Alt+I")
        back.run.connect(self.import_requested)
        row.addWidget(out)
        row.addWidget(back)
        card.body.addLayout(row)
        hint = label("长时间断网时用优盘对账：加密、签名、30 天有效；重复导入不会出错", "caption", wrap=True)
        hint.setContentsMargins(16, 0, 16, 10)
        card.body.addWidget(hint)
        return card

    def _settle(self, conflict_id: str, value: str) -> None:
        desk = self._desk

        def done(changes: Changes) -> None:
            self.notice.say("已选定，没选的值留在办件历史里。联网后告诉中心。", "green")
            self.changed.emit(changes)
            self.refresh()

        self._tasks.database(lambda: resolve(desk, conflict_id, value), done, self.notice.say)

    def panes(self) -> list[QWidget]:
        """In the order of F6."""
        return [self._disputed, self._outbox, self._stick]

    def next_problem(self, step: int = 1) -> None:
        """F8: the next disagreement, or the next case that wants a person."""
        table = self.clashes if self.clashes.rows.rowCount() else self.table
        count = table.rows.rowCount()
        if count:
            table.selectRow((table.currentIndex().row() + step) % count if table.hasFocus() else 0)
            table.setFocus()


def _file_cells(row: FileRow) -> tuple[Cell, ...]:
    part = f"已传 {100 * row.sent // row.size}%" if row.sent else "附件"
    tag = ("要处理", "red") if row.place == "stuck" else ("等联网", "neutral")
    return (
        Cell(row.title, part),
        Cell(row.words),
        Cell(f"{row.size / 1024:.1f} KB"),
        Cell(tag[0], tag=tag[1]),
    )

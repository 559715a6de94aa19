"""同步: connection, what waits and why, disagreements three-way, the number pool."""

from __future__ import annotations

import datetime as dt

import msgspec
from PyQt6.QtCore import QElapsedTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.commands.context import Changes, Desk
from app.commands.resolve import resolve
from app.commands.reveal import note_reveal
from app.queries.files import FileRow, read_unsent
from app.queries.outbox import (
    SLOW_LINE,
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
    seconds_to_send,
)
from app.tasks import Tasks
from models.domain.numbers import number_tail
from sync.plan import LEASE_DAYS
from views.outbox.conflicts import ConflictCard
from views.outbox.feet import PoolCard, SealedCard, StickCard
from views.outbox.strip import KpiStrip
from views.status import numbers_tone
from views.unlock.facts import Revoked, ago_words, size_words, span_words
from views.widgets import ActTable, Card, Cell, KeyButton, Notice, label
from views.widgets.elided import ElidedLabel
from views.widgets.keys import bind

DAY_MS = 86_400_000
PAUSED = "补传已暂停。传过的都在中心，没有传的都加密存在本机；按“接着补传”或者 F5，从断点接着传，不重传。"
SOON_MS = 2 * DAY_MS  # a lease is spoken of from here on (ui.md §8)
# Picture, colour, and what Enter does, by the state of a line.
_STATES = {
    "pending": ("clock", "", "", ""),
    "held": ("clock", "", "", ""),
    "conflict": ("fork", "red", "比对", "primary"),
    "rejected": ("warn", "red", "去处理", "plain"),
    "quarantined": ("warn", "red", "查看", "plain"),
}


class OutboxFacts(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[OutboxRow]
    conflicts: list[ConflictRow]
    merged: list[MergedRow]
    pool: PoolFacts
    synced_ms: int
    lease_ms: int
    files: list[FileRow]

    @property
    def waiting(self) -> list[OutboxRow]:
        """What goes to the centre, or is decided there, by itself."""
        return [row for row in self.rows if row.state in ("pending", "held")]

    @property
    def attention(self) -> list[OutboxRow]:
        """What wants a person."""
        return [row for row in self.rows if row.state not in ("pending", "held")]

    @property
    def size(self) -> int:
        """Bytes still to be sent, attachments too."""
        return sum(row.size for row in self.waiting) + sum(f.size - f.sent for f in self.files)


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
    held = pyqtSignal(bool)  # 暂停补传 and 接着补传
    paced = pyqtSignal(str)  # how far a round has come, in few words; "" when it is over
    export_requested = pyqtSignal()
    import_requested = pyqtSignal()
    changed = pyqtSignal(object)
    case_requested = pyqtSignal(str)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._wanted = ""  # a case to go to when it is read
        self._settling = False
        self._desk, self._tasks = desk, tasks
        self._revoked = self._over = False
        self._online = False
        self.paused = False  # by the clerk; asked from the worker too
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(12)
        self.strip = KpiStrip()
        box.addWidget(self.strip)
        self.sealed = SealedCard()
        self.sealed.hide()
        box.addWidget(self.sealed)
        self._middle = QWidget()
        middle = QHBoxLayout(self._middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(12)
        self._outbox = self._make_outbox()
        middle.addWidget(self._outbox, 42)
        self._disputed = ConflictCard()
        self.clashes = self._disputed.table
        self._disputed.settled.connect(self._settle)
        self._disputed.revealed.connect(self._revealed)
        self._disputed.left.connect(self.table.setFocus)
        self._disputed.said.connect(self.notice.say)
        self._disputed.case_requested.connect(self.case_requested)
        middle.addWidget(self._disputed, 58)
        box.addWidget(self._middle, 1)
        self._rest = QWidget()  # takes the room when there is nothing to show
        self._rest.hide()
        box.addWidget(self._rest, 1)
        feet = QHBoxLayout()
        feet.setSpacing(12)
        self.pool = PoolCard()
        feet.addWidget(self.pool, 42)
        self._stick = StickCard()
        self._stick.export_requested.connect(self.export_requested)
        self._stick.import_requested.connect(self.import_requested)
        feet.addWidget(self._stick, 58)
        box.addLayout(feet)
        bind(self, "F8", "下一处不一致或要处理的", self.next_problem)
        bind(self, "Shift+F8", "上一处不一致或要处理的", lambda: self.next_problem(-1))

    def refresh(self) -> None:
        desk = self._desk
        self._tasks.database(lambda: read_facts(desk), self._show, self.notice.say)

    def show_revoked(self, out: Revoked) -> None:
        """The centre takes nothing from this desk: no content, only what has happened and the sealed package."""
        self._revoked = bool(out.at_ms)
        for widget in (self.strip, self._middle, self.pool):
            widget.setVisible(not out.at_ms)
        for widget in (self.sealed, self._rest):
            widget.setVisible(bool(out.at_ms))
        self.sealed.show_revoked(out)

    def show_connection(self, word: str, since: str, kind: str) -> None:
        self._online = kind == "green"
        self.strip.tell("connection", word, since, kind)

    def show_lease(self, left_ms: int, until: str) -> None:
        left = span_words(left_ms) if left_ms > 0 else "已到期"
        note = f"至 {until}，联网自动续" if left_ms > 0 else f"{until} 到期"
        self.strip.tell("lease", left, note, "" if left_ms > SOON_MS else "amber" if left_ms > 0 else "red")
        if left_ms <= 0 and not self._over:  # once: the clerk may put it away
            self.notice.say(
                f"离线租约到期（{until}）。已受理的办件都有效。请联网续约，或请班长导入离线授权（Alt+I）。",
                "red",
            )
        self._over = left_ms <= 0
        self.pool.show_lease(
            left_ms, LEASE_DAYS * DAY_MS, f"剩 {left}" if left_ms > 0 else "已到期，只能查看"
        )

    def resume(self) -> None:
        """The clerk asks for a round (F5): whatever was paused goes on from where it stopped."""
        if self.paused:
            self._turn_hold()

    def _turn_hold(self) -> None:
        self.paused = not self.paused
        self.hold.set_text("接着补传" if self.paused else "暂停补传")
        self._pace.setVisible(self.paused)
        self._pace.setText(PAUSED if self.paused else "")
        self._bar.hide()
        self.paced.emit("")
        self.held.emit(self.paused)

    def show_file_progress(self, done: int, total: int) -> None:
        """As :meth:`show_progress`, in KB of the files under way."""
        self.show_progress(done // 1024, total // 1024, "附件 {done} KB，共 {total} KB")

    def show_progress(self, done: int, total: int, words: str = "第 {next} 步，共 {total} 步") -> None:
        """How far a round has come, with the time the rest takes at the pace so far."""
        if self.paused:
            return
        busy = total > 0 and done < total
        if not busy or not self._since.isValid() or done == 0:
            self._since.start()
            self._done_before = done
        moved, spent = done - self._done_before, self._since.elapsed()
        rest = spent * (total - done) // moved if busy and moved > 0 else 0
        left = f"约 {max(1, rest // 1000)} 秒" if rest < 60_000 else f"约 {span_words(rest)}"
        self._bar.setVisible(busy)
        self._bar.setMaximum(max(total, 1))
        self._bar.setValue(done)
        self._pace.setVisible(busy)
        told = words.format(done=done, next=done + 1, total=total)
        self._pace.setText(f"正在传{told}" + (f"，{left}" if rest else "") if busy else "")
        share = f"{100 * done // max(total, 1)}%" if "KB" in words else f"{done}/{total}"
        self.paced.emit(share + (f" · {left}" if rest else "") if busy else "")

    def _show(self, facts: OutboxFacts) -> None:
        waiting, attention, size = facts.waiting, facts.attention, facts.size
        told = f"已加密存本机{f'，含附件 {len(facts.files)} 份' if facts.files else '，关机不丢'}"
        if not self._online and size:
            told = f"联网后约 {after_words(size)}传完（按 {SLOW_LINE // 1024} KB/秒算）"
        self.strip.tell("waiting", f"{len(waiting)} 件", told, aside=size_words(size))
        self.strip.tell(
            "attention", f"{len(attention)} 件", _wants(facts.rows) or "没有", "red" if attention else ""
        )
        pool = facts.pool
        few = numbers_tone(pool.left)
        self.strip.tell(
            "numbers", f"剩 {pool.left}", f"今日用 {pool.used_today} 个", few, aside=f"/ {pool.granted}"
        )
        self.strip.tell("replica", *_replica(facts.synced_ms, self._desk.clock.now().wall_ms))
        self.pool.show_pool(pool)
        self._stick.show_waiting(len(waiting), size, sealed=self._revoked)
        self.sealed.show_waiting(len(waiting))
        self._title.setText(f"待同步（{len(facts.rows)}）" if facts.rows else "待同步")
        self.table.show_rows(
            [(r.case_id, _case_cells(r)) for r in facts.rows]
            + [(f.case_id, _file_cells(f)) for f in facts.files]
        )
        self._empty.setVisible(not facts.rows and not facts.files)
        self._disputed.show_rows(facts.conflicts, facts.merged)
        if self._wanted:
            self._go_to_wanted()

    def _make_outbox(self) -> Card:
        card = Card()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.setContentsMargins(14, 8, 14, 8)
        self._title = label("待同步", "section")
        head.addWidget(self._title)
        head.addWidget(ElidedLabel("要您处理的在前，其余按序传", "caption"), 1)
        retry = KeyButton("立即同步", shows="F5")  # the key itself is the shell's
        retry.run.connect(self.sync_requested)
        self.hold = KeyButton("暂停补传")
        self.hold.run.connect(self._turn_hold)
        head.addWidget(self.hold)
        head.addWidget(retry)
        card.body.addLayout(head)
        self.notice = Notice()
        card.body.addWidget(self.notice)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.hide()
        card.body.addWidget(self._bar)
        self._pace = label("", "caption", wrap=True)
        self._pace.setContentsMargins(14, 2, 14, 2)
        self._pace.hide()
        self._since = QElapsedTimer()
        self._done_before = 0
        card.body.addWidget(self._pace)
        self.table = ActTable(("办件", "现在怎样，为什么", "大小", "做什么"), "待同步", row_height=50)
        self.table.set_widths(146, 0, 64, 70)
        self.table.opened.connect(self._open)
        card.body.addWidget(self.table, 1)
        self._empty = label("没有待同步的办件，都已传到中心。", "secondary")
        self._empty.setContentsMargins(14, 0, 14, 10)
        card.body.addWidget(self._empty)
        return card

    def show_case(self, case_id: str) -> None:
        """Go to what is to be settled of a case, as soon as it is read."""
        self._wanted = case_id
        self.refresh()

    def _go_to_wanted(self) -> None:
        wanted, self._wanted = self._wanted, ""
        if wanted in self._disputed.cases():
            self._disputed.go_to_case(wanted)
        elif wanted:
            self.table.go_to(wanted)
            self.table.setFocus()

    def _open(self, key: str) -> None:
        """Enter on a line: what is disputed is compared here, anything else is the case's own page."""
        if key in self._disputed.cases():
            self._disputed.go_to_case(key)
        else:
            self.case_requested.emit(key)

    def _settle(self, pairs: list[tuple[str, str]]) -> None:
        if self._settling:
            return  # a double Enter is one act
        self._settling, desk = True, self._desk

        def act() -> list[Changes]:
            return [resolve(desk, conflict_id, value) for conflict_id, value in pairs]

        def done(made: list[Changes]) -> None:
            self._settling = False
            self.notice.say("已定好，没选的值留在办件历史里。联网后告诉中心。", "green")
            for changes in made:
                self.changed.emit(changes)
            self.refresh()

        def failed(text: str) -> None:
            self._settling = False
            self.notice.say(text)
            self.refresh()  # what was settled before it stands

        self._tasks.database(act, done, failed)

    def _revealed(self, case_id: str, path: str) -> None:
        desk = self._desk
        self._tasks.database(lambda: note_reveal(desk, case_id, path), lambda _: None, self.notice.say)

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


def _case_cells(row: OutboxRow) -> tuple[Cell, ...]:
    icon, token, act, weight = _STATES[row.state]
    return (
        Cell(row.item_name or "—", number_tail(row.number) if row.number else row.applicant),
        Cell(row.reason, icon=icon, token=token, wrap=True),
        Cell(size_words(row.size), token="text2"),
        Cell(act, act=weight),
    )


def _wants(rows: list[OutboxRow]) -> str:
    """What wants a person, by kind."""
    kinds = (("conflict", "冲突"), ("rejected", "退回"), ("quarantined", "待核查"))
    counts = [(name, sum(r.state == state for r in rows)) for state, name in kinds]
    return " · ".join(f"{name} {count}" for name, count in counts if count)


def after_words(size: int) -> str:
    """How long so many bytes take on a slow line: 8 秒, 3 分."""
    seconds = seconds_to_send(size)
    return f"{seconds} 秒" if seconds < 60 else span_words(seconds * 1000)


def _replica(synced_ms: int, now_ms: int) -> tuple[str, str]:
    """When the replica was last level with the centre, and how long ago that is."""
    if not synced_ms:
        return "—", "还没有与中心对齐过"
    at, now = (dt.datetime.fromtimestamp(ms / 1000) for ms in (synced_ms, now_ms))
    shown = f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"
    return shown, f"{ago_words(now_ms - synced_ms)}与中心对齐"


def _file_cells(row: FileRow) -> tuple[Cell, ...]:
    part = f"已传 {100 * row.sent // row.size}%" if row.sent else "附件"
    stuck = row.place == "stuck"
    return (
        Cell(row.title, part),
        Cell(row.words, icon="warn" if stuck else "doc", token="red" if stuck else "", wrap=True),
        Cell(size_words(row.size), token="text2"),
        Cell("查看" if stuck else "", act="plain" if stuck else ""),
    )

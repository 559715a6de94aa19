"""比对: each disagreement as three values with who and when, a fourth typed by hand, and what the
centre merged by itself."""

from __future__ import annotations

import datetime as dt
import difflib

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from app.queries.outbox import ConflictRow, MergedRow
from models.domain.case import STATUS_NAMES, CaseStatus
from models.domain.numbers import number_tail
from models.domain.ops import OP_NAMES
from views.widgets import ActTable, Card, Cell, Field, KeyButton, Rule, label
from views.widgets.keys import bind
from views.widgets.names import field_name

HINT = "选一行，按 1 用基准、2 用这边、3 用中心、4 手填；整件没有生效的，按 1 2 3 中任一键确认以中心为准"


class ConflictCard(Card):
    """``chosen`` with (conflict id, value); ``said`` when a key means nothing on that row."""

    chosen = pyqtSignal(str, str)
    said = pyqtSignal(str)
    case_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, ConflictRow] = {}
        self._writing = ""
        head = QHBoxLayout()
        head.setSpacing(8)
        head.setContentsMargins(14, 8, 14, 8)
        self._title = label("比对", "section")
        head.addWidget(self._title)
        head.addWidget(label("两个值都留着；没选的进办件历史", "caption"))
        head.addStretch()
        self.body.addLayout(head)
        self.table = ActTable(
            ("字段", "1 基准", "2 这边", "3 中心"),
            "不一致的地方",
            keys="1234",
            does="基准 这边 中心 手填",
            row_height=50,
        )
        self.table.set_widths(120, 0, 0, 0)
        self.table.keyed.connect(self._choose)
        self.body.addWidget(self.table, 2)
        self._agreed = label("没有不一致的地方。", "secondary")
        self._agreed.setContentsMargins(14, 4, 14, 10)
        self.body.addWidget(self._agreed)
        self.body.addWidget(self._make_writer())
        self.body.addWidget(Rule())
        hint = label(HINT, "caption", wrap=True)
        hint.setContentsMargins(14, 6, 14, 8)
        self.body.addWidget(hint)
        self._merged_head = label("", "strong")
        self._merged_head.setContentsMargins(14, 4, 14, 4)
        self.body.addWidget(self._merged_head)
        self.merged = ActTable(("办件", "自动合并的内容"), "自动合并的办件", row_height=43)
        self.merged.set_widths(190, 0)
        self.merged.opened.connect(lambda key: self.case_requested.emit(key.partition(":")[0]))
        self.body.addWidget(self.merged, 1)

    def show_rows(self, conflicts: list[ConflictRow], merged: list[MergedRow]) -> None:
        self._rows = {row.conflict.conflict_id: row for row in conflicts}
        self._title.setText(f"比对，还有 {len(conflicts)} 处没定" if conflicts else "比对")
        self.table.show_rows([(key, _conflict_cells(row)) for key, row in self._rows.items()])
        self.table.setVisible(bool(conflicts))
        self._agreed.setVisible(not conflicts)
        self._merged_head.setText(f"自动合并 {len(merged)} 处，不用您定" if merged else "")
        self._merged_head.setVisible(bool(merged))
        self.merged.setVisible(bool(merged))
        self.merged.show_rows([(f"{row.case_id}:{at}", _merged_cells(row)) for at, row in enumerate(merged)])
        if self._writing not in self._rows:
            self._leave()

    def _make_writer(self) -> QFrame:
        self._writer = QFrame()
        self._writer.setObjectName("inset")
        box = QVBoxLayout(self._writer)
        box.setContentsMargins(14, 8, 14, 8)
        self.own = Field("手填", hint="Enter 定下　Esc 不填了")
        box.addWidget(self.own)
        row = QHBoxLayout()
        row.addStretch()
        drop = KeyButton("不填了")
        drop.run.connect(self._back)
        take = KeyButton("用手填的值", kind="primary")
        take.run.connect(self._take)
        row.addWidget(drop)
        row.addWidget(take)
        box.addLayout(row)
        inner = Qt.ShortcutContext.WidgetWithChildrenShortcut
        assert isinstance(self.own.editor, QLineEdit)
        self.own.editor.returnPressed.connect(self._take)
        bind(self._writer, "Esc", "不填了", self._back, context=inner)
        self._writer.hide()
        return self._writer

    def _choose(self, conflict_id: str, key: str) -> None:
        row = self._rows.get(conflict_id)
        if row is None:
            return
        clash = row.conflict
        if not clash.path:
            if key == "4":
                self.said.emit("这一件整件没有生效，没有可以手填的字段。两边都留着。请按 3 确认以中心为准。")
            else:
                self.chosen.emit(conflict_id, "")
        elif key == "4":
            self._writing = conflict_id
            self.own.set_value(clash.mine)
            self._writer.show()
            self.own.editor.setFocus()
        else:
            self.chosen.emit(conflict_id, {"1": clash.base, "2": clash.mine, "3": clash.theirs}[key])

    def _take(self) -> None:
        writing = self._writing
        if not writing:
            return
        if not self.own.value().strip():
            self.own.show_error("还没有填。三个值都留着。请填写，或按 1 2 3 选一个。")
            return
        self._leave()
        self.chosen.emit(writing, self.own.value().strip())
        self.table.setFocus()

    def _back(self) -> None:
        self._leave()
        self.table.setFocus()

    def _leave(self) -> None:
        self._writing = ""
        self.own.show_error("")
        self._writer.hide()


def changed_spans(base: str, value: str) -> tuple[tuple[int, int], ...]:
    """Where ``value`` has characters that ``base`` has not at that place."""
    matcher = difflib.SequenceMatcher(None, base, value, autojunk=False)
    return tuple((b1, b2) for tag, _, _, b1, b2 in matcher.get_opcodes() if tag != "equal" and b2 > b1)


def _conflict_cells(row: ConflictRow) -> tuple[Cell, ...]:
    clash = row.conflict
    number = number_tail(row.number) if row.number else row.item_name
    mine = _who(clash.staff, clash.at_ms)
    theirs = _who(clash.theirs_staff, clash.theirs_at_ms)
    if clash.path:
        return (
            Cell(field_name(clash.path), number),
            Cell(clash.base or "（空）", "改动以前"),
            Cell(clash.mine or "（空）", mine, spans=changed_spans(clash.base, clash.mine)),
            Cell(clash.theirs or "（空）", theirs, spans=changed_spans(clash.base, clash.theirs)),
        )
    known = clash.theirs in set(CaseStatus)
    return (
        Cell("整件", number),
        Cell(clash.reason),
        Cell(OP_NAMES.get(clash.mine, clash.mine), mine),
        Cell(STATUS_NAMES[CaseStatus(clash.theirs)] if known else clash.theirs, theirs),
    )


def _merged_cells(row: MergedRow) -> tuple[Cell, ...]:
    names = "、".join(field_name(path) for path in row.fields[:4])
    more = f"等 {len(row.fields)} 处" if len(row.fields) > 4 else ""
    what = f"这边改的{names}{more}已并入" if names else f"{OP_NAMES.get(row.kind, '一步')}已并入"
    mark = number_tail(row.number) if row.number else "未编号"
    return (Cell(row.item_name or "—", mark), Cell(what, row.reason or _when(row.at_ms)))


def _who(staff: str, at_ms: int) -> str:
    return f"{staff}　{_when(at_ms)}" if at_ms else staff


def _when(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000).strftime("%m-%d %H:%M")

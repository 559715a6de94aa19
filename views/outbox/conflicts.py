"""比对: each disagreement as three values with who and when, a fourth typed by hand, and what the
centre merged by itself.  Nothing is written before 完成比对."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app.queries.outbox import ConflictRow, MergedRow
from views.outbox.choices import case_title, conflict_cells, merged_cells, value_of
from views.theme import scaled, set_kind
from views.widgets import ActTable, Card, Field, KeyButton, KeyCap, Rule, label
from views.widgets.elided import ElidedLabel
from views.widgets.keys import bind
from views.widgets.masked import SHOWN_MS

NONE = "没有不一致的地方。"
ACT_HINT = "这一件整件没有生效，没有可以手填的字段。两边都留着。请按 3 确认以中心为准。"


class ConflictCard(Card):
    """Choices are marked first and written together: ``settled`` with (conflict id, value) pairs.

    ``said`` when a key means nothing on that row; ``revealed`` with (case id, path) when numbers of persons
    are shown in full.
    """

    settled = pyqtSignal(list)
    said = pyqtSignal(str)
    case_requested = pyqtSignal(str)
    revealed = pyqtSignal(str, str)
    left = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, ConflictRow] = {}
        self._choices: dict[str, str] = {}  # conflict id → key
        self._own: dict[str, str] = {}  # conflict id → what was typed by hand
        self._steps: list[tuple[str, str]] = []  # (conflict id, the choice before), for Ctrl+Z
        self._writing = self._whole = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._mask)
        self.body.addLayout(self._make_head())
        note = QFrame()
        note.setObjectName("inset")
        line = QHBoxLayout(note)
        line.setContentsMargins(14, 5, 14, 5)
        line.addWidget(
            ElidedLabel("两边都改过的请您定；只有一边改过的已自动合并。没选的值留在办件历史里。", "caption")
        )
        self.body.addWidget(note)
        self.table = ActTable(
            ("字段", "基准", "本机", "中心", "采用"),
            "不一致的地方",
            keys="1234",
            does="基准 本机 中心 手填",
            row_height=58,
        )
        self.table.set_widths(104, 0, 0, 0, 104)
        self.table.keyed.connect(self._choose)
        self.table.moved.connect(lambda _: self._show_title())
        self.body.addWidget(self.table, 2)
        self._agreed = label(NONE, "secondary")
        self._agreed.setContentsMargins(14, 12, 14, 12)
        self.body.addWidget(self._agreed)
        self.body.addWidget(self._make_writer())
        self._merged_head = label("", "railtitle")
        band = QFrame()
        band.setObjectName("band")
        row = QHBoxLayout(band)
        row.setContentsMargins(14, 4, 14, 4)
        row.addWidget(self._merged_head)
        row.addStretch()
        row.addWidget(label("只有一边改过，不用您定", "caption"))
        self._band = band
        self.body.addWidget(band)
        self.merged = ActTable(("办件", "自动合并的内容"), "自动合并的办件", row_height=43)
        self.merged.set_widths(190, 0)
        self.merged.opened.connect(lambda key: self.case_requested.emit(key.partition(":")[0]))
        head = self.merged.horizontalHeader()
        assert head is not None
        head.hide()
        self.body.addWidget(self.merged, 1)
        self._rest = QWidget()
        self.body.addWidget(self._rest, 1)
        self.body.addWidget(Rule())
        self.body.addWidget(self._make_foot())
        only = Qt.ShortcutContext.WidgetShortcut
        bind(self.table, "Ctrl+Z", "撤销上一步", self._undo, context=only)
        bind(self.table, "Alt+V", "显示隐去的号码 10 秒", self._reveal, context=only)
        bind(self.table, "Esc", "先放着", self.left.emit, context=only)

    def show_rows(self, conflicts: list[ConflictRow], merged: list[MergedRow]) -> None:
        order = list(dict.fromkeys(row.conflict.case_id for row in conflicts))
        conflicts = sorted(conflicts, key=lambda row: order.index(row.conflict.case_id))
        self._rows = {row.conflict.conflict_id: row for row in conflicts}
        for kept in (self._choices, self._own):
            for gone in kept.keys() - self._rows.keys():
                del kept[gone]
        self._steps = [step for step in self._steps if step[0] in self._rows]
        self.table.setVisible(bool(conflicts))
        self._foot.setVisible(bool(conflicts))
        self._agreed.setVisible(not conflicts)
        flagged = sum(row.flagged for row in merged)
        asked = f"，其中请核对 {flagged}" if flagged else ""
        self._merged_head.setText(f"已自动合并（{len(merged)}{asked}）")
        self._band.setVisible(bool(merged))
        self.merged.setVisible(bool(merged))
        self._rest.setVisible(not merged and not conflicts)
        self.merged.show_rows([(f"{row.case_id}:{at}", merged_cells(row)) for at, row in enumerate(merged)])
        if self._writing not in self._rows:
            self._leave()
        self._show_choices()

    def undecided(self) -> int:
        """How many rows of all cases have no choice yet."""
        return len(self._rows.keys() - self._choices.keys())

    def cases(self) -> set[str]:
        return {row.conflict.case_id for row in self._rows.values()}

    def go_to_case(self, case_id: str) -> None:
        """To the first row of a case that is still open, else its first."""
        ids = [at for at, row in self._rows.items() if row.conflict.case_id == case_id]
        if ids:
            self.table.go_to(next((at for at in ids if at not in self._choices), ids[0]))
            self.table.setFocus()

    def finish(self) -> None:
        """Ctrl+Enter: write the choices of the case the cursor is in."""
        case = self._case()
        if not case:
            return
        pairs = []
        for row in case:
            key, at = self._choices[row.conflict.conflict_id], row.conflict.conflict_id
            pairs.append((at, self._own[at] if key == "4" else value_of(row, key)))
        self.settled.emit(pairs)

    def _make_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.setContentsMargins(14, 8, 14, 8)
        self._title = ElidedLabel("比对", "section")
        head.addWidget(self._title, 1)
        self._left = label("", "redcaption")
        head.addWidget(self._left)
        self._cap = KeyCap("F8")
        head.addWidget(self._cap)
        return head

    def _make_foot(self) -> QFrame:
        self._foot = QFrame()
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(14, 7, 14, 7)
        row.setSpacing(4)
        hints = QWidget()
        hints.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        inner = QHBoxLayout(hints)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        for key, what in (("1", "基准"), ("2", "本机"), ("3", "中心"), ("4", "手填"), ("Ctrl+Z", "撤销")):
            inner.addWidget(KeyCap(key))
            inner.addWidget(label(what, "caption"))
            inner.addSpacing(4)
        inner.addStretch()
        self._hints = inner
        row.addWidget(hints, 1)
        later = KeyButton("先放着", shows="Esc")
        later.run.connect(self.left)
        self.done = KeyButton("完成比对", "Ctrl+Return", "primary")
        self.done.run.connect(self.finish)
        self.done.blocked.connect(self.said)
        row.addWidget(later)
        row.addSpacing(4)
        row.addWidget(self.done)
        return self._foot

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit_hints()

    def _fit_hints(self) -> None:
        """The keys are named in the key map too: large type leaves them out here."""
        room = self.width() - self.done.sizeHint().width() - scaled(150)
        for at in range(self._hints.count()):
            item = self._hints.itemAt(at)
            widget = item.widget() if item is not None else None
            if widget is not None:
                room -= widget.sizeHint().width() + 8
                widget.setVisible(room > 0)

    def _case(self) -> list[ConflictRow]:
        """The rows of the case that the cursor is in."""
        here = self._rows.get(self.table.current_key())
        if here is None:
            return []
        return [row for row in self._rows.values() if row.conflict.case_id == here.conflict.case_id]

    def _show_choices(self) -> None:
        self.table.show_rows(
            [
                (
                    key,
                    conflict_cells(
                        row, self._choices.get(key, ""), self._own.get(key, ""), whole=key == self._whole
                    ),
                )
                for key, row in self._rows.items()
            ]
        )
        self._show_title()

    def _show_title(self) -> None:
        case = self._case()
        open_ = sum(row.conflict.conflict_id not in self._choices for row in case)
        others = len({row.conflict.case_id for row in self._rows.values()}) - 1
        more = f"，另有 {others} 件" if others > 0 else ""
        self._title.setText(f"比对：{case_title(case[0])}{more}" if case else "比对")
        self._left.setText(f"还有 {open_} 个字段没定" if open_ else "都定了" if case else "")
        set_kind(self._left, "role", "redcaption" if open_ else "greencaption")
        self._cap.setVisible(bool(open_))
        self.done.set_text(f"完成比对（还差 {open_}）" if open_ else "完成比对")
        told = f"还有 {open_} 个字段没定。已选的都记着，没有改动办件。请在列表里按 1 2 3 或 4 选定。"
        self.done.gate(told if open_ else "")
        self._fit_hints()

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
        if not row.conflict.path:
            if key == "4":
                self.said.emit(ACT_HINT)
            else:
                self._mark(conflict_id, "3")
        elif key == "4":
            self._writing = conflict_id
            self.own.set_value(self._own.get(conflict_id) or row.conflict.mine)
            self._writer.show()
            self.own.editor.setFocus()
        else:
            self._mark(conflict_id, key)

    def _mark(self, conflict_id: str, key: str) -> None:
        """Note a choice and go on to the next open row of the same case."""
        self._steps.append((conflict_id, self._choices.get(conflict_id, "")))
        self._choices[conflict_id] = key
        self._show_choices()
        ids = [row.conflict.conflict_id for row in self._case()]
        at = ids.index(conflict_id)
        if (following := next((i for i in ids[at:] + ids[:at] if i not in self._choices), "")) != "":
            self.table.go_to(following)

    def _undo(self) -> None:
        if not self._steps:
            return
        conflict_id, before = self._steps.pop()
        if before:
            self._choices[conflict_id] = before
        else:
            self._choices.pop(conflict_id, None)
        self._show_choices()
        self.table.go_to(conflict_id)

    def _reveal(self) -> None:
        row = self._rows.get(self.table.current_key())
        if row is None or not row.conflict.path:
            return
        self._whole = row.conflict.conflict_id
        self._timer.start(SHOWN_MS)
        self.revealed.emit(row.conflict.case_id, row.conflict.path)
        self._show_choices()

    def _mask(self) -> None:
        self._whole = ""
        self._show_choices()

    def _take(self) -> None:
        writing = self._writing
        if not writing:
            return
        if not self.own.value().strip():
            self.own.show_error("还没有填。三个值都留着。请填写，或按 1 2 3 选一个。")
            return
        self._own[writing] = self.own.value().strip()
        self._leave()
        self.table.setFocus()
        self._mark(writing, "4")

    def _back(self) -> None:
        self._leave()
        self.table.setFocus()

    def _leave(self) -> None:
        self._writing = ""
        self.own.show_error("")
        self._writer.hide()

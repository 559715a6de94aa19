"""常用语 over the window: a line to search in, the list, Enter puts the sentence where the cursor stood."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from app.queries.phrases import Phrases
from models.domain.phrases import Phrase, matching
from views.widgets import ActTable, Cell, KeyButton, Notice, label
from views.widgets.keys import bind, name_single_keys

_WHOSE = {"own": "自己的", "hall": "大厅的", "": "自带的"}
_MOVES = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


class _Search(QLineEdit):
    """Pinyin initials go straight in; the arrows and Enter belong to the list below."""

    def __init__(self, table: ActTable) -> None:
        super().__init__()
        self._table = table
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setAccessibleName("找常用语")
        self.setPlaceholderText("拼音首字母，如 qzqm；↑↓ 选，Enter 填入")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (*_MOVES, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._table.keyPressEvent(event)
        else:
            super().keyPressEvent(event)


class PhraseSheet(QFrame):
    """``chosen`` with a sentence; ``kept`` when what stands in the field is to be kept; ``dropped`` with a Phrase."""

    chosen = pyqtSignal(str)
    kept = pyqtSignal()
    dropped = pyqtSignal(object)

    def __init__(self, kind: str, name: str) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedWidth(700)
        self.setMinimumHeight(480)
        self._kind = kind
        self._phrases = Phrases(())
        self._shown: list[Phrase] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 14, 20, 14)
        box.setSpacing(8)
        box.addWidget(label(f"常用语 · {name}", "section", wrap=True))
        self.notice = Notice()
        box.addWidget(self.notice)
        self.table = ActTable(("常用语", "哪一类", "谁的"), "常用语")
        self.table.set_widths(0, 110, 70)
        self.line = _Search(self.table)
        self.line.textChanged.connect(lambda _: self._show())
        box.addWidget(self.line)
        box.addWidget(self.table, 1)
        box.addWidget(label("要交什么材料只看实施清单，常用语里不写。", "caption"))
        foot = QHBoxLayout()
        self.keep = KeyButton("把框里的字存为常用语", "Ctrl+D", "quiet")
        self.keep.run.connect(self.kept)
        self.drop = KeyButton("删掉这一句", kind="quiet")
        self.drop.run.connect(self._drop)
        self.drop.blocked.connect(self.notice.say)
        foot.addWidget(self.keep)
        foot.addWidget(self.drop)
        foot.addStretch()
        box.addLayout(foot)
        name_single_keys(self.line, (("Enter", "填入选中的常用语"),))
        bind(self.table, "Delete", "删掉自己的一句", self._drop, context=Qt.ShortcutContext.WidgetShortcut)
        self.table.opened.connect(self._choose)
        self.table.moved.connect(lambda _: self._gate())
        self.setFocusProxy(self.line)

    def show_phrases(self, phrases: Phrases) -> None:
        self._phrases = phrases
        if phrases.problem:
            self.notice.say(phrases.problem)
        self._show()

    def _show(self) -> None:
        self._shown = matching(self._phrases.of(self._kind), self.line.text())
        rows = [
            (str(n), (Cell(one.text), Cell(one.kind, token="text2"), Cell(_WHOSE[one.whose], token="text2")))
            for n, one in enumerate(self._shown)
        ]
        self.table.show_rows(rows)
        if rows:
            self.table.selectRow(0)
        self._gate()

    def _current(self) -> Phrase | None:
        key = self.table.current_key()
        return self._shown[int(key)] if key and int(key) < len(self._shown) else None

    def _gate(self) -> None:
        one = self._current()
        self.drop.gate("" if one is not None and one.whose == "own" else "只能删自己存的常用语。")

    def _choose(self, key: str) -> None:
        self.chosen.emit(self._shown[int(key)].text)

    def _drop(self) -> None:
        if (one := self._current()) is not None and one.whose == "own":
            self.dropped.emit(one)

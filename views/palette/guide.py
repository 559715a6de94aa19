"""只看办事指南: the questions of an item, and what the answers need; Ctrl+P prints it, no case is opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from models.domain.catalog import Item, Need
from views.palette.detail import limit_words
from views.widgets import KeyButton, Rule, clear_layout, label
from views.widgets.form_links import FormLinks
from views.widgets.keys import name_single_keys
from views.workbench.sheet import Sheet
from views.workbench.situation import SituationStep

WIDTH, HEIGHT = 1038, 620
_NEED = {Need.REQUIRED: "必要", Need.OPTIONAL: "非必要", Need.DEFERRABLE: "可容缺后补"}


class GuideSheet(QFrame):
    """``print_requested`` with (item id, answers); ``start_requested`` with the item id; ``form_wanted`` with
    the name of a blank form or sample."""

    print_requested = pyqtSignal(str, object)
    start_requested = pyqtSignal(str)
    form_wanted = pyqtSignal(str)

    def __init__(
        self,
        item: Item,
        elsewhere: str,
        today: dt.date,
        *,
        read_only: bool = False,
        answers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedSize(WIDTH, HEIGHT)
        self.item = item
        self.sheet = Sheet("", item, today)
        self.sheet.put_all({f"answer.{question}": value for question, value in (answers or {}).items()})
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 14, 20, 12)
        box.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(label(item.name, "title"), 1)
        head.addWidget(label("办事指南　Esc 关闭", "caption"))
        box.addLayout(head)
        box.addWidget(label(elsewhere or "本窗可受理", "amber" if elsewhere else "green"))
        box.addWidget(Rule())
        middle = QHBoxLayout()
        middle.setSpacing(16)
        self.questions = SituationStep()
        self.questions.edited.connect(self._answered)
        self.questions.finished.connect(lambda: self._print.setFocus())
        asked = QWidget()
        left = QVBoxLayout(asked)
        left.setContentsMargins(0, 0, 0, 0)
        left.addWidget(self.questions)
        left.addStretch()
        middle.addWidget(_scrolled(asked, "情形问题"), 1)
        told = QWidget()
        self._told = QVBoxLayout(told)
        self._told.setContentsMargins(0, 0, 0, 0)
        self._told.setSpacing(5)
        middle.addWidget(_scrolled(told, "要带的材料、时限、收费和依据"), 1)
        box.addLayout(middle, 1)
        box.addWidget(Rule())
        foot = QHBoxLayout()
        foot.addWidget(label("只看不办，不占受理编号", "caption"), 1)
        if not elsewhere and not read_only:
            start = KeyButton("开始受理")
            start.run.connect(lambda: self.start_requested.emit(item.id))
            foot.addWidget(start)
        self._print = KeyButton("打印一次性告知单", kind="primary", shows="Ctrl+P")
        self._print.run.connect(self._emit_print)
        name_single_keys(self, [("Ctrl+P", "打印一次性告知单（只咨询，不受理）")])
        foot.addWidget(self._print)
        box.addLayout(foot)
        self.questions.load(self.sheet)
        self._show()
        self.setFocusProxy(self.questions.rows[0].options[0] if self.questions.rows else self._print)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if (
            event is not None
            and event.key() == Qt.Key.Key_P
            and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        ):
            if not event.isAutoRepeat():
                self._emit_print()
            return
        super().keyPressEvent(event)

    def _emit_print(self) -> None:
        self.print_requested.emit(self.item.id, dict(self.sheet.answers))

    def _answered(self, path: str, value: str) -> None:
        self.sheet.put(path, value)
        self._show()

    def _show(self) -> None:
        clear_layout(self._told)
        item = self.item
        materials = self.sheet.materials()
        self._told.addWidget(label(f"要带的材料 {len(materials)} 项", "section"))
        for number, material in enumerate(materials, start=1):
            form = "原件" if material.original else "复印件"
            text = f"{number}. {material.name}（{_NEED[material.need]} · {form} {material.copies} 份）"
            self._told.addWidget(label(text, "body", wrap=True))
            forms = FormLinks()
            self._told.addWidget(forms)
            forms.show_forms([material])  # with a parent: it would be a window of its own for a moment
            forms.wanted.connect(self.form_wanted)
        if not materials:
            self._told.addWidget(label("本情形不需要材料。", "body"))
        self._told.addWidget(Rule())
        for name, text in (
            ("承诺时限", limit_words(item.promised)),
            ("法定时限", limit_words(item.legal)),
            ("收费", item.fee or "不收费"),
            ("依据", "；".join(item.basis) or "清单没有写设定依据"),
        ):
            self._told.addWidget(label(f"{name}：{text}", "body", wrap=True))
        self._told.addStretch()


def _scrolled(inner: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    area.setAccessibleName(name)
    area.setWidget(inner)
    return area

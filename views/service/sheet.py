"""服务登记: who goes first and why, 代办, and what was done free of charge.  Nobody has to prove a ground."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from models.domain.visit import AGENCY, PRIORITY, Given
from models.service_texts import ServiceTexts
from views.widgets import Field, KeyButton, Notice, Rule, label
from views.widgets.reaching import Reaching


class ServiceSheet(QFrame):
    """``edited`` with (path, value); ``given`` with (Free, count); ``closed``."""

    edited = pyqtSignal(str, str)
    given = pyqtSignal(object, int)
    closed = pyqtSignal()

    def __init__(
        self, texts: ServiceTexts, fields: dict[str, str], given: Sequence[Given], barred: str, tagged: str
    ) -> None:
        """``barred``: why nothing can be counted yet, "" when it can; ``tagged``: the list the applicant is on."""
        super().__init__()
        self.setObjectName("sheet")
        self.setMinimumWidth(680)
        self._barred = barred
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 16, 24, 16)
        outer.setSpacing(10)
        outer.addWidget(label("服务登记", "title"))
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 4, 0)
        box.setSpacing(10)
        box.addWidget(label("选了就记入办件，不影响受理。优先服务不要求证明。", "secondary"))
        self.notice = Notice()
        outer.addWidget(self.notice)
        if texts.problem:
            self.notice.say(texts.problem)
        self.grounds: dict[str, QPushButton] = {}
        grounds = [("", "不优先"), *((one.id, one.name) for one in texts.grounds)]
        self._options(box, "优先服务", PRIORITY, grounds, fields.get(PRIORITY, ""), self.grounds)
        self.agency: dict[str, QPushButton] = {}
        options = [("", "不代办"), ("yes", "全程代办")]
        self._options(box, "代办", AGENCY, options, fields.get(AGENCY, ""), self.agency)
        if tagged:
            box.addWidget(label(f"申请人在“{tagged}”名单内，建议代办。", "secondary", wrap=True))
        box.addWidget(Rule())
        box.addWidget(label("免费服务", "strong"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        self.counts: dict[str, Field] = {}
        for place, free in enumerate(texts.free):
            done = sum(one.count for one in given if one.kind == free.id)
            grid.addWidget(label(f"{free.name}　¥{free.fen / 100:.2f} / {free.unit}"), place, 0)
            grid.addWidget(label(f"已记 {done} {free.unit}", "secondary"), place, 1)
            count = Field(f"{free.name}几{free.unit}", kind="code", beside=True)
            self.counts[free.id] = count
            grid.addWidget(count, place, 2)
            button = KeyButton("记上")
            button.setAccessibleName(f"记上{free.name}")
            button.run.connect(lambda one=free: self._give(one))
            count.entered.connect(lambda one=free: self._give(one))
            grid.addWidget(button, place, 3)
        grid.setColumnStretch(2, 1)
        box.addLayout(grid)
        scroll = Reaching()
        scroll.setWidget(inner)
        outer.addWidget(scroll, 1)
        line = QHBoxLayout()
        line.addWidget(label(self._total(given), "secondary"))
        line.addStretch()
        back = KeyButton("回到办件", kind="primary")
        back.run.connect(self.closed)
        line.addWidget(back)
        outer.addLayout(line)
        self.setFocusProxy(next(iter(self.grounds.values())))

    def _total(self, given: Sequence[Given]) -> str:
        fen = sum(one.fen for one in given)
        return f"本件已免费 {sum(one.count for one in given)} 份，合 ¥{fen / 100:,.2f}"

    def _options(
        self,
        box: QVBoxLayout,
        name: str,
        path: str,
        options: Sequence[tuple[str, str]],
        chosen: str,
        kept: dict[str, QPushButton],
    ) -> None:
        box.addWidget(label(name, "strong"))
        grid = QGridLayout()
        grid.setSpacing(6)
        group = QButtonGroup(self)
        for place, (value, text) in enumerate(options):
            button = QPushButton(text)
            button.setProperty("kind", "option")
            button.setCheckable(True)
            button.setChecked(value == chosen)
            button.setAccessibleName(f"{name}：{text}")
            button.clicked.connect(lambda _, v=value: self.edited.emit(path, v))
            group.addButton(button)
            kept[value] = button
            grid.addWidget(button, place // 4, place % 4)
        box.addLayout(grid)

    def _give(self, free: object) -> None:
        key = getattr(free, "id", "")
        text = self.counts[key].value().strip()
        if self._barred:
            self.notice.say(self._barred)
        elif not (text.isascii() and text.isdigit() and 0 < int(text) <= 10_000):
            self.notice.say("数量要写 1 到 10000 的数字，没有记上。请改后再记。")
        else:
            self.given.emit(free, int(text))

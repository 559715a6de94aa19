"""The story of a case: newest first, by day, each act with who did it, what it changed and how it fared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.queries.cases import CasePage, HistoryLine
from models.domain.catalog import Item
from models.domain.field_words import path_words, value_words
from models.domain.ids import mask_by_path
from models.domain.ops import OP_NAMES
from models.domain.workdays import day_cn
from views.theme import scaled
from views.widgets import Tag, label
from views.widgets.sign import Sign

# What the centre made of an act, and the colour of it.
OUTCOME = {
    "pending": ("待同步", "amber"),
    "applied": ("已同步", "green"),
    "merged": ("已合并", "green"),
    "conflict": ("两边不一致", "red"),
    "held": ("中心暂存", "amber"),
    "rejected": ("中心退回", "red"),
    "quarantined": ("待核查", "red"),
}
_SIGNS = {"green": "✓ ", "red": "! ", "amber": ""}


class Story(QWidget):
    def __init__(self, page: CasePage, who: Callable[[str], str]) -> None:
        """``who`` says how a 工号 is told."""
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        day = ""
        row = 0
        for at, line in enumerate(reversed(page.history)):
            when = dt.datetime.fromtimestamp(line.at_ms / 1000)
            if (today := day_cn(when.date())) != day:
                day = today
                grid.addWidget(label(day, "railtitle"), row, 0, 1, 2)
                row += 1
            grid.addWidget(_mark(line, last=at == len(page.history) - 1), row, 0)
            grid.addWidget(_act(line, f"{when:%H:%M}　{who(line.staff)}", page.item), row, 1)
            row += 1


def _mark(line: HistoryLine, *, last: bool) -> QWidget:
    """A dot on the line of time; hollow while the centre has not got the act."""
    holder = QWidget()
    box = QVBoxLayout(holder)
    box.setContentsMargins(0, 4, 0, 0)
    box.setSpacing(2)
    side = scaled(12)
    kind = OUTCOME[line.sync][1]
    dot = Sign(12)
    dot.show_sign("dot" if kind == "green" else "ring", "blue" if kind == "green" else kind)
    dot.setAlignment(Qt.AlignmentFlag.AlignCenter)
    dot.setFixedWidth(side + 4)
    box.addWidget(dot)
    if last:
        box.addStretch()
    else:
        thread = QFrame()
        thread.setObjectName("sep")
        box.addWidget(thread, 1, Qt.AlignmentFlag.AlignHCenter)
    return holder


def _act(line: HistoryLine, told: str, item: Item | None) -> QWidget:
    holder = QWidget()
    box = QVBoxLayout(holder)
    box.setContentsMargins(0, 0, 0, 8)
    box.setSpacing(1)
    head = QHBoxLayout()
    head.setSpacing(8)
    head.addWidget(label(OP_NAMES.get(line.kind, "未识别的动作"), "strong"))
    head.addWidget(label(told, "caption"))
    head.addStretch()
    word, kind = OUTCOME[line.sync]
    head.addWidget(Tag(f"{_SIGNS[kind]}{word}", kind))
    box.addLayout(head)
    for text, role in (
        (line.text, "softbody"),
        (line.reason, "ambercaption" if kind != "green" else "caption"),
        (change_words(line.changes, item), "softbody"),
    ):
        if text:
            box.addWidget(label(text, role, wrap=True))
    return holder


def change_words(changes: tuple[tuple[str, str, str], ...], item: Item | None) -> str:
    """How many fields an act filled in, and the corrections word by word; numbers of persons masked."""
    corrected = [(p, old, new) for p, old, new in changes if old]
    parts = [f"填写 {len(changes) - len(corrected)} 处"] if len(changes) > len(corrected) else []
    for path, old, new in corrected[:5]:
        name = path_words(path, item)
        old, new = (mask_by_path(path, value_words(path, value, item)) for value in (old, new))
        parts.append(f"{name}：{old} → {new or '（清空）'}")
    if len(corrected) > 5:
        parts.append(f"另改 {len(corrected) - 5} 处")
    return "；".join(parts)

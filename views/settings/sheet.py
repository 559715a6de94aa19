"""设置: the looks and the ways of working of this machine; nothing personal."""

from __future__ import annotations

import msgspec
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout

from views.theme import SCALES
from views.widgets import KeyButton, Rule, label
from views.widgets.caps import CapButton


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """``auto_next``: the last answer of a step opens the next step; ``pins``: items kept at hand."""

    theme: str = "light"
    scale: int = 100
    auto_next: bool = True
    pins: tuple[str, ...] = ()
    visitor: str = "auto"  # the second screen: auto, window or off


_THEMES = (("light", "浅色"), ("contrast", "高对比度"))
_VISITOR = (("auto", "接了第二屏就显示"), ("window", "在本屏预览"), ("off", "不用"))
_NEXT = ((True, "自动打开下一步"), (False, "停在本步"))


class SettingsSheet(QFrame):
    """``changed`` with the new Looks at every choice: it holds at once, there is nothing to confirm."""

    changed = pyqtSignal(object)
    devices_requested = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self, looks: Looks, facts: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setMinimumWidth(640)
        self._looks = looks
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 16, 24, 16)
        box.setSpacing(10)
        box.addWidget(label("设置", "title"))
        box.addWidget(label("改了就生效，存在本机，不含个人信息。", "secondary"))
        self._first: QPushButton | None = None
        self._row(box, "外观  Alt+H", "theme", _THEMES, looks.theme)
        self._row(box, "字号  Alt+=  Alt+-", "scale", tuple((s, f"{s}%") for s in SCALES), looks.scale)
        self._row(box, "一步填完后", "auto_next", _NEXT, looks.auto_next)
        self._row(box, "来人屏", "visitor", _VISITOR, looks.visitor)
        box.addWidget(
            label("5 分钟没有操作自动锁屏，4 分 30 秒时在状态栏提醒；已填的内容都在草稿里。", "caption")
        )
        box.addWidget(Rule())
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        for row, (name, value) in enumerate(facts):
            grid.addWidget(label(name, "secondary"), row, 0)
            grid.addWidget(label(value), row, 1)
        grid.setColumnStretch(1, 1)
        box.addLayout(grid)
        line = QHBoxLayout()
        devices = KeyButton("设备：读卡器、高拍仪、打印机…")
        devices.run.connect(self.devices_requested)
        line.addWidget(devices)
        line.addStretch()
        done = KeyButton("回到办件", kind="primary")
        done.run.connect(self.closed)
        line.addWidget(done)
        box.addLayout(line)
        self.setFocusProxy(self._first)

    def looks(self) -> Looks:
        return self._looks

    def _row(
        self, box: QVBoxLayout, name: str, key: str, options: tuple[tuple[object, str], ...], chosen: object
    ) -> None:
        line = QHBoxLayout()
        head = label(name, "strong")
        head.setMinimumWidth(160)
        line.addWidget(head)
        group = QButtonGroup(self)
        group.setExclusive(True)
        for value, text in options:
            button = CapButton(text)
            button.setProperty("kind", "option")
            button.setCheckable(True)
            button.setChecked(value == chosen)
            button.setAccessibleName(f"{name.split('  ')[0]}：{text}")
            button.clicked.connect(lambda _, v=value: self._choose(key, v))
            group.addButton(button)
            line.addWidget(button)
            self._first = self._first or button
        line.addStretch()
        box.addLayout(line)

    def _choose(self, key: str, value: object) -> None:
        self._looks = msgspec.structs.replace(self._looks, **{key: value})
        self.changed.emit(self._looks)

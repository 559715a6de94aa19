"""F1: the keys that are bound now, read off the window itself, and the manual."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QByteArray, Qt, QUrl
from PyQt6.QtGui import QImage, QTextDocument
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedWidget, QTextBrowser, QVBoxLayout

from views.widgets import ActTable, Cell, label
from views.widgets.keys import Binding

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "manual.zh-CN.md"
WIDTH, HEIGHT = 980, 600
MARGINS = 90  # of the sheet, the frame and the scroll bar
_MISSING = "本机没有装手册文件。办件不受影响。键位表照常可用，请联系管理员补装手册。"


class _Manual(QTextBrowser):
    """Its pictures are as wide as the text at most; they are of whole screens."""

    def loadResource(self, kind: int, name: QUrl) -> Any:
        found = super().loadResource(kind, name)
        if kind != QTextDocument.ResourceType.ImageResource.value or not isinstance(found, QByteArray):
            return found
        picture = QImage.fromData(found)
        room = WIDTH - MARGINS
        if picture.width() <= room:
            return picture
        return picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)


class HelpSheet(QFrame):
    """Opens on the key map; 手册 beside it."""

    def __init__(self, bindings: Sequence[Binding], manual: Path = MANUAL) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedSize(WIDTH, HEIGHT)
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 14, 20, 12)
        box.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(label("帮助", "title"))
        head.addSpacing(12)
        self._stack = QStackedWidget()
        self._tabs: list[QPushButton] = []
        for place, name in enumerate(("键位表", "手册")):
            tab = QPushButton(name)
            tab.setProperty("kind", "option")
            tab.setCheckable(True)
            tab.setAccessibleName(name)
            tab.clicked.connect(lambda _, at=place: self.open_tab(at))
            self._tabs.append(tab)
            head.addWidget(tab)
        head.addStretch()
        head.addWidget(label("Esc 关闭", "caption"))
        box.addLayout(head)
        self.table = ActTable(("键", "做什么", "在哪里"), "键位表")
        self.table.set_widths(220, 0, 160)
        self.table.show_rows(
            [
                (str(place), (Cell(row.key, bold=True), Cell(row.what), Cell(row.where or "全部界面")))
                for place, row in enumerate(bindings)
            ]
        )
        self._stack.addWidget(self.table)
        self.manual = _Manual()
        self.manual.setAccessibleName("手册")
        self.manual.setOpenLinks(False)
        self.manual.setSearchPaths([str(manual.parent)])
        if manual.exists():
            self.manual.document().setBaseUrl(QUrl.fromLocalFile(str(manual)))  # type: ignore[union-attr]  # always has one
            self.manual.setMarkdown(manual.read_text(encoding="utf-8"))
        else:
            self.manual.setPlainText(_MISSING)
        self._stack.addWidget(self.manual)
        box.addWidget(self._stack, 1)
        self.open_tab(0)
        self.setFocusProxy(self.table)

    def open_tab(self, place: int) -> None:
        for at, tab in enumerate(self._tabs):
            tab.setChecked(at == place)
        self._stack.setCurrentIndex(place)
        current = self._stack.currentWidget()
        if current is not None:
            current.setFocus()

"""New files of the watched folder, offered above the material list."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout

from views.widgets import KeyButton
from views.widgets.elided import ElidedLabel


class OfferStrip(QFrame):
    """``taken`` and ``left`` with the files; hidden while there are none."""

    taken = pyqtSignal(object)
    left = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("inset")
        self._files: list[Path] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 12, 4)
        row.setSpacing(8)
        self._text = ElidedLabel("", "secondary")
        row.addWidget(self._text, 1)
        self.take = KeyButton("收进这项材料")
        self.take.run.connect(lambda: self.taken.emit(self._files))
        self.leave = KeyButton("不收", kind="quiet")
        self.leave.run.connect(lambda: self.left.emit(self._files))
        row.addWidget(self.take)
        row.addWidget(self.leave)
        self.hide()

    def show_files(self, files: list[Path], material: str) -> None:
        self._files = files
        first = files[0].name if files else ""
        more = f"等 {len(files)} 个" if len(files) > 1 else ""
        self._text.setText(f"扫描文件夹有新文件：{first}{more}")
        self.take.set_text(f"收进“{material[:12]}”" if material else "收进本办件")
        self.setVisible(bool(files))

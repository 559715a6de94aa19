"""The deadline strip: one cell per day from receipt, days off grey, the end blue."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from models.domain.deadlines import DayCell
from models.domain.workdays import weekday_name
from views.widgets.basic import clear_layout, label


class DeadlineStrip(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)

    def show_cells(self, cells: tuple[DayCell, ...]) -> None:
        clear_layout(self._row)
        for cell in cells:
            frame = QFrame()
            frame.setProperty("cell", cell.kind)
            box = QVBoxLayout(frame)
            box.setContentsMargins(2, 2, 2, 2)
            box.setSpacing(0)
            for text in (f"{cell.day.day} {weekday_name(cell.day)[1]}", cell.label):
                line = label(text, "caption")
                line.setAlignment(Qt.AlignmentFlag.AlignCenter)
                box.addWidget(line)
            self._row.addWidget(frame, 1)
        self.setAccessibleName("、".join(f"{c.day.isoformat()} {c.label}" for c in cells))

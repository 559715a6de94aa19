"""An entry field for a number of a person, masked at rest."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QStyle, QStyleOptionFrame

from views.theme import colour
from views.widgets.fields import CodeEdit


class PrivateEdit(CodeEdit):
    """A number of a person: masked at rest, whole while it is being typed or is wrong (ui.md §4).

    The text itself is the whole number always; only what is painted is masked.
    """

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._mask = mask

    def shown(self) -> str:
        wrong = self.property("error") == "true"
        return self.text() if self.hasFocus() or wrong else self._mask(self.text())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        told, style = self.shown(), self.style()
        if told == self.text() or style is None:
            super().paintEvent(event)
            return
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        painter = QPainter(self)
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        room = style.subElementRect(QStyle.SubElement.SE_LineEditContents, option, self).adjusted(2, 0, -2, 0)
        painter.setPen(colour("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, told)

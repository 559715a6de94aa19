"""Paints the cells of a table, each once: its picture is kept and shown again."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPixmap
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from views.theme import colour, dressed, pixmap
from views.widgets.basic import split_sign
from views.widgets.cells import (
    Cell,
    paint_act,
    paint_bar,
    paint_choice,
    paint_head,
    paint_icon,
    paint_lines,
    paint_spans,
)
from views.widgets.row_model import RowModel

MOST_KEPT = 240  # pictures of cells: some three screens full, below 10 MB
CUT_LEAVES = 5 / 6  # of a row's height: with less of it in view the words in it are cut


def is_cut(top: int, height: int, room: int) -> bool:
    """Whether a row at ``top`` of a viewport ``room`` high shows too little to be read; the first row is never left out."""
    return top > 0 and room - top < height * CUT_LEAVES


class CellDelegate(QStyledItemDelegate):
    """Text is shaped and drawn a hundred times slower than a picture of it."""

    def __init__(self, row_height: int, table: QTableView) -> None:
        super().__init__(table)
        self._height = row_height
        self._table = table
        self._kept: dict[tuple[str, int], tuple[tuple[object, ...], QPixmap]] = {}

    def forget(self, goes: Callable[[str], bool]) -> None:
        """Drop the pictures of the rows whose key ``goes``."""
        self._kept = {place: kept for place, kept in self._kept.items() if not goes(place[0])}

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(80, max(self._height, option.fontMetrics.height() + 14))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        model = index.model()
        if painter is None or not isinstance(model, RowModel):
            return
        viewport = self._table.viewport()
        if viewport is not None and is_cut(option.rect.top(), option.rect.height(), viewport.height()):
            painter.fillRect(option.rect, colour("surface"))  # the scroll bar tells that there is more
            return
        cell, selected = model.cell(index), bool(option.state & QStyle.StateFlag.State_Selected)
        ratio = self._table.devicePixelRatioF()
        if (selected and self._table.hasFocus()) or ratio != int(ratio):
            self._paint(painter, option, index, model, cell)  # else the picture would fall between pixels
            return
        rect = QRect(option.rect)  # a copy: what PyQt gives is the option's own, which changes below
        place = (model.key(index.row()), index.column())
        looks = (cell, selected, rect.width(), rect.height(), ratio, dressed())
        kept = self._kept.get(place)
        if kept is None or kept[0] != looks:
            picture = QPixmap(rect.size() * int(ratio))
            picture.setDevicePixelRatio(ratio)
            option.rect = QRect(0, 0, rect.width(), rect.height())
            on = QPainter(picture)
            on.setFont(painter.font())
            self._paint(on, option, index, model, cell)
            on.end()
            option.rect = rect
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            kept = self._kept[place] = (looks, picture)
        painter.drawPixmap(rect.topLeft(), kept[1])

    def _paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex, model: RowModel, cell: Cell
    ) -> None:
        painter.save()
        if cell.head:
            paint_head(painter, option.rect, option.font, cell)
            painter.restore()
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        rect = option.rect
        painter.fillRect(rect, colour("blueweak" if selected else "surface"))
        painter.setPen(colour("line2"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if cell.choice or cell.act:
            (paint_choice if cell.choice else paint_act)(painter, option.rect, option.font, cell)
        elif cell.sign:
            side = option.fontMetrics.height() * 4 // 5
            picture = pixmap(cell.sign, cell.token or "text", side)
            painter.drawPixmap(rect.left() + 10, rect.center().y() - side // 2, picture)
        elif cell.bar >= 0:
            paint_bar(painter, rect, cell.bar, hatched=cell.hatched)
        elif cell.tag:
            self._paint_tag(painter, option, cell)
        else:
            self._paint_text(painter, option, cell, bold=cell.bold or (selected and index.column() <= 1))
        if selected and self._table.hasFocus():
            painter.setPen(QPen(colour("focus"), 2))
            painter.drawLine(rect.left(), rect.top() + 1, rect.right(), rect.top() + 1)
            painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
            if index.column() == 0:
                painter.drawLine(rect.left() + 1, rect.top(), rect.left() + 1, rect.bottom())
            if index.column() == model.columnCount() - 1:
                painter.drawLine(rect.right(), rect.top(), rect.right(), rect.bottom())
        painter.restore()

    def _paint_text(self, painter: QPainter, option: QStyleOptionViewItem, cell: Cell, *, bold: bool) -> None:
        font = option.font
        font.setBold(bold)
        painter.setFont(font)
        rect = option.rect.adjusted(10, 0, -6, 0)
        if cell.icon:
            rect.adjust(paint_icon(painter, rect, cell.icon, cell.token or "text3"), 0, 0, 0)
        if cell.wrap and not cell.sub:
            painter.setPen(colour(cell.token or "text"))
            paint_lines(painter, rect, cell.text)
            return
        if cell.sub:
            half = rect.height() // 2
            top = QRect(rect.left(), rect.top() + 3, rect.width(), half)
            bottom = QRect(rect.left(), rect.top() + half, rect.width(), half - 3)
        else:
            top, bottom = rect, QRect()
        painter.setPen(colour(cell.token or "text"))
        paint_spans(painter, top, cell.text, cell.spans)
        if cell.sub:
            font.setBold(False)
            font.setPointSizeF(font.pointSizeF() * 0.86)
            painter.setFont(font)
            painter.setPen(colour("text3"))
            paint_spans(painter, bottom, cell.sub)

    def _paint_tag(self, painter: QPainter, option: QStyleOptionViewItem, cell: Cell) -> None:
        font = option.font
        font.setPointSizeF(font.pointSizeF() * 0.88)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        sign, words = split_sign(cell.text)
        side = metrics.height() * 3 // 4 if sign else 0
        width = min(
            option.rect.width() - 12, metrics.horizontalAdvance(words) + 16 + (side + 2 if side else 0)
        )
        height = metrics.height() + 4
        box = QRect(option.rect.left() + 8, option.rect.center().y() - height // 2, width, height)
        plain = cell.tag == "neutral"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour("line" if plain else f"{cell.tag}line"))
        back: QColor = colour("surface2" if plain else "blueweak" if cell.tag == "blue" else f"{cell.tag}bg")
        painter.setBrush(back)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(colour("text2" if plain else "text" if cell.tag == "blue" else cell.tag))
        if sign and cell.tag != "neutral":
            painter.drawPixmap(box.left() + 6, box.center().y() - side // 2 + 1, pixmap(sign, cell.tag, side))
            box.setLeft(box.left() + side + 2)
        text = words
        if len(words) * metrics.height() > box.width() - 8:
            text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width() - 8)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

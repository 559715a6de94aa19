"""The painted cells of tables, lists and trees: what of them is cut, and what they say.

Words that are elided are whole in the tooltip; a cell that has none, a state, a number, a button or a value
to choose from must be read at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PyQt6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PyQt6.QtGui import QFont, QFontMetrics
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QListView, QTableView, QTreeView

from views.widgets.basic import split_sign
from views.widgets.caps import PAD
from views.widgets.cells import ACT_MARGIN, ACT_PAD, CHOICE_MARGIN, CHOICE_PAD, ICON_GAP, SUB, Cell
from views.widgets.table import ActTable

_NUMBER = re.compile(r"[\d ¥.:%X*→-]+")
MAIN_COLUMN = 6  # characters that the column which takes what is left must hold


def cut_cells(view: QAbstractItemView) -> list[str]:
    """The cells, headings and rows of ``view`` that do not show what they say."""
    faults = _cut_heads(view)
    name = view.accessibleName()
    for index in shown_indexes(view):
        rect = view.visualRect(index)
        if isinstance(view, ActTable):
            cell = view.rows.cell(index)
            needed, rows = _needed(cell, view.font())
            told = cell.text
        else:
            told = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
            whole = str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
            metrics = _metrics(view, index)
            needed, rows = (0 if whole else metrics.horizontalAdvance(told) + 6), metrics.height()
        if told and needed > rect.width() + 1:
            faults.append(f"表格“{name}”里显示不全（差 {needed - rect.width()} 像素宽）：{told}")
        if told and rows > rect.height() + 1:
            faults.append(f"表格“{name}”行高不够（差 {rows - rect.height()} 像素）：{told}")
    return list(dict.fromkeys(faults))


def cell_texts(view: QAbstractItemView) -> Iterator[tuple[str, QFontMetrics]]:
    """What the cells and headings say, in which font."""
    for index in shown_indexes(view):
        if isinstance(view, ActTable):
            cell = view.rows.cell(index)
            yield f"{cell.text} {cell.sub}", view.fontMetrics()
        else:
            yield str(index.data(Qt.ItemDataRole.DisplayRole) or ""), _metrics(view, index)
    header, model = _header(view), view.model()
    if header is not None and model is not None and header.isVisible():
        for column in range(model.columnCount()):
            head = model.headerData(column, Qt.Orientation.Horizontal)
            yield str(head or ""), header.fontMetrics()


def shown_indexes(view: QAbstractItemView) -> Iterator[QModelIndex]:
    """The cells that are on the screen now, those of opened branches too."""
    model, viewport = view.model(), view.viewport()
    if model is None or viewport is None:
        return
    if isinstance(view, QListView):  # its models do not let Python ask for their columns
        indexes: Iterator[QModelIndex] = (model.index(row, 0) for row in range(model.rowCount()))
    else:
        indexes = _all(model, QModelIndex())
    for index in indexes:
        hidden = isinstance(view, QTableView | QTreeView) and view.isColumnHidden(index.column())
        if not hidden and viewport.rect().intersects(view.visualRect(index)):
            yield index


def _metrics(view: QAbstractItemView, index: QModelIndex) -> QFontMetrics:
    font = index.data(Qt.ItemDataRole.FontRole)
    return QFontMetrics(font) if isinstance(font, QFont) else view.fontMetrics()


def _all(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    for row in range(model.rowCount(parent)):
        for column in range(model.columnCount(parent)):
            yield model.index(row, column, parent)
        first = model.index(row, 0, parent)
        if model.rowCount(first):
            yield from _all(model, first)


def _needed(cell: Cell, font: QFont) -> tuple[int, int]:
    """Width and height that an :class:`ActTable` needs to paint ``cell``; 0 where it may elide."""
    metrics, small = QFontMetrics(font), QFont(font)
    small.setPointSizeF(font.pointSizeF() * SUB)
    below = QFontMetrics(small)
    rows = metrics.height() + (below.height() if cell.sub else 0)
    icon = metrics.height() * 4 // 5 + ICON_GAP if cell.icon else 0
    if cell.head:  # one line over the whole width: its name at the left, its note at the right
        return metrics.horizontalAdvance(f"{cell.text}　{cell.sub}") + 22, metrics.height()
    if cell.bar >= 0:  # its numbers stand beside it
        return 24, metrics.height()
    if cell.sign:
        return 10 + metrics.height() * 4 // 5, metrics.height()
    if cell.act:
        return metrics.horizontalAdvance(cell.text) + 2 * (ACT_MARGIN + ACT_PAD), metrics.height() + 8
    if cell.choice:
        bold = QFont(font)
        bold.setBold(True)
        words = QFontMetrics(bold).horizontalAdvance(cell.text) if _NUMBER.fullmatch(cell.text) else 0
        cap = max(below.horizontalAdvance(cell.choice) + 2 * PAD, below.height())
        return words + cap + 8 + 2 * (CHOICE_MARGIN + CHOICE_PAD), rows
    if cell.tag:
        sign, state = split_sign(cell.text)
        small.setPointSizeF(font.pointSizeF() * 0.88)
        side = QFontMetrics(small).height() * 3 // 4 + 2 if sign else 0
        return QFontMetrics(small).horizontalAdvance(state) + 8 + side + 12, metrics.height()
    if _NUMBER.fullmatch(cell.text) or (cell.icon and cell.token and not cell.wrap):
        return metrics.horizontalAdvance(cell.text) + 14 + icon, rows
    return 0, rows


def _cut_heads(view: QAbstractItemView) -> list[str]:
    header, model = _header(view), view.model()
    if header is None or model is None:
        return []
    faults = []
    for column in range(model.columnCount()):
        if header.isSectionHidden(column):
            continue
        head, width = (
            str(model.headerData(column, Qt.Orientation.Horizontal) or ""),
            header.sectionSize(column),
        )
        if header.isVisible() and header.fontMetrics().horizontalAdvance(head) + 14 > width:
            faults.append(f"表头显示不全：{head}")
        if (
            isinstance(view, ActTable)
            and header.sectionResizeMode(column) == QHeaderView.ResizeMode.Stretch
            and width < view.fontMetrics().horizontalAdvance("中") * MAIN_COLUMN
        ):
            faults.append(f"表格的主列太窄（{width} 像素）：{head or view.accessibleName()}")
    return faults


def _header(view: QAbstractItemView) -> QHeaderView | None:
    if isinstance(view, QTableView):
        return view.horizontalHeader()
    return view.header() if isinstance(view, QTreeView) else None

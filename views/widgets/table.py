"""A table whose rows take single keys, only while it has focus; items are never editable, so the
IME stays out of the way (ui.md §5 rule b)."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from views.theme import colour, pixmap, scaled
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
from views.widgets.keys import name_single_keys


class RowModel(QAbstractTableModel):
    """Rows of cells with a key each; replaced whole, selection kept by key."""

    def __init__(self, heads: Sequence[str]) -> None:
        super().__init__()
        self._heads = tuple(heads)
        self._rows: list[tuple[str, tuple[Cell, ...]]] = []

    def set_rows(self, rows: Sequence[tuple[str, tuple[Cell, ...]]]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def key(self, row: int) -> str:
        return self._rows[row][0] if 0 <= row < len(self._rows) else ""

    def row_of(self, key: str) -> int:
        return next((i for i, row in enumerate(self._rows) if row[0] == key), -1)

    def is_head(self, row: int) -> bool:
        return 0 <= row < len(self._rows) and self._rows[row][1][0].head

    def first(self) -> int:
        """The first row that is no head."""
        return next((at for at in range(len(self._rows)) if not self.is_head(at)), 0)

    def cell(self, index: QModelIndex) -> Cell:
        return self._rows[index.row()][1][index.column()]

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._heads)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        if self.is_head(index.row()):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._heads[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        cell = self.cell(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{cell.text}，{cell.sub}" if cell.sub else cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{cell.text}\n{cell.sub}" if cell.sub else cell.text
        return None


class _CellDelegate(QStyledItemDelegate):
    def __init__(self, row_height: int, table: QTableView) -> None:
        super().__init__(table)
        self._height = row_height
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(80, max(self._height, option.fontMetrics.height() + 14))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        model = index.model()
        if painter is None or not isinstance(model, RowModel):
            return
        cell = model.cell(index)
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
                painter.drawLine(rect.right() - 1, rect.top(), rect.right() - 1, rect.bottom())
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


class ActTable(QTableView):
    """``opened`` on Enter or double click; ``keyed(row key, character)`` for the keys in ``keys``."""

    opened = pyqtSignal(str)
    keyed = pyqtSignal(str, str)
    moved = pyqtSignal(str)

    def __init__(
        self,
        heads: Sequence[str],
        name: str,
        *,
        keys: str = "",
        does: str = "",
        row_height: int = 34,
    ) -> None:
        """``does`` says in a word each what ``keys`` do, for the key map."""
        super().__init__()
        self.rows = RowModel(heads)
        self.rows.setParent(self)
        self._keys = keys
        self._row_height = row_height
        self._headed = False
        self._widths: tuple[int, ...] = ()
        self._fits = False
        if keys and does:
            name_single_keys(self, [(" ".join(keys), f"{name}：{does}")])
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self.setItemDelegate(_CellDelegate(row_height, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        vertical, horizontal = self.verticalHeader(), self.horizontalHeader()
        assert vertical is not None
        assert horizontal is not None
        vertical.hide()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fit_rows()
        horizontal.setHighlightSections(False)
        horizontal.setStretchLastSection(True)
        self.doubleClicked.connect(lambda index: self.opened.emit(self.rows.key(index.row())))
        selection = self.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(lambda now, _: self.moved.emit(self.rows.key(now.row())))

    def set_widths(self, *widths: int, fits: bool = False) -> None:
        """Pixel widths from the left at 100 %; 0 takes what is left over.

        ``fits``: the widths are the most, a column that needs less leaves the rest to the others.
        """
        header = self.horizontalHeader()
        assert header is not None
        self._widths, self._fits = widths, fits
        widths = tuple(scaled(width) for width in widths)
        for column, width in enumerate(widths):
            if width:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                self.setColumnWidth(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(0 not in widths)
        self._fit_columns()

    def _fit_columns(self) -> None:
        header = self.horizontalHeader()
        if header is None or not self._fits or not self.rows.rowCount():
            return
        heads = header.fontMetrics()
        words = self.fontMetrics()
        for column, most in enumerate(self._widths):
            if not most:
                continue
            name = str(self.rows.headerData(column, Qt.Orientation.Horizontal) or "")
            wanted = heads.horizontalAdvance(name) + 20
            for row in range(self.rows.rowCount()):
                cell = self.rows.cell(self.rows.index(row, column))
                sign, text = split_sign(cell.text) if cell.tag else ("", cell.text)
                room = words.horizontalAdvance(text) + (40 if sign else 26 if cell.tag else 20)
                wanted = max(wanted, room, round(words.horizontalAdvance(cell.sub) * 0.86) + 20)
            self.setColumnWidth(column, min(wanted, scaled(most)))

    def show_rows(self, rows: Sequence[tuple[str, tuple[Cell, ...]]]) -> None:
        """Replace the rows; the current one stays current when its key is still there."""
        key = self.current_key()
        selection = self.selectionModel()
        assert selection is not None
        selection.blockSignals(True)
        self.rows.set_rows(rows)
        self._fit_columns()
        row = self.rows.row_of(key) if key else -1
        self._fit_heads()
        if rows:
            self.selectRow(row if row >= 0 else self.rows.first())
        selection.blockSignals(False)
        viewport = self.viewport()
        if viewport is not None:
            viewport.update()

    def height_for(self, most: int) -> int:
        """The height that shows every row, ``most`` at a time."""
        header, vertical = self.horizontalHeader(), self.verticalHeader()
        assert header is not None
        assert vertical is not None
        shown = max(1, min(self.rows.rowCount(), most))
        return header.sizeHint().height() + 2 + vertical.defaultSectionSize() * shown

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        super().mouseReleaseEvent(event)
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        index = self.indexAt(event.position().toPoint())
        if not index.isValid():
            return
        cell = self.rows.cell(index)
        if cell.act:
            self.opened.emit(self.rows.key(index.row()))
        elif cell.choice:
            self.keyed.emit(self.rows.key(index.row()), cell.choice)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_rows()
            if self._widths:
                self.set_widths(*self._widths, fits=self._fits)

    def _fit_rows(self) -> None:
        """Rows as high as ui.md §2 says, and higher where larger type needs it."""
        vertical = self.verticalHeader()
        if vertical is not None:
            line = self.fontMetrics().height()
            wanted = round(line * 1.86) + 8 if self._row_height > 40 else line + 10
            vertical.setDefaultSectionSize(max(self._row_height, wanted))
            self._fit_heads()

    def _fit_heads(self) -> None:
        """Heads are low and as wide as the table."""
        if self._headed:
            self.clearSpans()
        heads = [row for row in range(self.rows.rowCount()) if self.rows.is_head(row)]
        self._headed = bool(heads)
        for row in heads:
            self.setSpan(row, 0, 1, self.rows.columnCount())
            self.setRowHeight(row, self.fontMetrics().height() + 8)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Over the heads, onward in the same direction; Home and End to the first and the last row."""
        index = super().moveCursor(action, modifiers)
        moves = QAbstractItemView.CursorAction
        step = -1 if action in (moves.MoveUp, moves.MovePageUp, moves.MoveEnd) else 1
        if action in (moves.MoveHome, moves.MoveEnd):  # Qt's own go along the row
            index = self.rows.index(0 if action == moves.MoveHome else self.rows.rowCount() - 1, 0)
        row = index.row() if index.isValid() else self.currentIndex().row() + step
        while self.rows.is_head(row):
            row += step
        if not 0 <= row < self.rows.rowCount():
            return self.currentIndex()
        return self.rows.index(row, max(index.column(), 0))

    def current_key(self) -> str:
        return self.rows.key(self.currentIndex().row())

    def go_to(self, key: str) -> None:
        row = self.rows.row_of(key)
        if row >= 0:
            self.selectRow(row)
            self.scrollTo(self.rows.index(row, 0))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        key = self.current_key()
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and key:
            if not event.isAutoRepeat():  # held down it is one press
                self.opened.emit(key)
        elif plain and event.text() and event.text() in self._keys and key:
            if not event.isAutoRepeat():
                self.keyed.emit(key, event.text())
        elif event.text() and plain and event.key() not in (Qt.Key.Key_Tab, Qt.Key.Key_Escape):
            event.ignore()  # no type-ahead search: digits and letters are commands here
        else:
            super().keyPressEvent(event)

"""A table whose rows take single keys, only while it has focus; items are never editable, so the
IME stays out of the way (ui.md §5 rule b)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QEvent, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from views.theme import scaled
from views.widgets.basic import split_sign
from views.widgets.cell_delegate import CellDelegate
from views.widgets.cells import Cell
from views.widgets.keys import name_single_keys
from views.widgets.row_model import RowModel


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
        self._most = 6  # rows at a time, until somebody knows the room
        if keys and does:
            name_single_keys(self, [(" ".join(keys), f"{name}：{does}")])
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self._cells = CellDelegate(row_height, self)
        self.setItemDelegate(self._cells)
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

    def forget(self, goes: Callable[[str], bool]) -> None:
        """Drop what is kept of the looks of the rows whose key ``goes``: names of people, say."""
        self._cells.forget(goes)

    def height_for(self, most: int) -> int:
        """The height that shows every row, ``most`` at a time."""
        header, vertical = self.horizontalHeader(), self.verticalHeader()
        assert header is not None
        assert vertical is not None
        shown = max(1, min(self.rows.rowCount(), most))
        return header.sizeHint().height() + 2 + vertical.defaultSectionSize() * shown

    def take_room(self, room: int, least: int) -> None:
        """As high as its rows, as far as ``room`` px allow, but never less than ``least`` of them; whole rows only."""
        header, vertical = self.horizontalHeader(), self.verticalHeader()
        assert header is not None
        assert vertical is not None
        self._most = max(least, (room - header.sizeHint().height() - 2) // vertical.defaultSectionSize())
        self.fit_height()

    def fit_height(self) -> None:
        """Fixed to what :meth:`take_room` allows, after other rows were shown."""
        self.setFixedHeight(self.height_for(self._most))

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

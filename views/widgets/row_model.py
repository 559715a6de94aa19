"""Rows of cells, as a table shows them; none can be edited."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt

from views.widgets.cells import Cell


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

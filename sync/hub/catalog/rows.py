"""One data row under standard column names, and the way its cells are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from sync.hub.catalog.splitting import split

T = TypeVar("T")

_YES = frozenset(("是", "1", "Y", "YES", "TRUE", "T", "√", "✓", "可", "可以", "有", "支持", "对"))
_NO = frozenset(
    ("", "否", "0", "N", "NO", "FALSE", "F", "×", "✗", "X", "不", "不可", "无", "不支持", "-", "/")
)


class BadCell(Exception):
    """A cell that makes its row unusable."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column, self.reason = column, reason


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """``values`` has every column of the row's table that the file has; a blank cell is ""."""

    table: str
    file: str
    number: int
    values: Mapping[str, str]

    def has(self, column: str) -> bool:
        """Whether the file has the column at all."""
        return column in self.values

    def get(self, column: str) -> str:
        return self.values.get(column, "")

    def code(self, column: str) -> str:
        """Half-width and without blanks, as codes and ids are compared."""
        return plain_code(self.get(column))

    def need(self, column: str) -> str:
        """The text of a cell that may not be blank.  Raises BadCell."""
        text = self.get(column)
        if not text:
            raise BadCell(column, "没有填，这一行没有读入")
        return text

    def need_code(self, column: str) -> str:
        return plain_code(self.need(column))

    def parts(self, column: str, marks: str) -> tuple[str, ...]:
        return split(self.get(column), marks)

    def flag(self, column: str) -> bool | None:
        """None when it is neither yes nor no."""
        text = self.code(column).upper()
        return True if text in _YES else False if text in _NO else None


def plain_code(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))

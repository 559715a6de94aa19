"""What an import has to say about each doubtful row; it never stops at one."""

from __future__ import annotations

import msgspec

ERROR, WARNING, NOTE = "error", "warning", "note"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """``row`` is the line a person sees in Excel (the header is 1)."""

    row: int
    field: str
    reason: str
    severity: str
    table: str = "事项"
    file: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One data row under standard column names; blanks are ""."""

    table: str
    file: str
    number: int
    values: dict[str, str]

    def get(self, column: str) -> str:
        return self.values.get(column, "")

    def flag(self, column: str) -> bool:
        return self.get(column) in ("是", "1", "Y", "y", "true", "√", "可")

    def parts(self, column: str, separators: str = "；;|、") -> tuple[str, ...]:
        """A cell with several values; ``separators`` are all taken as such."""
        text = self.get(column)
        for mark in separators[1:]:
            text = text.replace(mark, separators[0])
        return tuple(p.strip() for p in text.split(separators[0]) if p.strip())


class Report:
    """Collects problems in reading order, each once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._seen: set[Problem] = set()

    def add(self, row: Row, field: str, reason: str, severity: str) -> None:
        problem = Problem(
            row=row.number, field=field, reason=reason, severity=severity, table=row.table, file=row.file
        )
        if problem not in self._seen:
            self._seen.add(problem)
            self.problems.append(problem)

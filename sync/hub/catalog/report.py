"""What an import has to say about each doubtful row; it never stops at one."""

from __future__ import annotations

import msgspec

from sync.hub.catalog.rows import Row

# An error row was not loaded; a warning row was, with a doubt; a note is for information.
ERROR, WARNING, NOTE = "error", "warning", "note"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """``row`` is the line a person sees in Excel (the header is 1)."""

    row: int
    field: str
    reason: str
    severity: str
    table: str = "事项"
    file: str = ""


class Place(msgspec.Struct, frozen=True):
    """Where something stands in a source."""

    table: str
    file: str
    row: int

    def __str__(self) -> str:
        """“材料表第 5 行”, with the file where a table may be in several."""
        parts = self.file.split(".")
        file = f"（{self.file}）" if parts[0] == self.table and len(parts) > 2 else ""
        return f"{self.table}表{file}第 {self.row} 行"


def place(row: Row) -> Place:
    return Place(row.table, row.file, row.number)


class Report:
    """Collects problems in reading order, each once."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}

    def add(self, row: Row, field: str, reason: str, severity: str) -> None:
        self.at(row.number, field, reason, severity, table=row.table, file=row.file)

    def at(self, row: int, field: str, reason: str, severity: str, *, table: str, file: str) -> None:
        problem = Problem(row=row, field=field, reason=reason, severity=severity, table=table, file=file)
        self._problems.setdefault(problem)

    def errors(self) -> set[Place]:
        """Rows that were not loaded."""
        return {Place(p.table, p.file, p.row) for p in self._problems if p.severity == ERROR}

    def sorted(self, tables: tuple[str, ...]) -> tuple[Problem, ...]:
        """By table in the order of ``tables``, then file and row, as a person corrects them."""
        place = {table: n for n, table in enumerate(tables)}
        return tuple(sorted(self._problems, key=lambda p: (place.get(p.table, len(place)), p.file, p.row)))

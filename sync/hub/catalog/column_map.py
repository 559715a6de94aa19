"""A hall's own column names: which of its headings is which column of ours, for each table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from models.errors import KnownError
from models.files import write_out
from sync.hub.catalog.columns import SYNONYMS, TABLES
from sync.hub.catalog.report import ERROR, WARNING, Report

TABLE, THEIRS, OURS = "表", "本地列名", "标准列名"
MAP = "列名"
_EVERY = ""


class ColumnMap(msgspec.Struct, frozen=True, kw_only=True):
    """``names`` by table (空 for every table): a hall's heading → our column."""

    names: Mapping[str, Mapping[str, str]] = {}

    def of(self, table: str) -> Mapping[str, str]:
        """The headings that hold in one table; what is written for the table itself goes first."""
        columns = TABLES[table].columns
        every = {head: column for head, column in self.names.get(_EVERY, {}).items() if column in columns}
        return every | dict(self.names.get(table, {}))

    def over(self, other: ColumnMap) -> ColumnMap:
        """This map on top of ``other``."""
        tables = {*self.names, *other.names}
        return ColumnMap(
            names={one: {**other.names.get(one, {}), **self.names.get(one, {})} for one in tables}
        )


def read_column_map(data: bytes, file: str, report: Report) -> ColumnMap:
    """Lines of ``本地列名,标准列名`` or ``表,本地列名,标准列名``; a wrong line is told and not used."""
    text = _decoded(data, file)
    names: dict[str, dict[str, str]] = {}
    try:
        for number, table, theirs, ours in _lines(text):
            reason = _wrong(table, ours) or _twice(names.get(table, {}), theirs, ours)
            if reason:
                report.at(number, theirs[:40], f"{reason}，这一行没有用", ERROR, table=MAP, file=file)
            else:
                names.setdefault(table, {})[theirs] = ours
    except csv.Error as error:
        raise KnownError(
            f"列名对照“{file}”的格式不对，目录没有改动。每行应是“表,本地列名,标准列名”。"
        ) from error
    if not names:
        report.at(1, "", "列名对照里没有一行能用，按标准列名读入", WARNING, table=MAP, file=file)
    return ColumnMap(names=names)


def _decoded(data: bytes, file: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096]:
        raise KnownError(
            f"列名对照“{file}”不是文本文件，目录没有改动。请在 Excel 里另存为 CSV（UTF-8）再用。"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _separator(text: str) -> str:
    """Comma, tab or semicolon, whichever the first line that has any is written with."""
    first = next((line for line in text.splitlines() if any(mark in line for mark in ",\t;")), ",")
    return max(",\t;", key=first.count)


def _lines(text: str) -> Iterator[tuple[int, str, str, str]]:
    with_table = False
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    for number, line in enumerate(reader, start=1):
        cells = [cell.strip() for cell in line]
        if THEIRS in cells:
            with_table = cells[0] == TABLE
            continue
        table, theirs, ours = [*cells, "", "", ""][:3] if with_table else [_EVERY, *[*cells, "", ""][:2]]
        if theirs:
            yield number, table, theirs, ours


def _wrong(table: str, ours: str) -> str:
    if table != _EVERY and table not in TABLES:
        return f"没有叫“{table[:40]}”的表"
    known = TABLES[table].columns if table else [c for one in TABLES.values() for c in one.columns]
    if ours not in known:
        return f"“{ours[:40]}”不是{table + '表的' if table else ''}标准列名"
    return ""


def _twice(names: Mapping[str, str], theirs: str, ours: str) -> str:
    before = names.get(theirs, ours)
    return "" if before == ours else f"前面已经把它对到“{before}”"


def write_column_map(path: Path) -> int:
    """Write the built-in map for a hall to edit; returns how many lines.  Raises KnownError."""
    if path.exists():
        raise KnownError(f"“{path.name}”已经存在，没有写文件。请换一个名称。")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow((TABLE, THEIRS, OURS))
    lines = [
        (name, theirs, ours)
        for name, table in TABLES.items()
        for theirs, ours in (*((column, column) for column in table.columns), *SYNONYMS.get(name, {}).items())
    ]
    writer.writerows(lines)
    try:
        write_out(path, text.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise KnownError(
            f"“{path.name}”写不进去，没有写文件。请检查目录、权限和磁盘空间。", detail=type(error).__name__
        ) from error
    return len(lines)

"""A grid of cells → rows: where the header is, which columns are known, what each cell says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice

import msgspec

from models.errors import KnownError
from sync.hub.catalog.cells import Cleaned, clean_value
from sync.hub.catalog.columns import (
    CODES,
    ITEMS,
    JOINED,
    SEVERAL_LINES,
    TABLES,
    match_heads,
    missing,
    standard_names,
)
from sync.hub.catalog.report import ERROR, NOTE, WARNING, Report
from sync.hub.catalog.rows import Row

# A title, a date and an empty line may stand above the header.
HEADER_WITHIN = 10
MAX_ROWS = 200_000
# Characters.  No screen or notice shows more; it is a mistake or worse.
LONGEST_CELL = 100_000

Line = tuple[int, Sequence[object]]
# (row number, column index, column, value) → a value in its place and what to say about it.
Repair = Callable[[int, int, str, object], tuple[object, str]]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """``own`` are a hall's own column names."""

    file: str
    table: str
    own: Mapping[str, str]


def find_header(lines: Iterable[Line], source: Source) -> tuple[int, list[str]] | None:
    """Row number and columns of the first line that has all required columns."""
    names = standard_names(source.table, source.own)
    for number, cells in islice(lines, HEADER_WITHIN):
        heads = match_heads([str(c) if c is not None else "" for c in cells], names)
        if any(heads) and not missing(source.table, heads):
            return number, heads
    return None


def read_lines(
    lines: Iterable[Line], source: Source, report: Report, repair: Repair | None = None
) -> list[Row]:
    """All data rows.  Raises KnownError when a required column is missing."""
    rest = iter(lines)
    top = list(islice(rest, HEADER_WITHIN))
    found = find_header(top, source)
    if found is None:
        if not any(_filled(cells) for _, cells in top):
            return []
        raise no_header(top, source)
    start, heads = found
    header = next(cells for number, cells in top if number == start)
    _tell_columns(start, header, heads, source, report)
    titles = [(n, _text(header[n])) for n, head in enumerate(heads) if head in TABLES[source.table].required]
    rows: list[Row] = []
    for number, cells in chain((line for line in top if line[0] > start), rest):
        if not _filled(cells):
            continue
        if all(n < len(cells) and _text(cells[n]) == title for n, title in titles):
            # Lists that were put together of printed pages have it on each.
            report.at(number, "", "又是一行表头，没有读入", WARNING, table=source.table, file=source.file)
            continue
        if len(rows) >= MAX_ROWS:
            if source.table != ITEMS:
                # Whose the rest is nobody can know: an item would stand without some of its materials.
                raise KnownError(
                    f"“{source.file}”的{source.table}表超过 {MAX_ROWS} 行，目录没有改动。请拆成几份清单，每份连同自己的明细导入。"
                )
            report.at(
                number, "", f"超过 {MAX_ROWS} 行，从这一行起没有读入，请拆成几个文件", ERROR,
                table=source.table, file=source.file,
            )  # fmt: skip
            break
        rows.append(_row(number, cells, heads, source, report, repair))
    return rows


def no_header(top: Iterable[Line], source: Source) -> KnownError:
    """The plain sentence for a table whose required columns are not there."""
    names = standard_names(source.table, source.own)
    best = min(
        (missing(source.table, match_heads([str(c or "") for c in cells], names)) for _, cells in top),
        key=len,
        default=list(TABLES[source.table].required),
    )
    lacking = "、".join(f"“{column}”" for column in best)
    return KnownError(
        f"“{source.file}”的{source.table}表缺少{lacking}列，目录没有改动。"
        "请对照导入格式说明核对表头，或者在“列名.csv”里写明对应的列名。"
    )


def _text(cell: object) -> str:
    return str(cell).strip() if cell is not None else ""


def _filled(cells: Sequence[object]) -> bool:
    return any(c is not None and str(c).strip() for c in cells)


def _tell_columns(
    number: int, header: Sequence[object], heads: list[str], source: Source, report: Report
) -> None:
    def tell(column: str, reason: str, severity: str) -> None:
        report.at(number, column, reason, severity, table=source.table, file=source.file)

    names = standard_names(source.table, source.own)
    if number > 1:
        tell("", f"表头在第 {number} 行，上面的内容没有读入", NOTE)
    known = set(heads)
    for cell, head in zip(header, heads, strict=True):
        text = str(cell).strip() if cell is not None else ""
        if text and not head:
            twice = match_heads([text], names)[0]
            if twice:
                tell(text[:40], f"与另一列重复，都是“{twice}”，这一列没有读入", WARNING)
            else:
                tell(text[:40], "不认识这一列，没有读入；需要的话在“列名.csv”里写明它对应哪一列", NOTE)
    for column in TABLES[source.table].expected:
        if column not in known:
            tell(column, "清单没有这一列，各行按没有填处理", WARNING)


def _row(
    number: int,
    cells: Sequence[object],
    heads: list[str],
    source: Source,
    report: Report,
    repair: Repair | None,
) -> Row:
    values: dict[str, str] = {}
    doubts: list[tuple[str, str]] = []
    long: list[tuple[str, int]] = []
    for n, column in enumerate(heads):
        if not column:
            continue
        value: object = cells[n] if n < len(cells) else None
        said = ""
        if repair is not None:
            value, said = repair(number, n, column, value)
        cleaned: Cleaned = clean_value(value, column, CODES, SEVERAL_LINES)
        if len(cleaned[0]) > LONGEST_CELL:
            long.append((column, len(cleaned[0])))
            cleaned = "", ""
        joined = column in JOINED and values.get(column) and cleaned[0]
        values[column] = f"{values[column]}；{cleaned[0]}" if joined else cleaned[0] or values.get(column, "")
        doubts += [(column, doubt) for doubt in (said, cleaned[1]) if doubt]
    row = Row(table=source.table, file=source.file, number=number, values=values)
    for column, doubt in doubts:
        report.add(row, column, doubt, WARNING)
    for column, length in long:
        reason = f"这一格有 {length} 个字，超过 {LONGEST_CELL} 个，这一行没有读入"
        report.add(row, column, reason, ERROR)
    if _filled(cells[len(heads) :]):
        report.add(row, "", "这一行的列数比表头多，多出的没有读入，请核对有没有错位", WARNING)
    return row

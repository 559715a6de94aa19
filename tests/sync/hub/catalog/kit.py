"""Small sources for importer tests, written the way an office would."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook

from sync.hub.catalog import ImportResult, read_catalog

ROOT = Path(__file__).resolve().parents[4]
REAL_LIST = ROOT.parent / "shared" / "data" / "guangan" / "items.csv"
CITY = ROOT / "resources" / "city" / "taian"

HEAD = ("部门", "主项", "办理项名称", "事项编码", "区划代码", "事项类型", "部门编码")
# A made-up office: the check digit holds.
OFFICE = "11370900MB28449441"
GOOD = ("样例市样例局", "样例主项", "样例办理项", "", "370900", "1", OFFICE)


def good(**cells: str) -> tuple[str, ...]:
    """A sound row with some cells replaced, by column name."""
    row = dict(zip(HEAD, GOOD, strict=True)) | cells
    return tuple(row[column] for column in HEAD)


def csv_bytes(rows: Iterable[Sequence[str]], encoding: str = "utf-8-sig", separator: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def read_rows(folder: Path, rows: Iterable[Sequence[str]], head: Sequence[str] = HEAD) -> ImportResult:
    path = folder / "items.csv"
    path.write_bytes(csv_bytes([head, *rows]))
    return read_catalog(path)


def read_tables(folder: Path, **tables: Iterable[Sequence[str]]) -> ImportResult:
    """Tables by name, each with its header as the first row."""
    for table, rows in tables.items():
        (folder / f"{table}.csv").write_bytes(csv_bytes(rows))
    return read_catalog(folder)


def book(path: Path, rows: Iterable[Sequence[object]], title: str = "Sheet1") -> Workbook:
    """An open workbook of one sheet; the caller changes and saves it."""
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    made.save(path)
    return made


def said(result: ImportResult, severity: str | None = None) -> list[tuple[int, str, str]]:
    """(row, field, reason) of the problems."""
    return [(p.row, p.field, p.reason) for p in result.problems if severity is None or p.severity == severity]


def rows_told(result: ImportResult, field: str) -> set[int]:
    return {p.row for p in result.problems if p.field == field}

"""CSV as offices really save it: several encodings, several separators, quotes that don't close."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice

from models.errors import KnownError
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import Row
from sync.hub.catalog.sheet import HEADER_WITHIN, Line, Source, find_header, no_header, read_lines

# A cell may hold line breaks, but a record over more lines is a quote that was never closed.
LONGEST_RECORD = 60
# A longer cell is told by its row (sheet.LONGEST_CELL); one that csv refuses would be a row of nobody.
csv.field_size_limit(2**31 - 1)
_SEPARATORS = ",\t;"
Broken = Callable[[int, str, str], None]
_MODES = (("utf-8-sig", "strict"), ("gb18030", "strict"), ("utf-8-sig", "replace"), ("gb18030", "replace"))


def read_csv(data: bytes, source: Source, report: Report) -> list[Row]:
    """Raises KnownError when it is no such table."""
    if not data.strip(b"\xef\xbb\xbf\x00 \t\r\n,;"):
        return []
    lines, separator = _decoded(data, source)

    def broken(number: int, reason: str, severity: str) -> None:
        report.at(number, "", reason, severity, table=source.table, file=source.file)

    return read_lines(_records(lines, separator, broken), source, report)


def _decoded(data: bytes, source: Source) -> tuple[list[str], str]:
    """Physical lines and separator, by the encoding under which the header is the table's."""
    first: KnownError | None = None
    modes = (("utf-16", "replace"),) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else _MODES
    if modes is _MODES and b"\x00" in data[:4096]:
        raise KnownError(
            f"“{source.file}”不是文本文件，目录没有改动。请在 Excel 里另存为 CSV（UTF-8）再导入。"
        )
    for encoding, errors in modes:
        try:
            text = data.decode(encoding, errors)
        except UnicodeDecodeError:
            continue
        lines = list(io.StringIO(text, newline=""))
        for separator in _SEPARATORS:
            top = list(islice(_records(lines, separator, _silent), HEADER_WITHIN))
            if find_header(top, source) is not None:
                return lines, separator
            if first is None and any(len(cells) > 1 for _, cells in top):
                first = no_header(top, source)
    raise first or KnownError(
        f"“{source.file}”里没有能认出的表头，目录没有改动。请核对是不是这个文件，或者另存为 CSV（UTF-8）再导入。"
    )


def _silent(number: int, reason: str, severity: str) -> None:
    """While looking for the header nothing is told yet."""


def _records(lines: list[str], separator: str, broken: Broken) -> Iterator[Line]:
    """Records with the row number that Excel shows, where a cell's line breaks make no new row."""
    at = number = 0
    while at < len(lines):
        number += 1
        reader = csv.reader(lines[at : at + LONGEST_RECORD] if '"' in lines[at] else lines[at : at + 1],
                            delimiter=separator, strict=True)  # fmt: skip
        try:
            cells = next(reader)
            at += reader.line_num
        except (csv.Error, StopIteration):
            # An unclosed quote would swallow the rest of the list: the line stands alone.
            try:
                cells = next(csv.reader(lines[at : at + 1], delimiter=separator), [])
                broken(number, "这一行的引号不成对，只按本行读入，请核对", WARNING)
            except csv.Error:
                cells = []
                broken(number, "这一行太长或者写法有误，没有读入", ERROR)
            at += 1
        yield number, cells

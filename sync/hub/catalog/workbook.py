"""XLSX: streamed, so that a stray cell at the bottom of a sheet costs nothing; hostile bytes are refused."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook

from models.errors import KnownError
from sync.hub.catalog.column_map import ColumnMap
from sync.hub.catalog.columns import ITEMS, TABLES
from sync.hub.catalog.package import Merges, merged_ranges
from sync.hub.catalog.report import NOTE, Report
from sync.hub.catalog.rows import Row
from sync.hub.catalog.sheet import Line, Source, find_header, read_lines

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

MAX_UNPACKED = 512 * 1024 * 1024
# Sheets that people fill pack to a tenth or a fortieth; a part beyond this was made to hurt.
MOST_PACKED, BIG = 200, 16 * 1024 * 1024
PROLOGUE = 64 * 1024
MAX_COLUMNS = 200
# Only these two are repeated for every row of a list; anything else merged is left to a person.
FILLED_DOWN = frozenset(("部门", "主项"))
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


def read_workbook(data: bytes, file: str, own: ColumnMap, report: Report) -> dict[str, list[Row]]:
    """Rows by table.  Raises KnownError when it is no sound workbook or a table lacks its header."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise KnownError(
            f"“{file}”是旧版 Excel 或者加了密码的文件，目录没有改动。请打开后另存为不加密码的 .xlsx 再导入。"
        )
    try:
        return _read(data, file, own, report)
    except KnownError:
        raise
    except Exception as error:  # openpyxl and zipfile meet damaged bytes with two dozen kinds of exception
        raise KnownError(
            f"“{file}”不是完好的 Excel 文件，目录没有改动。请打开后重新另存为 .xlsx 再导入。",
            detail=type(error).__name__,
        ) from error


def _read(data: bytes, file: str, own: ColumnMap, report: Report) -> dict[str, list[Row]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if sum(part.file_size for part in package.infolist()) > MAX_UNPACKED:
            raise KnownError(f"“{file}”解开后超过 512 MB，目录没有改动。请拆成几个文件再导入。")
        _look_over(package, file, report)
        sheets = [name for name in package.namelist() if "worksheets/" in name]
        formulas = any(_FORMULA.search(package.read(name)) for name in sheets)
        merges = merged_ranges(package)
    tables: dict[str, list[Row]] = {}
    with warnings.catch_warnings():
        # openpyxl warns of styles and extensions that carry no data.
        warnings.simplefilter("ignore")
        values = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        written = load_workbook(io.BytesIO(data), read_only=True) if formulas else None
        try:
            for title, table in _tables(values, file, own, report).items():
                source = Source(file=f"{file}·{title}", table=table, own=own.of(table))
                repair = _Repair(merges.get(title, {}), written[title] if written is not None else None)
                rows = read_lines(_lines(values[title]), source, report, repair)
                tables.setdefault(table, []).extend(rows)
        finally:
            values.close()
            if written is not None:
                written.close()
    return tables


def _look_over(package: zipfile.ZipFile, file: str, report: Report) -> None:
    """Raises KnownError for what no office program writes and only a reader's harm explains."""
    for part in package.infolist():
        if part.file_size > BIG and part.file_size > MOST_PACKED * max(part.compress_size, 1):
            raise KnownError(
                f"“{file}”压缩得不合常理，没有解开，目录没有改动。请在 Excel 里另存为一份新的 .xlsx 再导入。"
            )
    if len(set(package.namelist())) < len(package.namelist()):
        raise KnownError(
            f"“{file}”里同一部分写了两遍，不是完好的 Excel 文件，目录没有改动。请另存为一份新的 .xlsx 再导入。"
        )
    for name in package.namelist():
        if name.endswith((".xml", ".rels")):
            with package.open(name) as content:
                # A document type stands before the first element, or nowhere.
                if b"<!DOCTYPE" in content.read(PROLOGUE).replace(b"\0", b"").upper():
                    raise KnownError(
                        f"“{file}”里写有 XML 实体，Excel 不会这样写，目录没有改动。请另存为一份新的 .xlsx 再导入。"
                    )
    if any(name.lower().endswith("vbaproject.bin") for name in package.namelist()):
        report.at(1, "", "文件带有宏，只读了表格里的数据，宏没有运行", NOTE, table=ITEMS, file=file)


def _lines(sheet: Any) -> Iterator[Line]:
    # The declared size of a sheet is often wrong; without it only real cells are walked.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield number, cells[:MAX_COLUMNS]


def _tables(book: Workbook, file: str, own: ColumnMap, report: Report) -> dict[str, str]:
    """Sheet title → table.  Without a sheet named 事项, the first that looks like one is taken for it."""
    titles = [sheet.title for sheet in book.worksheets]
    found = {title: table for title in titles if (table := title.strip().split(".")[0]) in TABLES}
    if ITEMS not in found.values():
        source = Source(file=file, table=ITEMS, own=own.of(ITEMS))
        others = [title for title in titles if title not in found]
        for title in others:
            if find_header(_lines(book[title]), source) is not None:
                found[title] = ITEMS
                break
        else:
            if others and not found:
                found[others[0]] = ITEMS
    for title in titles:
        if title not in found:
            report.at(1, "", f"没有用到工作表“{title}”，它的名称不在导入格式里", NOTE, table=ITEMS, file=file)
    return found


class _Repair:
    """Tells why a cell is empty: merged with the one above, or a formula without a result.

    Called for every cell by rising row number.
    """

    def __init__(self, merges: Merges, written: Any) -> None:
        self._merges = {column: sorted(spans, reverse=True) for column, spans in merges.items()}
        self._last: dict[int, Line] = {}
        self._written = _lines(written) if written is not None else None
        self._line: Line = (0, ())

    def __call__(self, number: int, index: int, column: str, value: object) -> tuple[object, str]:
        if value is not None:
            self._last[index] = (number, (value,))
            return value, ""
        spans = self._merges.get(index, [])
        while spans and spans[-1][1] < number:
            spans.pop()
        if spans and spans[-1][0] < number:
            return self._merged(spans[-1][0], index, column)
        if self._is_formula(number, index):
            return None, "公式没有算好的结果，按空白处理，请在 Excel 里打开保存一次"
        return None, ""

    def _merged(self, top: int, index: int, column: str) -> tuple[object, str]:
        where, value = self._last.get(index, (0, (None,)))
        if column in FILLED_DOWN and where == top:
            return value[0], f"合并单元格，按第 {top} 行的值补入"
        return None, f"与第 {top} 行合并的单元格，按空白处理，请取消合并后逐行填写"

    def _is_formula(self, number: int, index: int) -> bool:
        if self._written is None:
            return False
        while self._line[0] < number:
            self._line = next(self._written, (number, ()))
        cells = self._line[1] if self._line[0] == number else ()
        return index < len(cells) and cells[index] is not None

"""From bytes to rows: CSV in the usual encodings, XLSX sheets, folders of tables."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from models.errors import KnownError
from sync.hub.catalog.report import ERROR, NOTE, WARNING, Report, Row

ITEMS = "事项"
TABLES = (ITEMS, "材料", "字段", "情形", "要点", "区划", "部门", "大厅", "窗口", "人员")
MAX_BYTES = 256 * 1024 * 1024
_SYNONYMS = {
    "部门名称": "部门", "实施部门": "部门", "主项名称": "主项", "事项名称": "办理项名称", "名称(办理项)": "办理项名称",
    "办理项": "办理项名称", "业务办理项名称": "办理项名称", "实施编码": "事项编码", "编码": "事项编码",
    "行政区划代码": "区划代码", "类型代码": "事项类型", "组织机构代码": "部门编码", "法定办结时限": "法定时限",
    "承诺办结时限": "承诺时限",
}  # fmt: skip


def read_rows(path: Path, column_map: Path | None, report: Report) -> dict[str, list[Row]]:
    """All rows by table.  Raises KnownError when nothing can be read at all."""
    mapping = dict(_SYNONYMS) | _own_names(column_map)
    tables: dict[str, list[Row]] = {}
    try:
        if path.is_dir():
            own = path / "列名.csv"
            mapping |= _own_names(own if own.exists() else None)
            for file in sorted(path.iterdir()):
                table = file.name.split(".")[0]
                if file.suffix.lower() == ".csv" and table in TABLES:
                    tables.setdefault(table, []).extend(_csv_rows(file, table, mapping, report))
        elif path.suffix.lower() in (".xlsx", ".xlsm"):
            tables = _workbook(path, mapping, report)
        else:
            tables[ITEMS] = list(_csv_rows(path, ITEMS, mapping, report))
    except FileNotFoundError as error:
        raise KnownError(f"没有找到“{path.name}”，目录没有改动。请核对路径。") from error
    except PermissionError as error:
        raise KnownError(f"没有权限读“{path.name}”，目录没有改动。请换一个账户或者改权限。") from error
    except OSError as error:
        raise KnownError(f"读不出“{path.name}”，目录没有改动。请检查磁盘或者文件。") from error
    if not tables.get(ITEMS):
        raise KnownError(f"“{path.name}”里没有一行事项，目录没有改动。请核对是不是这个文件。")
    if not any(row.get("办理项名称") for row in tables[ITEMS]):
        raise KnownError(
            f"“{path.name}”里没有“办理项名称”这一列或者全是空的，目录没有改动。请对照 docs/import-format.md 改列名。"
        )
    return tables


def _own_names(path: Path | None) -> dict[str, str]:
    """A hall's own column names: lines of 本地列名,标准列名."""
    if path is None:
        return {}
    try:
        lines = list(csv.reader(io.StringIO(_text(path.read_bytes(), path.name))))
    except OSError as error:
        raise KnownError(f"读不出列名对照“{path.name}”，目录没有改动。请核对路径。") from error
    return {line[0].strip(): line[1].strip() for line in lines if len(line) >= 2 and line[0] != "本地列名"}


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise KnownError(f"“{name}”超过 256 MB，目录没有改动。请拆成几个文件。")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise KnownError(f"“{name}”其实是 Excel 文件，目录没有改动。请把后缀改成 .xlsx 再导入。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise KnownError(f"“{name}”不是文本文件，目录没有改动。请另存为 CSV（UTF-8）再导入。")


def _csv_rows(path: Path, table: str, mapping: dict[str, str], report: Report) -> Iterator[Row]:
    text = _text(path.read_bytes(), path.name)
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(text, newline=""))
    heads: list[str] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            broken = Row(table=table, file=path.name, number=reader.line_num, values={})
            report.add(broken, "", "这一行的引号或者分隔不完整，没有读入", ERROR)
            continue
        if not any(c.strip() for c in cells):
            continue
        if not heads:
            heads = _heads(cells, mapping, table, path.name, report)
        else:
            yield _row(table, path.name, reader.line_num, heads, cells, report)


def _workbook(path: Path, mapping: dict[str, str], report: Report) -> dict[str, list[Row]]:
    try:
        # Cached values of formulas; a formula never calculated reads as empty and is told below.
        book = load_workbook(path, data_only=True)
        formulas = load_workbook(path)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise KnownError(
            f"“{path.name}”不是完好的 Excel 文件，目录没有改动。请重新另存一份再导入。"
        ) from error
    tables: dict[str, list[Row]] = {}
    sheets = [s for s in book.worksheets if s.title.strip() in TABLES] or book.worksheets[:1]
    for sheet in sheets:
        table = sheet.title.strip() if sheet.title.strip() in TABLES else ITEMS
        raw = formulas[sheet.title]
        filled: dict[tuple[int, int], object] = {}
        for merged in sheet.merged_cells.ranges:
            for r, c in merged.cells:
                filled[r, c] = sheet.cell(merged.min_row, merged.min_col).value
        heads: list[str] = []
        rows = tables.setdefault(table, [])
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            values: list[object] = [c.value for c in cells]
            if not heads:
                if any(v is not None for v in values):
                    heads = _heads([_cell_text(v) for v in values], mapping, table, path.name, report)
                continue
            if all(v is None for v in values) and not any(
                (number, i + 1) in filled for i in range(len(values))
            ):
                continue
            texts = [_cell_text(v) for v in values]
            row = _row(table, path.name, number, heads, texts, report)
            for i, head in enumerate(heads):
                key = (number, i + 1)
                if values[i] is None and key in filled and head in ("部门", "主项", "部门编码", "领域"):
                    row.values[head] = _cell_text(filled[key])
                    report.add(row, head, "合并单元格，按上方的值补入", NOTE)
                elif values[i] is None and isinstance(raw.cell(number, i + 1).value, str):
                    report.add(row, head, "公式没有算好的结果，按空白处理", WARNING)
            rows.append(row)
    return tables


def _cell_text(value: object) -> str:
    """Excel's numbers of codes come back whole where they are exact."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()


def _heads(cells: Sequence[str], mapping: dict[str, str], table: str, file: str, report: Report) -> list[str]:
    heads: list[str] = []
    for cell in cells:
        plain = re.sub(r"[\s*＊:：]", "", cell.replace("\ufeff", ""))
        heads.append(mapping.get(cell.strip(), mapping.get(plain, plain)))
    twice = sorted({h for h in heads if h and heads.count(h) > 1})
    for head in twice:
        report.add(
            Row(table=table, file=file, number=1, values={}), head, "这一列出现了两次，用第一列", WARNING
        )
    return heads


def _row(table: str, file: str, number: int, heads: list[str], cells: Sequence[str], report: Report) -> Row:
    values: dict[str, str] = {}
    for head, cell in zip(heads, cells, strict=False):
        if head and head not in values:
            values[head] = cell.strip().strip("\ufeff")
    row = Row(table=table, file=file, number=number, values=values)
    if len(cells) > len(heads) and any(c.strip() for c in cells[len(heads) :]):
        report.add(row, "", "这一行的列数比表头多，多出的没有读入", WARNING)
    for head, value in values.items():
        if re.fullmatch(r"\d(\.\d+)?E\+\d+", value):
            report.add(row, head, "编码被 Excel 写成了科学计数，原编码已经丢失，请改成文本格式重填", WARNING)
            values[head] = ""
    return row

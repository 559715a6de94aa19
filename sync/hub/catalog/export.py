"""Writing a catalogue as a workbook or a folder of CSVs that people can edit and import again."""

from __future__ import annotations

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from models.domain.catalog import Bundle, Department, Item, ProofRule, RuleDocument
from models.errors import KnownError
from sync.hub.catalog.city import City
from sync.hub.catalog.columns import ITEMS, TABLES
from sync.hub.catalog.export_rows import Rows, table_rows

# Excel cuts a longer cell off without a word.
LONGEST_CELL = 32_767
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_catalog(
    items: Iterable[Item],
    departments: Iterable[Department],
    city: City | None,
    path: Path,
    *,
    bundles: Iterable[Bundle] = (),
    proofs: Iterable[ProofRule] = (),
    rules: Iterable[RuleDocument] = (),
) -> None:
    """Write an ``.xlsx`` file, or else a folder, whole or not at all.

    Reading it back gives the same departments, items, bundles, proofs, rules and city.  Raises KnownError for an empty
    catalogue, a path that is taken, a cell that Excel would cut, and a disk that cannot take it.
    """
    tables = table_rows(items, departments, city, bundles, proofs, rules)
    if ITEMS not in tables:
        raise KnownError("目录里没有办理项，没有写文件。")
    if path.exists():
        raise KnownError(f"“{path.name}”已经存在，没有写文件。请换一个名称。")
    try:
        made = Path(tempfile.mkdtemp(prefix=".export-", dir=path.parent))
        try:
            if path.suffix.lower() == ".xlsx":
                _workbook(tables, made / path.name)
                os.replace(made / path.name, path)
            else:
                inner = made / "tables"
                inner.mkdir()
                for table, rows in tables.items():
                    _csv(table, rows, inner / f"{table}.csv")
                os.replace(inner, path)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise KnownError(
            f"“{path.name}”写不进去，没有写文件。请检查目录、权限和磁盘空间。", detail=type(error).__name__
        ) from error


def _cell(text: str) -> str:
    """As text, also where Excel would take it for a formula; the importer takes the sign off again."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "'", "#")) else text


def _csv(table: str, rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, TABLES[table].columns, restval="", lineterminator="\r\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({column: _cell(text) for column, text in row.items()})


def _workbook(tables: dict[str, Rows], path: Path) -> None:
    # Checked first: a half-written streaming workbook cannot be dropped cleanly.
    for table, rows in tables.items():
        for row in rows:
            for column, text in row.items():
                if len(_cell(text)) > LONGEST_CELL:
                    raise KnownError(
                        f"{table}表“{column}”列有一格超过 {LONGEST_CELL} 个字，Excel 放不下，没有写文件。"
                        "请改为导出到目录。"
                    )
    book = Workbook(write_only=True)
    for table, rows in tables.items():
        sheet = book.create_sheet(table)
        columns = TABLES[table].columns
        sheet.append(list(columns))
        for row in rows:
            cells = []
            for column in columns:
                cell = WriteOnlyCell(sheet, value=_NOT_IN_XML.sub("", _cell(row.get(column, ""))))
                cell.data_type = "s"  # "=…" and "#N/A" stay text
                cell.number_format = "@"
                cells.append(cell)
            sheet.append(cells)
    book.save(path)

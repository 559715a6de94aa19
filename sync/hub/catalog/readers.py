"""From a path to rows by table: one CSV, one workbook, or a folder of CSVs."""

from __future__ import annotations

from pathlib import Path

from models.errors import KnownError
from sync.hub.catalog.column_map import MAP, ColumnMap, read_column_map
from sync.hub.catalog.columns import ITEMS, TABLES
from sync.hub.catalog.csv_file import read_csv
from sync.hub.catalog.report import NOTE, Report
from sync.hub.catalog.rows import Row
from sync.hub.catalog.sheet import Source
from sync.hub.catalog.workbook import read_workbook

MAX_BYTES = 256 * 1024 * 1024
COLUMN_MAP = "列名.csv"

Tables = dict[str, list[Row]]


def read_tables(path: Path, column_map: Path | None, report: Report) -> Tables:
    """All rows by table; 事项 has at least one.  Raises KnownError when there is nothing to read."""
    own = ColumnMap()
    try:
        if column_map is not None:
            own = read_column_map(_bytes(column_map), column_map.name, report)
        tables = _folder(path, own, report) if path.is_dir() else _file(path, own, report)
    except KnownError as error:
        raise KnownError(f"{error}{_map_problems(report)}", detail=error.detail) from error
    except FileNotFoundError as error:
        raise KnownError(f"没有找到“{_name(error, path)}”，目录没有改动。请核对路径。") from error
    except PermissionError as error:
        raise KnownError(
            f"没有权限读“{_name(error, path)}”，目录没有改动。请换一个账户或者改权限。"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        raise KnownError(
            f"读不出“{path.name}”，目录没有改动。请检查磁盘或者文件。", detail=type(error).__name__
        ) from error
    if not tables.get(ITEMS):
        raise KnownError(f"“{path.name}”里没有一行事项，目录没有改动。请核对是不是这个文件。")
    return tables


def _name(error: OSError, path: Path) -> str:
    return Path(error.filename).name if isinstance(error.filename, str) else path.name


def _file(path: Path, own: ColumnMap, report: Report) -> Tables:
    data = _bytes(path)
    if data.startswith(b"PK") or path.suffix.lower() in (".xlsx", ".xlsm", ".xltx", ".xls", ".et"):
        if not data:
            raise KnownError(f"“{path.name}”是空文件，目录没有改动。请核对是不是这个文件。")
        return read_workbook(data, path.name, own, report)
    return {ITEMS: read_csv(data, Source(file=path.name, table=ITEMS, own=own.of(ITEMS)), report)}


def _folder(path: Path, own: ColumnMap, report: Report) -> Tables:
    """The table of a file is its name before the first dot; several files of a table are joined."""
    tables: Tables = {}
    if (path / COLUMN_MAP).is_file():
        own = own.over(read_column_map(_bytes(path / COLUMN_MAP), COLUMN_MAP, report))
    for file in sorted(path.iterdir()):
        if file.suffix.lower() != ".csv" or file.name == COLUMN_MAP or file.name.startswith("."):
            continue
        table = file.name.split(".")[0].strip()
        if table in TABLES:
            source = Source(file=file.name, table=table, own=own.of(table))
            tables.setdefault(table, []).extend(read_csv(_bytes(file), source, report))
        else:
            reason = f"没有用到文件“{file.name}”，它的名称不在导入格式里"
            report.at(1, "", reason, NOTE, table=ITEMS, file=file.name)
    if ITEMS not in tables:
        raise KnownError(f"“{path.name}”里没有“事项.csv”，目录没有改动。请核对是不是这个目录。")
    return tables


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise KnownError(f"“{path.name}”超过 256 MB，目录没有改动。请拆成几个文件再导入。")
    return path.read_bytes()


def _map_problems(report: Report) -> str:
    """Why a header may not have been found: lines of the hall's own map that could not be used."""
    wrong = [p for p in report.sorted(()) if p.table == MAP]
    told = "；".join(f"第 {p.row} 行“{p.field}”：{p.reason}" for p in wrong[:5])
    return f"列名对照“{wrong[0].file}”里有写错的行：{told}。" if wrong else ""

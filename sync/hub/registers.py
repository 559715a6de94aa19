"""Reading registers from CSV and keeping them: every wrong row is named, and one wrong row changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, insert, select

from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.places import publish_document
from sync.hub.register_format import DEMO, ENTERPRISES, REGISTERS, Register
from sync.hub.text import LONGEST, storable

FOLDER = "登记"  # beside the catalogue of a city; its importer does not look into folders
MOST_ROWS = 50_000
MAX_BYTES = 32 * 1024 * 1024

Row = dict[str, str]


class RegisterProblem(msgspec.Struct, frozen=True, kw_only=True):
    """``row`` is the line a person sees in Excel (the header is 1)."""

    row: int
    field: str
    reason: str
    severity: str = "error"
    file: str = ""


class RegisterResult(msgspec.Struct, frozen=True, kw_only=True):
    """``loaded`` is 0 when anything was wrong: then nothing was changed."""

    rows: int
    loaded: int
    problems: tuple[RegisterProblem, ...] = ()
    registers: dict[str, int] = {}


def import_registers(hub: Hub, path: Path, only: str = "") -> RegisterResult:
    """Take in one register (a CSV) or all in a folder; each takes the place of the former one of its name.

    A file belongs to the register that its name begins with, or to ``only``.  Raises KnownError when
    there is nothing to read.
    """
    problems: list[RegisterProblem] = []
    found: dict[str, list[tuple[int, Row]]] = {}
    files: dict[str, str] = {}
    for name, file in _files(path, only):
        found[name], files[name] = _read(file, REGISTERS[name], problems), file.name
    rows = sum(len(lines) for lines in found.values())
    with hub.read() as conn:
        _check_references(conn, found, files, problems)
    if problems or not rows:
        ordered = sorted(problems, key=lambda p: (p.file, p.row))
        return RegisterResult(rows=rows, loaded=0, problems=tuple(ordered))
    with hub.write() as conn:
        record(
            conn, hub.now_ms(), "cli", "import_registers", detail=str(rows)
        )  # takes the chain's lock first
        for name, lines in found.items():
            _replace(conn, REGISTERS[name], lines)
        if ENTERPRISES in found:
            tell_enterprises(hub, conn)
    return RegisterResult(rows=rows, loaded=rows, registers={name: len(found[name]) for name in found})


def listed_enterprises(conn: Connection) -> dict[str, str]:
    """企业名单: USCC → the list it is on."""
    return {row["统一社会信用代码"].upper(): row["名单"] for row in read_register(conn, ENTERPRISES)}


def tell_enterprises(hub: Hub, conn: Connection) -> None:
    """Publish the directory with the 企业名单 as it is now; before there is a directory nothing is told."""
    newest = select(t.directory.c.data).order_by(t.directory.c.place.desc()).limit(1)
    data = conn.execute(newest).scalar()
    if data is None:
        return
    places = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    places["enterprises"] = msgspec.Raw(msgspec.json.encode(listed_enterprises(conn)))
    publish_document(hub, conn, "directory", msgspec.json.encode(places))


def read_register(conn: Connection, name: str) -> list[Row]:
    """The rows of a register in the order of its file; empty when none was imported."""
    query = select(t.register_row.c.data).where(t.register_row.c.register == name)
    data = conn.execute(query.order_by(t.register_row.c.place)).scalars()
    return [msgspec.json.decode(one, type=Row) for one in data]


def _files(path: Path, only: str) -> list[tuple[str, Path]]:
    if not path.exists():
        raise KnownError(f"没有找到“{path.name}”，登记没有改动。请核对路径。")
    candidates = sorted(path.iterdir()) if path.is_dir() else [path]
    taken: dict[str, Path] = {}
    for file in candidates:
        name = only or file.name.split(".")[0].strip()
        if file.suffix.lower() != ".csv" or name not in REGISTERS:
            continue
        if name in taken:
            raise KnownError(f"“{name}”有两个文件，登记没有改动。请合成一个再导入。")
        taken[name] = file
    if not taken:
        raise KnownError(
            f"“{path.name}”不是登记表，登记没有改动。请把文件命名为{'、'.join(REGISTERS)}（.csv）。"
        )
    return [(name, taken[name]) for name in REGISTERS if name in taken]


def _read(file: Path, register: Register, problems: list[RegisterProblem]) -> list[tuple[int, Row]]:
    records = _records(file)
    head = [cell.strip() for cell in records[0][1]] if records else []
    lacking = [column for column in (register.key, *register.required) if column not in head]
    if lacking:
        raise KnownError(f"“{file.name}”缺少{'、'.join(lacking)}列，登记没有改动。请核对表头。")
    if len(records) - 1 > MOST_ROWS:
        raise KnownError(f"“{file.name}”超过 {MOST_ROWS} 行，登记没有改动。请核对是不是这个文件。")
    seen: dict[str, int] = {}
    rows: list[tuple[int, Row]] = []
    for number, cells in records[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        given = dict(zip(head, (cell.strip() for cell in cells), strict=False))
        row = {column: given.get(column, "") for column in register.columns}
        wrong = [("", "这一行的列数比表头多，请核对有没有错位")] if len(cells) > len(head) else []
        wrong += _wrong(row, register)
        key = row[register.key]
        if key and seen.setdefault(key, number) != number:
            wrong.append((register.key, f"与第 {seen[key]} 行重复"))
        problems += [
            RegisterProblem(row=number, field=column, reason=reason, file=file.name)
            for column, reason in wrong
        ]
        rows.append((number, row))
    return rows


def _records(file: Path) -> list[tuple[int, list[str]]]:
    """Records with the row number that Excel shows, where a cell's line breaks make no new row."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise KnownError(f"“{file.name}”超过 32 MB，登记没有改动。请核对是不是这个文件。")
        data = file.read_bytes()
    except OSError as error:
        raise KnownError(f"读不出“{file.name}”，登记没有改动。", detail=type(error).__name__) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            return list(enumerate(csv.reader(io.StringIO(text, newline="")), start=1))
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            raise KnownError(
                f"“{file.name}”有一行写法有误，登记没有改动。请重新另存为 CSV。", detail=str(error)
            ) from error
    raise KnownError(f"“{file.name}”不是文本文件，登记没有改动。请另存为 CSV（UTF-8）再导入。")


def _wrong(row: Row, register: Register) -> list[tuple[str, str]]:
    empty = [column for column in (register.key, *register.required) if not row[column]]
    wrong = [(column, "没有填") for column in empty]
    wrong += [
        (column, f"太长（最多 {LONGEST} 个字）或者含有不能保存的字符")
        for column, text in row.items()
        if not storable(text)
    ]
    for column, words in register.words.items():
        if row[column] not in words:
            wrong.append((column, f"“{row[column][:20]}”不认识，只能写{'、'.join(w for w in words if w)}"))
    checked = [(column, reason) for column, reason in register.check(row) if column not in empty]
    return wrong + checked


def _check_references(
    conn: Connection,
    found: Mapping[str, list[tuple[int, Row]]],
    files: Mapping[str, str],
    problems: list[RegisterProblem],
) -> None:
    for name, lines in found.items():
        for column, other in REGISTERS[name].refers.items():
            if other in found:
                known = {row[REGISTERS[other].key] for _, row in found[other]}
            else:
                query = select(t.register_row.c.key).where(t.register_row.c.register == other)
                known = set(conn.execute(query).scalars())
            problems += [
                RegisterProblem(
                    row=number, field=column, reason=f"“{row[column][:40]}”不在{other}里", file=files[name]
                )
                for number, row in lines
                if row[column] and row[column] not in known
            ]


def _replace(conn: Connection, register: Register, lines: list[tuple[int, Row]]) -> None:
    conn.execute(delete(t.register_row).where(t.register_row.c.register == register.name))
    values = [
        {
            "register": register.name,
            "key": row[register.key],
            "place": place,
            "demo": int(row[DEMO] == "是"),
            "data": msgspec.json.encode(row),
        }
        for place, (_, row) in enumerate(lines)
    ]
    if values:
        conn.execute(insert(t.register_row), values)

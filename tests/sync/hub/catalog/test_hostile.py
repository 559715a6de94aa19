"""Files that mean harm, or are merely absurd: nothing runs, nothing is fetched, nothing is half read."""

from __future__ import annotations

import io
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import KnownError
from sync.hub.catalog import csv_file, read_catalog, sheet
from tests.sync.hub.catalog.kit import HEAD, book, good, read_tables, said

SHEET = "xl/worksheets/sheet1.xml"
LONG = "长" * (sheet.LONGEST_CELL + 1)


def repacked(path: Path, edit: Callable[[str, bytes], bytes], **more: bytes) -> Path:
    """A sound workbook of one item with its parts changed, and parts added."""
    book(path, [HEAD, good()], "事项")
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            made.writestr(name, edit(name, source.read(name)))
        for name, data in more.items():
            made.writestr(name, data)
    return path


def in_rows(extra: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, data: (
        data.replace(b"</sheetData>", extra + b"</sheetData>") if name == SHEET else data
    )


def declared(entities: bytes, part: str = SHEET) -> Callable[[str, bytes], bytes]:
    row = b'<row r="3"><c r="A3" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData>'

    def edit(name: str, data: bytes) -> bytes:
        if name != part:
            return data
        body = data.partition(b"?>")[2] if data.startswith(b"<?xml") else data
        return b'<?xml version="1.0"?><!DOCTYPE x [' + entities + b"]>" + body.replace(b"</sheetData>", row)

    return edit


def refused(path: Path) -> str:
    with pytest.raises(KnownError, match="目录没有改动") as caught:
        read_catalog(path)
    return str(caught.value)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = repacked(tmp_path / "x.xlsx", in_rows(b" " * (200 * 1024 * 1024)))
    made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert path.stat().st_size < 1024 * 1024
    assert "压缩" in refused(path)
    # KiB: less than a tenth of what it would unpack to, beyond what it took to make it.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(made, before) < 20 * 1024


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_entities_are_neither_fetched_nor_unfolded(tmp_path: Path, part: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", "utf-8")
    fetch = f'<!ENTITY e SYSTEM "{secret.as_uri()}">'.encode()
    laugh = b'<!ENTITY a "AAAAAAAAAA">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(4)
    )
    for entities in (fetch, laugh):
        assert "实体" in refused(repacked(tmp_path / "x.xlsx", declared(entities, part)))


def test_a_macro_is_told_and_never_matters(tmp_path: Path) -> None:
    path = repacked(
        tmp_path / "x.xlsm", in_rows(b""), **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(100)}
    )
    result = read_catalog(path)
    assert result.loaded == 1
    assert [p.severity for p in result.problems if "宏" in p.reason] == ["note"]


def test_a_part_named_twice_is_refused(tmp_path: Path) -> None:
    path = repacked(tmp_path / "x.xlsx", in_rows(b""))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as package:
        package.writestr(SHEET, "<worksheet/>")
    assert "不是完好的" in refused(path)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_cell_nobody_can_read_costs_its_item_only(tmp_path: Path, kind: str) -> None:
    head = ("办理项标识", *HEAD, "备注")
    rows = [("A", *good(), LONG), ("B", *good(办理项名称="二"), "短"), ("C", *good(办理项名称=LONG), "")]
    papers = [
        ("办理项标识", "材料标识", "材料名称"),
        ("B", "M1", "样例"),
        ("B", "M2", LONG),
        ("D", "M1", "样例"),
    ]
    rows.append(("D", *good(办理项名称="四"), ""))
    if kind == "csv":
        result = read_tables(tmp_path, 事项=[head, *rows], 材料=papers)
    else:
        made = book(tmp_path / "x.xlsx", [head], "事项")
        # openpyxl cuts at Excel's own limit, a hostile writer does not: the long cells go in by hand.
        for row in rows:
            made["事项"].append(["LONG" if cell == LONG else cell for cell in row])
        more = made.create_sheet("材料")
        for row in papers:
            more.append(["LONG" if cell == LONG else cell for cell in row])
        made.save(tmp_path / "x.xlsx")
        source = zipfile.ZipFile(io.BytesIO((tmp_path / "x.xlsx").read_bytes()))
        with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as package:
            for name in source.namelist():
                package.writestr(name, source.read(name).replace(b"LONG", LONG.encode()))
        result = read_catalog(tmp_path / "x.xlsx")
    assert [item.id for item in result.items] == ["D"]
    told = {(p.table, p.row, p.field) for p in result.problems if p.severity == "error"}
    assert told >= {
        ("事项", 2, "备注"),
        ("事项", 4, "办理项名称"),
        ("材料", 3, "材料名称"),
        ("事项", 3, "办理项名称"),
    }
    assert not any(LONG in p.reason for p in result.problems)


def test_a_bundle_with_such_a_cell_is_not_loaded(tmp_path: Path) -> None:
    result = read_tables(
        tmp_path,
        事项=[("办理项标识", *HEAD), ("A", *good())],
        一件事=[("一件事标识", "名称", "备注"), ("X", "甲", ""), ("Y", "乙", LONG), ("Z", "丙", "")],
        一件事成员=[
            ("一件事标识", "办理项标识", "情形条件"),
            ("X", "A", LONG),
            ("Y", "A", ""),
            ("Z", "A", ""),
        ],
    )
    assert [one.id for one in result.bundles] == ["Z"]


def test_detail_rows_that_cannot_all_be_read_stop_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MAX_ROWS", 3)
    papers = [("办理项标识", "材料标识", "材料名称"), *(("A", f"M{n}", "样例") for n in range(4))]
    with pytest.raises(KnownError, match=r"材料.*超过 3 行.*目录没有改动"):
        read_tables(tmp_path, 事项=[("办理项标识", *HEAD), ("A", *good())], 材料=papers)
    (tmp_path / "材料.csv").unlink()
    items = [("办理项标识", *HEAD), *((str(n), *good(办理项名称=f"样例{n}")) for n in range(5))]
    result = read_tables(tmp_path, 事项=items)
    # Of the item rows themselves each stands alone, so those before the cut are loaded.
    assert (result.loaded, [row for row, _, _ in said(result, "error")]) == (3, [5])


def test_the_field_limit_of_csv_is_not_the_limit(tmp_path: Path) -> None:
    long = "长" * 90_000  # within a cell's limit, and longer in bytes than what csv takes by default
    assert len(long.encode()) > 131_072
    result = read_tables(tmp_path, 事项=[("办理项标识", *HEAD, "备注"), ("A", *good(), long)])
    assert result.items[0].note == long
    assert csv_file.LONGEST_RECORD  # the module sets the reader's limit when it is imported

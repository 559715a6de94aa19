"""XLSX: sheets, formulas, merged cells, numbers and dates that Excel made of text."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest

from models.domain.catalog import DayLimit
from sync.hub.catalog import read_catalog
from tests.sync.hub.catalog.kit import HEAD, book, good, said


@pytest.mark.parametrize("title", ["Sheet1", "事项", "事项.市场准入"])
def test_one_sheet(tmp_path: Path, title: str) -> None:
    path = tmp_path / "items.xlsx"
    book(path, [HEAD, good()], title)
    assert [item.name for item in read_catalog(path).items] == ["样例办理项"]


def test_sheets_by_name(tmp_path: Path) -> None:
    path = tmp_path / "city.xlsx"
    made = book(path, [("办理项标识", *HEAD), ("A1", *good())], "事项")
    made.create_sheet("材料").append(["办理项标识", "材料标识", "材料名称"])
    made["材料"].append(["A1", "M1", "样例材料"])
    made.create_sheet("草稿").append(["随便"])
    made.save(path)
    result = read_catalog(path)
    assert [m.name for m in result.items[0].materials] == ["样例材料"]
    assert [p.severity for p in result.problems if "“草稿”" in p.reason] == ["note"]


def test_numbers_and_dates_of_excel(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    head = (*HEAD, "法定时限", "备注")
    day = dt.datetime(2026, 1, 2)
    rows: list[tuple[object, ...]] = [
        ("样例局", "主项", "样例甲", None, 511602000000.0, 1, None, 20.0, None),
        ("样例局", "主项", "样例乙", 1.15113010833722e17, 511602, 20, None, "20", day),
    ]
    book(path, [head, *rows])
    result = read_catalog(path)
    assert {d.division for d in result.departments} == {"511602"}
    assert [item.power_type for item in result.items] == ["行政许可", "公共服务"]
    assert [item.legal for item in result.items] == [DayLimit(days=20)] * 2
    assert result.items[1].national_code == ""
    assert result.items[1].note == "2026-01-02"
    doubts = {(row, field) for row, field, reason in said(result) if "Excel" in reason}
    assert doubts == {(3, "事项编码"), (3, "备注")}


def test_merged_cells_fill_department_and_parent_only(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    made = book(path, [HEAD, *(good(办理项名称=f"样例{n}", 主项=f"主项{n}") for n in range(4))])
    sheet = made.worksheets[0]
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("B3:B4")
    sheet.merge_cells("G2:G3")
    made.save(path)
    result = read_catalog(path)
    assert result.loaded == 4
    assert len({item.department for item in result.items}) == 1
    assert [item.parent for item in result.items] == ["主项0", "主项1", "主项1", "主项3"]
    told = {(row, field) for row, field, reason in said(result) if "合并" in reason}
    assert told == {(3, "部门"), (4, "部门"), (4, "主项"), (3, "部门编码")}


def test_formula_without_a_result_is_told(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    book(path, [HEAD, good(主项='="甲"&"乙"'), good(办理项名称="样例乙")])
    result = read_catalog(path)
    assert [item.parent for item in result.items] == ["", "样例主项"]
    assert [(row, field) for row, field, reason in said(result) if "公式" in reason] == [(2, "主项")]


def test_formula_with_a_result_is_its_result(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    book(path, [HEAD, good(主项="=UPPER(1)")])
    data = path.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if "sheet1" in name:
                part, n = re.subn(
                    rb'(<c [^>]*?)( t="\w+")?(><f>UPPER\(1\)</f>)<v ?/?>(</v>)?', rb"\1\3<v>7</v>", part
                )
                assert n == 1
            new.writestr(name, part)
    path.write_bytes(out.getvalue())
    assert [item.parent for item in read_catalog(path).items] == ["7"]


def test_stray_cell_far_below_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    made = book(path, [HEAD, good()])
    made.worksheets[0].cell(1_000_000, 16_000).value = " "
    made.save(path)
    assert read_catalog(path).rows == 1


def test_wrong_suffix_is_seen_through(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    book(path, [HEAD, good()])
    other = path.rename(tmp_path / "items.csv")
    assert read_catalog(other).loaded == 1

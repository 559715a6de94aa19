"""CSV as offices save it: encodings, separators, titles, quotes, and the rows Excel shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import KnownError
from sync.hub.catalog import read_catalog
from tests.sync.hub.catalog.kit import HEAD, csv_bytes, good, read_rows, said

NAMES = ["样例甲", "样例乙（㐂𠮷）"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(csv_bytes([HEAD, *(good(办理项名称=name) for name in NAMES)], encoding, separator))
    assert [item.name for item in read_catalog(path).items] == NAMES


def test_one_broken_byte_costs_one_row_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    data = csv_bytes([HEAD, *(good(办理项名称=f"样例{n}") for n in range(5))])
    path.write_bytes(data.replace("样例3".encode(), b"\xe6\xa0\xff3"))
    result = read_catalog(path)
    assert result.loaded == 5
    assert [row for row, _, reason in said(result) if "编码有损坏" in reason] == [5]


def test_rows_are_those_that_excel_shows(tmp_path: Path) -> None:
    rows = [
        good(主项="两行\n的主项"),
        ("",) * 7,
        good(办理项名称=""),
        good(办理项名称="样例丁"),
    ]
    result = read_rows(tmp_path, rows)
    assert said(result, "error") == [(4, "办理项名称", "没有名称，这一行没有读入")]
    assert [item.parent for item in result.items] == ["两行的主项", "样例主项"]
    assert (result.rows, result.loaded) == (3, 2)


def test_an_unclosed_quote_loses_its_own_row_at_most(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    data = csv_bytes([HEAD, *(good(办理项名称=f"样例{n}") for n in range(200))]).decode()
    path.write_text(data.replace("样例3,", '"样例3,', 1), "utf-8")
    result = read_catalog(path)
    names = {item.name for item in result.items}
    assert {f"样例{n}" for n in range(200)} - names <= {"样例3"}
    assert any(row == 5 and "引号" in reason for row, _, reason in said(result))


def test_header_may_stand_lower_and_be_written_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    head = (
        "\u3000实施主体",
        "主项名称 ",
        "*办理项名称（必填）",
        "实施编码",
        "行政区划代码",
        "事项类型",
        "部门编码",
        "联系人",
    )
    path.write_bytes(csv_bytes([("样例区政务服务事项清单",), (), head, (*good(), "王样例")]))
    result = read_catalog(path)
    assert [(i.name, i.parent) for i in result.items] == [("样例办理项", "样例主项")]
    assert result.departments[0].name == "样例市样例局"
    notes = [(p.row, p.field) for p in result.problems if p.severity == "note"]
    assert notes == [(3, ""), (3, "联系人")]


def test_column_map_of_the_hall(tmp_path: Path) -> None:
    head = ("承办科室", "主项", "叫什么", "事项编码", "区划代码", "事项类型", "部门编码")
    (tmp_path / "事项.csv").write_bytes(csv_bytes([head, good()]))
    with pytest.raises(KnownError, match="“部门”、“办理项名称”"):
        read_catalog(tmp_path)
    lines = [("本地列名", "标准列名"), ("承办科室", "部门"), ("叫什么", "办理项名称"), ("多余", "没有这列")]
    (tmp_path / "列名.csv").write_bytes(csv_bytes(lines, "gb18030"))
    result = read_catalog(tmp_path)
    assert [item.name for item in result.items] == ["样例办理项"]
    assert [(p.row, p.field) for p in result.problems if p.table == "列名"] == [(4, "多余")]
    alone = read_catalog(tmp_path / "事项.csv", tmp_path / "列名.csv")
    assert alone.items == result.items


def test_missing_columns_are_told_once(tmp_path: Path) -> None:
    result = read_rows(tmp_path, [("样例局", f"样例{n}") for n in range(20)], ("部门", "办理项名称"))
    assert result.loaded == 20
    told = [p.field for p in result.problems if p.row == 1]
    assert sorted(told) == sorted(["主项", "事项编码", "区划代码", "事项类型", "部门编码"])
    assert {p.field for p in result.problems if p.row > 2} == {"事项编码"}


def test_files_of_one_table_are_joined(tmp_path: Path) -> None:
    for part in ("", ".市场准入", ".不动产登记"):
        (tmp_path / f"事项{part}.csv").write_bytes(csv_bytes([HEAD, good(办理项名称=f"样例{part}")]))
    (tmp_path / "说明.csv").write_bytes(b"x")
    result = read_catalog(tmp_path)
    assert result.loaded == 3
    assert [p.file for p in result.problems if "没有用到文件" in p.reason] == ["说明.csv"]


def test_what_excel_did_to_codes(tmp_path: Path) -> None:
    rows = [
        good(区划代码="511602000000.0", 办理项名称="样例一"),
        good(区划代码="5.11602E+11", 办理项名称="样例二"),
        good(事项编码="1.15113E+30", 办理项名称="样例三"),
        good(主项="#N/A", 办理项名称="样例四"),
    ]
    result = read_rows(tmp_path, rows)
    assert {d.division for d in result.departments} == {"511602", "370900"}
    assert result.items[2].national_code == ""
    assert result.items[3].parent == ""
    for row, field in ((3, "区划代码"), (4, "事项编码"), (5, "主项")):
        assert any(p[:2] == (row, field) and ("Excel" in p[2]) for p in said(result))
    assert not [p for p in said(result) if p[0] == 2 and "Excel" in p[2]]


def test_too_many_cells(tmp_path: Path) -> None:
    result = read_rows(tmp_path, [(*good(), "多出来")])
    assert [row for row, _, reason in said(result) if "列数比表头多" in reason] == [2]

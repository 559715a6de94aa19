"""A hall's own column names: written for it, edited by it, and told by row where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import KnownError
from sync.hub.catalog import read_catalog
from sync.hub.catalog.column_map import read_column_map, write_column_map
from sync.hub.catalog.columns import SYNONYMS, TABLES
from sync.hub.catalog.report import Report
from tests.sync.hub.catalog.kit import CITY, HEAD, book, csv_bytes, good, said


def write(path: Path, *lines: tuple[str, ...], encoding: str = "utf-8-sig") -> Path:
    path.write_bytes(csv_bytes(lines, encoding))
    return path


def test_the_built_in_map_changes_nothing(tmp_path: Path) -> None:
    assert write_column_map(tmp_path / "map.csv") > 200
    report = Report()
    own = read_column_map((tmp_path / "map.csv").read_bytes(), "map.csv", report)
    assert report.sorted(()) == ()
    for table, known in TABLES.items():
        assert dict(own.of(table)) == {c: c for c in known.columns} | dict(SYNONYMS.get(table, {}))
    assert read_catalog(CITY, tmp_path / "map.csv") == read_catalog(CITY)
    with pytest.raises(KnownError, match="已经存在"):
        write_column_map(tmp_path / "map.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_headings_per_sheet(tmp_path: Path, encoding: str) -> None:
    own = write(
        tmp_path / "map.csv", ("表", "本地列名", "标准列名"), ("事项", "编号", "办理项标识"), ("材料", "编号", "材料标识"),
        ("材料", "归属", "办理项标识"), ("材料", "叫什么", "材料名称"), encoding=encoding,
    )  # fmt: skip
    made = book(tmp_path / "x.xlsx", [("编号", *HEAD), ("A", *good())], "事项")
    sheet = made.create_sheet("材料")
    for row in (("归属", "编号", "叫什么"), ("A", "M1", "样例材料")):
        sheet.append(row)
    made.save(tmp_path / "x.xlsx")
    (item,) = read_catalog(tmp_path / "x.xlsx", own).items
    assert (item.id, [(m.id, m.name) for m in item.materials]) == ("A", [("M1", "样例材料")])


def test_a_wrong_line_is_named_by_its_row(tmp_path: Path) -> None:
    own = write(
        tmp_path / "map.csv",
        ("表", "本地列名", "标准列名"),
        ("事项", "叫什么", "办理项名称"),
        ("事相", "部位", "部门"),
        ("事项", "部位", "部们"),
        ("事项", "叫什么", "部门"),
        ("材料", "部位", "部门"),
    )
    items = write(tmp_path / "x.csv", ("部门", "叫什么"), ("样例局", "样例"))
    result = read_catalog(items, own)
    assert [i.name for i in result.items] == ["样例"]
    wrong = [(p.row, p.field, p.severity) for p in result.problems if p.table == "列名"]
    assert wrong == [
        (n, field, "error") for n, field in ((3, "部位"), (4, "部位"), (5, "叫什么"), (6, "部位"))
    ]
    # Where the list cannot be read for it, the one sentence says which line of the map to mend.
    other = write(tmp_path / "y.csv", ("部位", "叫什么"), ("样例局", "样例"))
    with pytest.raises(KnownError, match=r"缺少“部门”列.*第 4 行“部位”"):
        read_catalog(other, own)


def test_a_map_of_two_columns_holds_for_every_table(tmp_path: Path) -> None:
    own = write(
        tmp_path / "map.csv", ("本地列名", "标准列名"), ("叫什么", "办理项名称"), ("多余", "没有这列")
    )
    items = write(tmp_path / "x.csv", ("部门", "叫什么"), ("样例局", "样例"))
    result = read_catalog(items, own)
    assert [i.name for i in result.items] == ["样例"]
    assert (3, "多余", "“没有这列”不是标准列名，这一行没有用") in said(result, "error")


RENAMED = ("部门", "主项", "名称甲", *HEAD[3:])


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_a_map_is_read_as_offices_save_it(tmp_path: Path, encoding: str, separator: str) -> None:
    (tmp_path / "list.csv").write_bytes(csv_bytes([RENAMED, good()]))
    lines = [("本地列名", "标准列名"), ("名称甲", "办理项名称")]
    (tmp_path / "map.csv").write_bytes(csv_bytes(lines, encoding, separator))
    result = read_catalog(tmp_path / "list.csv", tmp_path / "map.csv")
    assert [item.name for item in result.items] == ["样例办理项"]
    assert not [p for p in result.problems if p.table == "列名"]


@pytest.mark.parametrize("content", ["", "本地列名,标准列名\n", "随便写的一行\n"])
def test_a_map_without_a_line_of_use_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "list.csv").write_bytes(csv_bytes([HEAD, good()]))
    (tmp_path / "map.csv").write_text(content, encoding="utf-8")
    result = read_catalog(tmp_path / "list.csv", tmp_path / "map.csv")
    assert "列名对照里没有一行能用，按标准列名读入" in [p.reason for p in result.problems]


def test_a_workbook_in_place_of_a_map_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(csv_bytes([HEAD, good()]))
    book(tmp_path / "map.xlsx", [("本地列名", "标准列名")]).close()
    with pytest.raises(KnownError, match=r"列名对照“map.xlsx”不是文本文件，目录没有改动"):
        read_catalog(tmp_path / "list.csv", tmp_path / "map.xlsx")


def test_two_headings_for_one_column_are_told_and_the_first_counts(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(csv_bytes([(*HEAD, "名称甲"), (*good(), "别的")]))
    (tmp_path / "map.csv").write_bytes(csv_bytes([("本地列名", "标准列名"), ("名称甲", "办理项名称")]))
    result = read_catalog(tmp_path / "list.csv", tmp_path / "map.csv")
    assert [item.name for item in result.items] == ["样例办理项"]
    assert (1, "名称甲") in [(p.row, p.field) for p in result.problems if "重复" in p.reason]


def test_a_header_on_every_page_is_no_item(tmp_path: Path) -> None:
    rows = [HEAD, good(), HEAD, good(办理项名称="第二页的"), tuple(f" {h} " for h in HEAD)]
    (tmp_path / "list.csv").write_bytes(csv_bytes(rows))
    result = read_catalog(tmp_path / "list.csv")
    assert [item.name for item in result.items] == ["样例办理项", "第二页的"]
    assert [p.row for p in result.problems if p.reason == "又是一行表头，没有读入"] == [3, 5]

"""The importer on dirty input: every doubtful row named, none in the way, nothing invented."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.domain.catalog import Domain, ItemKind
from models.errors import KnownError
from sync.hub.catalog import ImportResult, read_catalog
from tests.desk_kit import CITY, ROOT

HEAD = ["部门", "主项", "办理项名称", "事项编码", "区划代码", "事项类型", "部门编码"]
GUANGAN = ROOT.parent / "shared" / "data" / "guangan" / "items.csv"


def write_csv(
    path: Path, rows: list[list[str]], head: list[str] | None = None, encoding: str = "utf-8-sig"
) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([head or HEAD, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def reasons(result: ImportResult, row: int, severity: str = "") -> str:
    return "；".join(p.reason for p in result.problems if p.row == row and severity in ("", p.severity))


def test_the_real_list_loads_whole() -> None:
    if not GUANGAN.exists():
        pytest.skip("the shared real data is not beside this checkout")
    result = read_catalog(GUANGAN)
    assert (result.rows, result.loaded) == (614, 614)
    assert len({i.id for i in result.items}) == 614
    assert len(result.departments) == 14
    assert not [p for p in result.problems if p.severity == "error"]
    assert Counter(p.severity for p in result.problems)["warning"] > 600
    assert all(2 <= p.row <= 615 for p in result.problems)
    assert {i.kind for i in result.items} == {ItemKind.UNKNOWN}
    assert not any(i.legal.binding or i.promised.binding or i.materials for i in result.items)


def test_the_demo_city_is_clean_and_honest() -> None:
    result = read_catalog(CITY)
    assert result.loaded >= 74
    assert not [p for p in result.problems if p.severity == "error"]
    by_domain = Counter(i.domain for i in result.items)
    assert all(by_domain[d] >= 8 for d in Domain if d is not Domain.UNSORTED)
    assert all(not i.legal.binding for i in result.items if i.legal.approximate)
    assert all(i.legal.basis for i in result.items if i.legal.binding)
    assert sum(bool(i.questions) for i in result.items) >= 25
    assert all(i.points for i in result.items)
    assert all(i.materials for i in result.items)
    assert not any(i.deferral_allowed or i.commitment_allowed for i in result.items if i.red_line)
    city = result.city
    assert city is not None
    assert sum(h.level == "县" for h in city.halls) == 6
    assert {w.kind for w in city.windows} == {"general", "specialist"}
    assert not next(d for d in city.divisions if d.code == "370901").selectable


DIRTY = [
    ["甲局", "主项", "正常事项", "000117109003", "370900", "1", "11370900MB28449441"],
    ["甲局", "主项", "", "000117109004", "370900", "1", "11370900MB28449441"],
    ["甲局", "未分类", "编码过长", "511A0138000000-511602000000", "370900", "99", "08337220"],
    ["甲局", "主项", "正常事项", "000117109003", "370900", "1", "11370900MB28449441"],
    ["甲局", "主项", "同码不同名", "000117109003", "370900", "1", ""],
    ["", "主项", "没有部门", "5.11602E+11", "370900", "20", ""],
    ["甲局", "主项", "多一列", "000117109005", "370900", "1", "", "多余"],
]


def test_each_doubtful_row_is_named_by_its_line(tmp_path: Path) -> None:
    result = read_catalog(write_csv(tmp_path / "x.csv", DIRTY))
    assert (result.rows, result.loaded) == (7, 5)
    assert "没有名称" in reasons(result, 3, "error")
    assert "不是国家标准" in reasons(result, 4)
    assert "没有主项" in reasons(result, 4)
    assert "8 位" in reasons(result, 4)
    assert "第 2 行完全相同" in reasons(result, 5)
    assert "第 2 行重复而内容不同" in reasons(result, 6)
    assert "科学计数" in reasons(result, 7)
    assert "没有部门" in reasons(result, 7)
    assert "列数比表头多" in reasons(result, 8)
    assert len({i.id for i in result.items}) == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_usual_encodings_give_the_same(tmp_path: Path, encoding: str) -> None:
    result = read_catalog(write_csv(tmp_path / "x.csv", DIRTY[:1], encoding=encoding))
    assert [i.name for i in result.items] == ["正常事项"]


def test_excel_with_merged_cells_formulas_and_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD)
    sheet.append(["甲局", "主项", "第一项", 511602000000, "370900", 1, ""])
    sheet.append([None, "主项", "第二项", "=A1&B1", "370900", 1, ""])
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "x.xlsx")
    result = read_catalog(tmp_path / "x.xlsx")
    first, second = result.items
    assert first.national_code == "511602000000"
    assert first.department == second.department
    assert "合并单元格" in reasons(result, 3)
    assert "公式" in reasons(result, 3)


def test_csv_and_excel_of_the_same_rows_agree(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEAD, *[r[:7] for r in DIRTY]):
        sheet.append(row)
    book.save(tmp_path / "x.xlsx")
    left = read_catalog(write_csv(tmp_path / "x.csv", [r[:7] for r in DIRTY]))
    assert read_catalog(tmp_path / "x.xlsx").items == left.items


def test_a_halls_own_column_names(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "x.csv", [["甲局", "事"]], ["承办单位", "事情"])
    names = write_csv(
        tmp_path / "names.csv", [["承办单位", "部门"], ["事情", "办理项名称"]], ["本地列名", "标准列名"]
    )
    assert [i.name for i in read_catalog(source, names).items] == ["事"]
    with pytest.raises(KnownError, match="办理项名称"):
        read_catalog(source)


def test_conditions_that_name_nothing_are_errors(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    folder.mkdir()
    write_csv(folder / "事项.a.csv", [["甲局", "A1", "事"]], ["部门", "办理项标识", "办理项名称"])
    write_csv(
        folder / "情形.a.csv",
        [["A1", "q1", "问？", "a:是|b:否", ""]],
        ["办理项标识", "问题标识", "问题", "选项", "情形条件"],
    )
    head = ["办理项标识", "材料标识", "材料名称", "情形条件"]
    rows = [
        ["A1", "M1", "好", "q1=a"],
        ["A1", "M2", "坏", "q1=c"],
        ["A1", "M3", "坏", "q9=a"],
        ["A1", "M1", "重", ""],
        ["Z9", "M1", "孤", ""],
        ["A1", "M5", "坏", "q1"],
    ]
    write_csv(folder / "材料.a.csv", rows, head)
    result = read_catalog(folder)
    # An item without all of its materials would be half imported.
    assert result.items == ()
    errors = [(p.table, p.row) for p in result.problems if p.severity == "error"]
    assert errors == [("事项", 2), *(("材料", row) for row in (3, 4, 5, 6, 7))]


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.xlsx", b"PK\x03\x04broken"), ("x.xlsx", b"plain"), ("x.csv", b"PK\x03\x04zip"), ("x.csv", bytes(range(256))), ("x.csv", b""), ("x.csv", "只有表头\n".encode())],
)  # fmt: skip
def test_broken_files_are_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(KnownError, match="目录没有改动"):
        read_catalog(tmp_path / name)


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(KnownError, match="目录没有改动"):
            read_catalog(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_give_anything_but_a_result_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes("办理项名称,部门\n".encode() + content)
    try:
        result = read_catalog(tmp_path / "x.csv")
    except KnownError:
        return
    assert result.loaded <= result.rows


@pytest.mark.slow
def test_forty_thousand_rows(tmp_path: Path) -> None:
    rows = [["甲局", "主项", f"事项{n}", f"{n:012d}", "370900", "1", ""] for n in range(40_000)]
    result = read_catalog(write_csv(tmp_path / "x.csv", rows))
    assert result.loaded == 40_000

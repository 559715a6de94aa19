"""Codes, limits, conditions, ids: what is an error, what a warning, what is left missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.catalog import Condition, DayLimit, Domain, Need
from sync.hub.catalog.codes import division, item_code_doubts, power_type
from sync.hub.catalog.conditions import format_condition, parse_condition
from sync.hub.catalog.rows import BadCell
from sync.hub.catalog.splitting import CHOICE_MARKS, LIST_MARKS, join, split
from tests.sync.hub.catalog.kit import HEAD, OFFICE, good, read_rows, read_tables, rows_told, said

TASK = "11370883MB2857374H" + "4" + "370173016000"
word = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("code", "kind", "doubts"),
    [
        (TASK, "", 0),
        ("11370900MB28449441" + "3" + "370118009004", "行政许可", 0),
        ("11370900MB28449441" + "2" + "370118009004", "行政许可", 1),
        ("113709012345678907" + "4" + "370118009004", "行政许可", 1),
        ("000117109003", "行政许可", 0),
        ("000117109003", "行政确认", 1),
        ("11370900MB28449441" + "3" + "510118009004" + "13", "", 1),
        ("511602000000-1", "", 1),
    ],
)
def test_item_codes(code: str, kind: str, doubts: int) -> None:
    assert len(list(item_code_doubts(code, kind))) == doubts


def test_types_and_divisions() -> None:
    assert [power_type(t)[0] for t in ("01", "1", "许可", "20", "10")] == [
        "行政许可", "行政许可", "行政许可", "公共服务", "其他行政权力",
    ]  # fmt: skip
    assert power_type("30") == ("30", False)
    assert division("511602000000") == ("511602", True)
    assert division("370902001000") == ("370902001", True)
    assert division("3709") == ("3709", False)


def test_33_digits_begin_with_a_31(tmp_path: Path) -> None:
    base = OFFICE + "3" + "370118009004"
    rows = [good(事项编码=c, 办理项名称=c) for c in (base, base + "13", OFFICE + "3" + "37011800900513")]
    told = [row for row, _, reason in said(read_rows(tmp_path, rows)) if "前 31 位为编码" in reason]
    assert told == [4]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("20", DayLimit(days=20)),
        ("20个工作日", DayLimit(days=20)),
        ("即办", DayLimit(days=0)),
        ("", DayLimit()),
        ("30天", DayLimit(days=30, approximate=True)),
        ("2个月", DayLimit()),
        ("99999", DayLimit()),
        ("-3", DayLimit()),
    ],
)
def test_limits(tmp_path: Path, text: str, limit: DayLimit) -> None:
    result = read_rows(tmp_path, [(*good(), text)], (*HEAD, "法定时限"))
    assert result.items[0].legal == limit
    assert ("法定时限" in {p.field for p in result.problems}) == (limit.days is None or limit.approximate)


@pytest.mark.parametrize(("text", "approximate"), [("是", True), ("", False), ("否", False), ("待核", True)])
def test_an_approximate_limit_is_never_law(tmp_path: Path, text: str, approximate: bool) -> None:
    result = read_rows(tmp_path, [(*good(), "20", text)], (*HEAD, "法定时限", "法定存疑"))
    assert result.items[0].legal.binding is not approximate


def test_red_line_takes_neither(tmp_path: Path) -> None:
    head = ("办理项标识", *HEAD, "红线", "可容缺", "可告知承诺")
    materials = [
        ("办理项标识", "材料标识", "材料名称", "必要性", "可告知承诺"),
        ("A", "M1", "样例材料", "容缺后补", "是"),
    ]
    result = read_tables(tmp_path, 事项=[head, ("A", *good(), "是", "是", "是")], 材料=materials)
    item = result.items[0]
    assert item.red_line
    assert not item.deferral_allowed
    assert not item.commitment_allowed
    assert (item.materials[0].need, item.materials[0].commitment_allowed) == (Need.REQUIRED, False)
    assert {p.field for p in result.problems} >= {"可容缺", "可告知承诺", "必要性"}


def test_unknown_words_are_told_and_left_missing(tmp_path: Path) -> None:
    head = (*HEAD, "领域", "办件类型", "服务对象")
    result = read_rows(tmp_path, [(*good(事项类型="30"), "样例领域", "快办", "外星人")], head)
    assert result.items[0].domain is Domain.UNSORTED
    assert {p.field for p in result.problems} >= {"领域", "办件类型", "服务对象", "事项类型"}
    assert result.loaded == 1


def test_identity(tmp_path: Path) -> None:
    rows = [
        good(事项编码="C-1", 办理项名称="样例甲"),
        good(事项编码="C-1", 办理项名称="样例乙"),
        good(事项编码="C-2", 办理项名称="样例丙"),
        good(事项编码="C-2", 办理项名称="样例丙"),
        good(办理项名称="样例丁"),
        good(办理项名称="样例丁"),
        good(办理项名称="样例丁", 事项类型="7"),
    ]
    result = read_rows(tmp_path, rows)
    assert (result.rows, result.loaded) == (7, 5)
    assert not said(result, "error")
    ids = [item.id for item in result.items]
    assert len(set(ids)) == 5
    assert ids[2] == "C-2"
    assert all(one.startswith("C-1~") for one in ids[:2])
    exact = [row for row, _, reason in said(result) if "完全相同" in reason]
    assert exact == [5, 7]
    assert rows_told(result, "事项编码") >= {2, 3}


def test_an_id_with_other_content_is_an_error(tmp_path: Path) -> None:
    head = ("办理项标识", *HEAD)
    rows = [("A", *good()), ("A", *good(办理项名称="样例乙")), ("A", *good()), ("B" * 200, *good())]
    result = read_rows(tmp_path, rows, head)
    assert [row for row, _, _ in said(result, "error")] == [3, 5]
    assert [(i.id, i.name) for i in result.items] == [("A", "样例办理项")]


def test_same_department_in_two_districts(tmp_path: Path) -> None:
    rows = [good(区划代码=code, 办理项名称=code, 部门编码="") for code in ("370902", "370911")]
    result = read_rows(tmp_path, rows)
    assert sorted(d.division for d in result.departments) == ["370902", "370911"]
    assert len({item.department for item in result.items}) == 2


@given(st.lists(word, max_size=5))
def test_joined_values_split_again(values: list[str]) -> None:
    for mark, marks in (("；", LIST_MARKS), ("|", CHOICE_MARKS), ("；", LIST_MARKS + "|、")):
        assert split(join(values, mark, marks), marks) == tuple(values)


@given(st.dictionaries(word, st.lists(word, min_size=1, max_size=3, unique=True), max_size=3))
def test_conditions_read_back(clauses: dict[str, list[str]]) -> None:
    condition = Condition(all_of=tuple((q, tuple(o)) for q, o in clauses.items()))
    assert parse_condition(format_condition(condition)) == condition


@pytest.mark.parametrize("text", ["q1", "q1=", "=a", "q1=a;q1=b", "q1=a=b"])
def test_broken_conditions(text: str) -> None:
    with pytest.raises(BadCell):
        parse_condition(text)

"""Questions, fields, materials and review points of an item, and what is wrong with their rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domain.catalog import Condition, FieldType, Need
from sync.hub.catalog import ImportResult
from tests.sync.hub.catalog.kit import HEAD, good, read_tables

ITEM = [("办理项标识", *HEAD), ("A", *good())]
Q = ("办理项标识", "问题标识", "问题", "选项", "情形条件")
YES_NO = "yes:是|no:否"


def problems(result: ImportResult, table: str) -> list[tuple[int, str, str]]:
    return [(p.row, p.field, p.severity) for p in result.problems if p.table == table]


def test_questions_come_after_what_they_depend_on(tmp_path: Path) -> None:
    rows = [
        Q,
        ("A", "q2", "样例二？", YES_NO, "q1=yes"),
        ("A", "q1", "样例一？", YES_NO, ""),
        ("A", "q3", "样例三？", "a:甲|b:乙:丙", "q2=no;q1=yes|no"),
    ]
    result = read_tables(tmp_path, 事项=ITEM, 情形=rows)
    assert [q.id for q in result.items[0].questions] == ["q1", "q2", "q3"]
    assert result.items[0].questions[2].when == Condition(all_of=(("q2", ("no",)), ("q1", ("yes", "no"))))
    assert result.items[0].questions[2].options[1].label == "乙:丙"
    assert problems(result, "情形") == [(2, "情形条件", "warning")]


@pytest.mark.parametrize(
    "row",
    [
        ("A", "q9", "样例？", YES_NO, "q8=yes"),
        ("A", "q9", "样例？", YES_NO, "q1=maybe"),
        ("A", "q9", "样例？", YES_NO, "q9=yes"),
        ("A", "q9", "样例？", "yes:是", ""),
        ("A", "q9", "样例？", "yes:是|yes:否", ""),
        ("A", "q9", "样例？", "是|否", ""),
        ("A", "q1", "另一问？", YES_NO, ""),
        ("X", "q9", "样例？", YES_NO, ""),
        ("A", "", "样例？", YES_NO, ""),
    ],
)
def test_a_bad_question_keeps_its_item_out_and_no_other(tmp_path: Path, row: tuple[str, ...]) -> None:
    items = [*ITEM, ("B", *good(办理项名称="样例乙"))]
    result = read_tables(tmp_path, 事项=items, 情形=[Q, ("A", "q1", "样例一？", YES_NO, ""), row])
    mine = row[0] == "A"
    assert [item.id for item in result.items] == (["B"] if mine else ["A", "B"])
    assert [(row, severity) for row, _, severity in problems(result, "情形")] == [(3, "error")]
    whole = [
        (p.row, "情形表第 3 行" in p.reason)
        for p in result.problems
        if (p.table, p.severity) == ("事项", "error")
    ]
    assert whole == ([(2, True)] if mine else [])


def test_questions_in_a_circle(tmp_path: Path) -> None:
    rows = [Q, ("A", "q1", "一？", YES_NO, "q2=yes"), ("A", "q2", "二？", YES_NO, "q1=yes")]
    result = read_tables(tmp_path, 事项=ITEM, 情形=rows)
    assert result.items == ()
    assert problems(result, "情形") == [(2, "情形条件", "error"), (3, "情形条件", "error")]


def test_what_hangs_on_a_lost_question_is_told(tmp_path: Path) -> None:
    result = read_tables(
        tmp_path,
        事项=ITEM,
        情形=[Q, ("A", "q1", "样例？", "一个", "")],
        材料=[("办理项标识", "材料标识", "材料名称", "情形条件"), ("A", "M1", "样例材料", "q1=yes")],
        字段=[("办理项标识", "字段标识", "名称", "情形条件"), ("A", "f1", "样例栏", "q1=")],
    )
    assert problems(result, "材料") == [(2, "情形条件", "error")]
    assert problems(result, "字段") == [(2, "情形条件", "error")]
    assert (result.rows, result.loaded) == (1, 0)


def test_materials_and_points(tmp_path: Path) -> None:
    head = ("办理项标识", "材料标识", "材料名称", "必要性", "原件", "份数", "受理标准")
    rows = [
        head,
        ("A", "M1", "申请书", "必要", "原件", "2", "签字；盖章"),
        ("A", "M2", "证明", "也许", "复印件", "很多", ""),
        ("A", "M1", "申请书", "必要", "原件", "2", "签字；盖章"),
    ]
    points = [
        ("办理项标识", "要点标识", "要点", "材料标识"),
        ("A", "P1", "签字齐全", "M1"),
        ("A", "P2", "总体符合", ""),
        ("A", "P3", "找不到材料", "M9"),
    ]
    result = read_tables(tmp_path, 事项=ITEM, 材料=rows, 要点=points)
    first, second = result.items[0].materials
    assert (first.standard, first.copies, first.original) == (("签字", "盖章"), 2, True)
    # Nothing may be demanded that the list does not plainly demand.
    assert (second.need, second.copies, second.original) == (Need.OPTIONAL, 1, False)
    assert [p.material for p in result.items[0].points] == ["M1", "", ""]
    assert [(r, s) for r, _, s in problems(result, "材料")] == [
        (3, "warning"), (3, "warning"), (4, "warning"),
    ]  # fmt: skip
    assert problems(result, "要点") == [(4, "材料标识", "warning")]
    twice = read_tables(tmp_path, 事项=ITEM, 材料=[*rows, ("A", "M1", "另一个", "", "", "", "")])
    assert (5, "标识", "error") in problems(twice, "材料")
    assert twice.items == ()


def test_fields(tmp_path: Path) -> None:
    rows = [
        ("办理项标识", "字段标识", "名称", "类型", "必填", "最长", "选项"),
        ("A", "f1", "样例", "选择", "是", "", "甲|乙"),
        ("A", "f2", "样例", "选择", "", "", ""),
        ("A", "f3", "样例", "多行", "", "", ""),
        ("A", "f4", "样例", "颜色", "也许", "0", ""),
    ]
    result = read_tables(tmp_path, 事项=ITEM, 字段=rows)
    fields = result.items[0].fields
    assert [f.type for f in fields] == [
        FieldType.CHOICE, FieldType.TEXT, FieldType.MULTILINE, FieldType.TEXT,
    ]  # fmt: skip
    assert (fields[0].choices, fields[0].required) == (("甲", "乙"), True)
    assert (fields[2].max_length, fields[3].max_length, fields[3].required) == (1000, 200, False)
    assert {row for row, _, _ in problems(result, "字段")} == {3, 5}


def test_rows_may_name_the_item_by_its_code(tmp_path: Path) -> None:
    materials = [("办理项标识", "材料标识", "材料名称"), ("C-1", "M1", "样例材料"), ("C-2", "M1", "样例材料")]
    items = [
        HEAD,
        good(事项编码="C-1"),
        good(事项编码="C-2", 办理项名称="甲"),
        good(事项编码="C-2", 办理项名称="乙"),
    ]
    result = read_tables(tmp_path, 事项=items, 材料=materials)
    assert [len(item.materials) for item in result.items] == [1, 0, 0]
    assert problems(result, "材料") == [(3, "办理项标识", "error")]

"""The process columns of 事项, and 环节, 收费 and 常见问题 rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domain.catalog import Answer, DayLimit, Fee, Former, ItemKind, Stage
from sync.hub.catalog import ImportResult
from tests.sync.hub.catalog.kit import HEAD, good, read_rows, read_tables, said

ITEM = [("办理项标识", *HEAD), ("A", *good())]


def with_columns(folder: Path, **cells: str) -> ImportResult:
    return read_rows(folder, [(*good(), *cells.values())], (*HEAD, *cells))


def test_process_columns(tmp_path: Path) -> None:
    result = with_columns(
        tmp_path, 本地编码="37-样例", 划转="行政许可", 原部门="样例旧局", 通办范围="市县同权", 进驻大厅="否",
        办理形式="即审即办", 网办深度="Ⅳ级", 到现场次数="0", 邮寄申请="是", 特别程序="听证；勘验",
        受理条件="甲；乙", 结果类型="10", 办结方式="出证办结", 产生材料="sample", 结果样本="样本.pdf",
        照后办证时限="30", 容缺补正时限="3", 补正时限="10", 可延期时限="5", 延期依据="样例办法第一条", 咨询电话="0538-1", 投诉电话="0538-2", 主题="准营准办|其他",
        改革前材料="9", 改革前环节="8", 改革前时限="20", 合并环节="2", 改革前演示="是", 实施细则="样例细则",
    )  # fmt: skip
    item = result.items[0]
    assert (item.local_code, item.transfer, item.former_department) == ("37-样例", "permit", "样例旧局")
    assert (item.shared_scope, item.entry_center, item.handling) == ("county", False, "at_once")
    assert (item.online_depth, item.visits, item.by_post) == ("IV", 0, True)
    assert item.special_procedures == item.not_counted == ("听证", "勘验")
    assert item.conditions == ("甲", "乙")
    assert (item.result_kind, item.closing, item.produces) == ("certificate", "certificate", "sample")
    assert (item.licence_first, item.deferral_days, item.correction_days) == (30, 3, 10)
    assert item.extension == DayLimit(days=5, basis="样例办法第一条")
    assert item.topics == ("准营准办", "其他")
    assert item.former == Former(materials=9, stages=8, workdays=20, merged=2, demo=True)
    assert said(result, "error") == []


def test_an_old_list_leaves_everything_as_the_model_has_it(tmp_path: Path) -> None:
    item = read_rows(tmp_path, [good()]).items[0]
    assert (item.entry_center, item.visits, item.former, item.stages) == (True, None, None, ())
    assert (item.transfer, item.online_depth, item.not_counted) == ("", "", ())
    # 通办范围 was another name of 可受理区划 before it had words of its own.
    old = with_columns(tmp_path, 通办范围="370902|370911").items[0]
    assert (old.shared_scope, old.accepted_in) == ("", ("370902", "370911"))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("到现场次数", "两次"), ("到现场次数", "-1"), ("网办深度", "五级"), ("划转", "下放"), ("办理形式", "随便"),
        ("通办范围", "全球"), ("容缺补正时限", "10000"), ("改革前材料", "9"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_its_row(tmp_path: Path, column: str, cell: str) -> None:
    result = with_columns(tmp_path, **{column: cell})
    assert result.loaded == 1
    assert [(row, field) for row, field, _ in said(result, "warning") if field == column] == [(2, column)]
    assert result.items[0].former is None


def test_limits_that_make_no_sense_are_told_by_row(tmp_path: Path) -> None:
    head = (*HEAD, "办件类型", "法定时限", "承诺时限")
    rows = [
        (*good(办理项名称="一"), "承诺件", "20", "0"),
        (*good(办理项名称="二"), "即办件", "20", "3"),
        (*good(办理项名称="三"), "承诺件", "10000", "10000"),
        (*good(办理项名称="四"), "承诺件", "5", "20"),
        (*good(办理项名称="五"), "承诺件", "2026-03-01", "五天"),
    ]
    result = read_rows(tmp_path, rows, head)
    told = {(row, field) for row, field, _ in said(result)}
    assert told >= {
        (2, "承诺时限"),
        (3, "承诺时限"),
        (4, "法定时限"),
        (4, "承诺时限"),
        (5, "承诺时限"),
        (6, "法定时限"),
    }
    assert [item.kind for item in result.items][:2] == [ItemKind.COMMITTED, ItemKind.INSTANT]
    # What is absurd or no number never becomes a limit.
    assert [item.legal for item in result.items[2::2]] == [DayLimit(), DayLimit()]


def test_stages_fees_and_answers(tmp_path: Path) -> None:
    result = read_tables(
        tmp_path,
        事项=ITEM,
        环节=[
            ("办理项标识", "环节标识", "环节名称", "工作日", "岗位", "计入时限", "说明"),
            ("A", "S1", "受理", "1", "窗口", "", ""),
            ("A", "S2", "听证", "", "", "否", "另行告知"),
            ("X", "S1", "受理", "1", "", "", ""),
            ("A", "S3", "决定", "一天", "", "", ""),
        ],
        收费=[
            ("办理项标识", "收费项目", "收费标准", "依据", "减免", "网上缴费"),
            ("A", "样例费", "10 元", "样例依据", "", "是"),
            ("A", "样例费", "10 元", "样例依据", "", "是"),
        ],
        常见问题=[("办理项标识", "问题", "解答"), ("A", "问？", "第一行\n第二行")],
    )
    item = result.items[0]
    assert item.stages == (
        Stage(id="S1", name="受理", workdays=1, role="窗口"),
        Stage(id="S2", name="听证", counted=False, note="另行告知"),
        Stage(id="S3", name="决定"),
    )
    assert item.fees == (Fee(name="样例费", standard="10 元", basis="样例依据", online=True),)
    assert item.answers == (Answer(question="问？", answer="第一行\n第二行"),)
    told = {(p.table, p.row, p.severity) for p in result.problems if p.table != "事项"}
    assert told == {
        ("环节", 4, "error"), ("环节", 5, "warning"), ("收费", 3, "warning"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "head", "row"),
    [
        ("环节", ("环节标识", "环节名称"), ("S1", "")),
        ("环节", ("环节标识", "环节名称"), ("", "受理")),
        ("收费", ("收费项目", "收费标准"), ("样例费", "")),
        ("常见问题", ("问题", "解答"), ("问？", "")),
    ],
)
def test_an_item_with_a_bad_row_is_not_loaded(
    tmp_path: Path, table: str, head: tuple[str, ...], row: tuple[str, ...]
) -> None:
    result = read_tables(tmp_path, 事项=ITEM, **{table: [("办理项标识", *head), ("A", *row)]})
    assert result.items == ()
    assert [(p.table, p.row) for p in result.problems if p.severity == "error"] == [("事项", 2), (table, 2)]


def test_a_limit_of_nought_is_told_unless_the_list_says_at_once(tmp_path: Path) -> None:
    rows = [
        (*good(办理项名称="一"), "", "0", "0"),
        (*good(办理项名称="二"), "即办件", "0", "0"),
        (*good(办理项名称="三"), "", "即办", "当场办结"),
    ]
    result = read_rows(tmp_path, rows, (*HEAD, "办件类型", "法定时限", "承诺时限"))
    told = [(p.row, p.field) for p in result.problems if "按当场办结读入" in p.reason]
    assert told == [(2, "法定时限"), (2, "承诺时限")]
    assert [item.promised.days for item in result.items] == [0, 0, 0]

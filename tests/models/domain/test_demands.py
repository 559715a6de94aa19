"""法律底线: what is written freely can demand no more than the list does, whoever writes the op."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.apply import apply
from models.domain.case import CaseState, Missing
from models.domain.catalog import Item
from models.domain.demands import demand_problem
from models.domain.ops import Act, OpKind
from tests.desk_kit import item
from tests.models.domain.test_apply import NUMBER, fields_for, missing_of, ok, op, refused, rules

SC001 = item("SC001")
NAMES = [material.name for material in SC001.materials]


def told(lines: tuple[Missing, ...], of: Item = SC001) -> str:
    fields = fields_for(of, "supplement")
    made = op(of, OpKind.SUPPLEMENT, fields, number=NUMBER)
    made = msgspec.structs.replace(made, act=Act(number=NUMBER, missing=lines))
    result = apply(None, made, rules(of))
    return "" if isinstance(result, CaseState) else result.code


def lines(**first: str) -> tuple[Missing, ...]:
    found = missing_of(SC001, fields_for(SC001, "supplement"))
    return (msgspec.structs.replace(found[0], **first), *found[1:])


def test_a_line_bears_the_name_and_the_standard_of_the_list() -> None:
    assert told(lines()) == ""
    assert told(lines(name="无房证明")) == "not_listed"
    assert told(lines(name=f"{lines()[0].name}、无房证明")) == "not_listed"
    assert told(lines(standard="须经公证")) == "not_listed"


@pytest.mark.parametrize(
    "text",
    [
        "请提供无房证明",
        "还须提交户口簿",
        "另附居住证明。",
        "签名不清，请一并提交单位介绍信",
        "请携带房产证复印件",
        "需上传无犯罪记录证明扫描件",
        "缺少计划生育证明",
        "没有户口本",
        "未提供单位介绍信",
        "请 提 供 无 房 证 明",
        "请\u200b提供无房证明",
        "须经公证，并出示户口簿原件",
    ],
)
def test_a_reason_cannot_demand_what_is_not_listed(text: str) -> None:
    assert told(lines(reason=text)) == "demand"
    assert demand_problem(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "未提交",
        "不符合受理标准",
        "缺少申请人签名，请补签",
        "只有复印件，请补交原件",
        "请重新提交加盖公章的复印件",
        "没有写明日期",
        "未提供原件",
        "请补交清单列明的材料",
        f"未提交{NAMES[0]}",
        f"请提交《{NAMES[0]}》原件",
        f"请补充提交{NAMES[0]}和{NAMES[1]}",
    ],
)
def test_a_reason_says_what_is_wrong_with_what_is_listed(text: str) -> None:
    assert demand_problem(text, NAMES) == ""


@pytest.mark.parametrize(
    "text",
    [
        "需提交专家评审，评审后恢复办理",
        "需上传国家平台审核",
        "请提交领导审批",
        "需提交专家论证",
        "应提交单位负责人签字",
        "请提供验证码",
        "请提供联系电话",
        "请携带身份证到窗口领取",
        "请携带本人有效证件原件领取",
        "请出示收件凭证取件",
    ],
)
def test_a_reason_of_another_act_may_tell_of_procedures_and_of_fetching(text: str) -> None:
    assert demand_problem(text, NAMES, wanting=False) == ""


@pytest.mark.parametrize(
    "text",
    [
        "须提交常住人口登记表",
        "请补交两张一寸照片",
        "应出示健康证",
        "请带上结婚证领取",
        "需提交消防设计图纸",
        "需要提供银行账号",
    ],
)
def test_it_can_demand_no_thing_that_is_not_listed(text: str) -> None:
    assert demand_problem(text, NAMES, wanting=False)


@given(st.sampled_from(["请提供", "须提交", "还要补交", "另附"]), st.sampled_from(NAMES), st.text(max_size=6))
def test_a_listed_name_may_be_written_and_nothing_is_raised(verb: str, name: str, more: str) -> None:
    assert demand_problem(verb + name, NAMES) == ""
    demand_problem(verb + name + more, NAMES)


def test_no_other_act_demands_either() -> None:
    fields = fields_for(SC001, "refuse")
    failing = fields | {"point.G1": "fail"}
    bad = op(SC001, OpKind.REFUSE, failing, reason="请提供无房证明", clause="not_needed", number=NUMBER)
    assert refused(apply(None, bad, rules(SC001))) == "demand"
    accepted = ok(apply(None, op(SC001, OpKind.ACCEPT, fields_for(SC001), number=NUMBER), rules(SC001)))
    note = op(SC001, OpKind.NOTE, accepted.fields, accepted, text="请提供无房证明")
    assert refused(apply(accepted, note, rules(SC001))) == "demand"
    pause = op(
        SC001,
        OpKind.PAUSE,
        accepted.fields,
        accepted,
        reason="须提交单位介绍信后恢复",
        procedure="hearing",
        workdays=3,
    )
    assert refused(apply(accepted, pause, rules(SC001))) == "demand"
    kept = fields | {"material.M1": "defective", "material.M1.note": "另附无房证明"}
    saved = op(SC001, OpKind.SAVE, kept)
    assert refused(apply(None, saved, rules(SC001))) == "demand"

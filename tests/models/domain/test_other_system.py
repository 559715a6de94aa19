"""The fields of a case in another system's order and format: what is copied is what may be typed there."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.domain.apply import apply
from models.domain.case import CaseState
from models.domain.ops import OpKind
from models.domain.other_system import Column, Filled, OtherSystem, fill, number_problem, own_order
from tests.desk_kit import item
from tests.models.domain.test_apply import NUMBER, fields_for, ok, op, rules

OF = item("SC001")


def accepted(**values: str) -> CaseState:
    state = ok(apply(None, op(OF, OpKind.ACCEPT, fields_for(OF), number=NUMBER), rules(OF)))
    given = {name.replace("__", "."): value for name, value in values.items()}
    return msgspec.structs.replace(state, fields={**state.fields, **given})


def one(column: Column, **values: str) -> Filled:
    system = OtherSystem(id="x", name="样例系统", columns=(column,))
    return fill(system, OF, accepted(**values))[0]


def test_order_and_headings_are_the_other_systems() -> None:
    columns = (Column(heading="乙", of=("applicant.phone",)), Column(heading="甲", of=("case.number",)))
    system = OtherSystem(id="x", name="样例系统", columns=columns)
    filled = fill(system, OF, accepted(applicant__phone="13800000001"))
    assert [(f.heading, f.value) for f in filled] == [("乙", "13800000001"), ("甲", NUMBER)]
    assert filled[0].private
    assert not filled[1].private


def test_dates_codes_and_several_values_in_one() -> None:
    assert (
        one(Column(heading="日期", of=("case.accepted_on",), date="YYYY年M月D日")).value == "2026年11月23日"
    )
    assert one(Column(heading="日期", of=("case.accepted_on",), date="YYYYMMDD")).value == "20261123"
    kinds = {"自然人": "1", "organisation": "2"}
    assert (
        one(Column(heading="类型", of=("applicant.kind",), codes=kinds), applicant__kind="person").value
        == "1"
    )
    assert (
        one(Column(heading="类型", of=("applicant.kind",), codes=kinds), applicant__kind="organisation").value
        == "2"
    )
    both = Column(heading="联系", of=("form.contact.name", "form.contact.phone"), join="/")
    assert (
        one(both, form__contact__name="王样例", form__contact__phone="13800000002").value
        == "王样例/13800000002"
    )
    assert one(both, form__contact__name="王样例", form__contact__phone="").value == "王样例"


def test_what_does_not_fit_there_is_said_and_never_changed_unseen() -> None:
    uncoded = one(
        Column(heading="类型", of=("applicant.kind",), codes={"别的": "9"}), applicant__kind="person"
    )
    assert uncoded.value == "自然人"
    assert "没有对照代码" in uncoded.problem
    undated = one(Column(heading="日期", of=("applicant.name",), date="YYYY"), applicant__name="王样例")
    assert undated.value == "王样例"
    assert "不是日期" in undated.problem
    long = one(Column(heading="名称", of=("applicant.name",), most=2), applicant__name="王样例")
    assert long.value == "王样例"
    assert "最多 2 个" in long.problem
    assert "必填" in one(Column(heading="代理", of=("agent.name",), needed=True), agent__name="").problem
    assert one(Column(heading="代理", of=("agent.name",)), agent__name="").problem == ""


def test_a_form_field_that_the_item_lacks_has_no_row_there() -> None:
    columns = (Column(heading="没有", of=("form.no.such",)), Column(heading="固定", text="窗口"))
    system = OtherSystem(id="x", name="样例系统", columns=columns)
    assert [f.value for f in fill(system, OF, accepted())] == ["窗口"]


def test_an_item_without_a_system_is_copied_in_the_order_of_its_form() -> None:
    filled = fill(own_order(OF), OF, accepted())
    assert [f.heading for f in filled][5:] == [f.label for f in OF.fields]


@given(st.text(max_size=80))
def test_one_value_is_one_line(text: str) -> None:
    value = one(Column(heading="范围", of=("form.org.scope",)), form__org__scope=f"甲{text}乙").value
    assert value.splitlines() == [value]
    assert "\t" not in value


def test_the_number_that_comes_back_is_checked_against_its_form() -> None:
    system = OtherSystem(id="x", name="样例", columns=(), number="流水号", pattern="SC[0-9]{4}")
    assert number_problem(system, "SC0001") == ""
    for wrong in ("", "SC001", "XC0001", "SC0001\n", "=1+1", "S" * 80):
        assert number_problem(system, wrong), wrong
    free = msgspec.structs.replace(system, pattern="")
    assert number_problem(free, "泰不动产〔2026〕第0012号") == ""

"""The fields of the national 实施清单 (domain facts §2.5): each has its column, comes in and goes out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.domain.catalog import (
    Answer,
    Bundle,
    BundleMember,
    Department,
    Fee,
    Field,
    FieldType,
    Former,
    Item,
    ItemKind,
    Material,
    Need,
    Option,
    ProofRule,
    Question,
    ReviewPoint,
    RuleDocument,
    Stage,
)
from models.domain.catalog import ApplicantKind as Who
from models.domain.catalog import Condition as If
from models.domain.catalog import DayLimit as Days
from models.domain.catalog import Domain as Place
from models.domain.competence import may_accept
from models.domain.listing import Listing
from sync.hub.catalog import read_catalog, write_catalog
from tests.sync.hub.catalog.kit import HEAD, good, read_rows, rows_told

IF = If(all_of=(("q", ("y",)),))
FORMER = Former(materials=9, stages=8, workdays=7, visits=6, merged=5, demo=True, source="甲")
# Every field of every structure is something else than its default, so a column that is lost shows.
ITEM = Item(
    id="A", name="样例", parent="样例主项", national_code="11370900MB28449441" + "3" + "37011800900401", department="D1",
    domain=Place.MARKET, kind=ItemKind.COMMITTED, handling="reviewed", power_type="行政许可", applicants=(Who.PERSON,),
    legal=Days(days=20, basis="一", approximate=True), promised=Days(days=5, basis="二", approximate=True),
    deferral_allowed=True, commitment_allowed=True, specialist=True, basis=("三；3", "四"), fee="收", result="样例证",
    not_counted=("五",), level="市级", accepted_in=("370900",),
    questions=(
        Question(id="q", text="问？", options=(Option(id="y", label="是"), Option(id="n", label="否"))),
        Question(id="r", text="再问？", options=(Option(id="y", label="是"), Option(id="n", label="否")), when=IF),
    ),
    fields=(
        Field(
            id="f", label="栏", type=FieldType.CHOICE, required=True, max_length=9, choices=("甲", "乙"), unit="米",
            hint="提示", when=IF,
        ),
    ),
    materials=(
        Material(
            id="m", name="样例表", need=Need.DEFERRABLE, original=False, copies=2, form="paper", source="other",
            commitment_allowed=True, standard=("甲",), basis="乙", when=IF, canonical="c", proof=True, blank="b.docx",
            sample="s.docx", pages=3, reuse_days=9, kind="form", source_note="丙", page_format="A4", fill_note="丁",
        ),
    ),
    points=(ReviewPoint(id="p", text="看", material="m", basis="甲", when=IF),),
    note="备注", local_code="L1", transfer="permit", former_department="原局", shared_scope="city", entry_center=False,
    online_depth="III", visits=1, visits_reason="核验", by_post=True, special_procedures=("勘验",), conditions=("甲",),
    result_kind="certificate", closing="certificate", produces="pp", result_sample="r.pdf", licence_first=3,
    deferral_days=2, address="甲路", hours="九点", consult="0538-1", complaint="0538-2", topics=("准营准办",),
    stages=(Stage(id="s", name="受理", workdays=1, role="窗口", counted=False, note="甲"),),
    fees=(Fee(name="费", standard="1 元", basis="甲", relief="乙", online=True),),
    answers=(Answer(question="问", answer="答"),), former=FORMER, detail_rule="细则", extension=Days(days=3, basis="甲"),
    check_days=9, correction_days=12,
    listing=Listing(
        catalog_code="370118009004", local_catalog_code="L2", task_code="11370900MB28449441" + "3" + "370118009004",
        local_task_code="L3", state="suspended", list_version="2", power_source="上级下放", department_kind="授权组织",
        entrusted_by="样例局", channels=("窗口办理", "网上办理"), flow="一\n二", legal_unit="自然日", legal_note="甲",
        promised_unit="自然日", promised_note="乙", quantity_limit="每年 10 件", booking=True, online=True,
        terminals=True, partners=("甲局", "乙局"), intermediaries=("检测",),
    ),
)  # fmt: skip
RED = Item(id="B", name="红线样例", department="D1", red_line=True)
BUNDLE = Bundle(
    id="x", name="样例一件事", status="online", questions=(msgspec.structs.replace(ITEM.questions[0], id="q"),),
    members=(
        BundleMember(item="A", when=IF, joint_visit=True, settled=If(all_of=(("q", ("y",)),))),
        BundleMember(item="B", after=("A",)),
    ),
    former=FORMER, source="甲", note="乙",
)  # fmt: skip
PARTS: dict[str, list[Any]] = {
    "departments": [
        Department(id="D1", name="样例局", division="370900", code="11370900MB28449441", phone="1", address="路")
    ],
    "bundles": [BUNDLE],
    "proofs": [ProofRule(name="样例证明", allowed=True, basis="甲", instead="乙")],
    "rules": [
        RuleDocument(
            id="defer", title="样例办法", number="样例〔2026〕1号", effective_from="2026-01-01", effective_to="2027-01-01"
        )
    ],
}  # fmt: skip


def at_default(*made: Any) -> set[str]:
    """Fields of structures that no instance sets to anything but its default."""
    seen: dict[str, bool] = {}

    def walk(one: Any) -> None:
        if isinstance(one, msgspec.Struct):
            for field in msgspec.structs.fields(type(one)):
                value = getattr(one, field.name)
                key = f"{type(one).__name__}.{field.name}"
                default = field.default if field.default is not msgspec.NODEFAULT else None
                seen[key] = seen.get(key, False) or value != default
                walk(value)
        elif isinstance(one, tuple | list):
            for part in one:
                walk(part)

    walk(made)
    return {key for key, other in seen.items() if not other}


@pytest.mark.parametrize("name", ["out.xlsx", "out"])
def test_every_field_of_the_model_comes_back(tmp_path: Path, name: str) -> None:
    items = [ITEM, RED]
    # A field that someone adds to the model has to be added here, and then to the format.
    assert at_default(items, *PARTS.values()) == set()
    write_catalog(
        items, PARTS["departments"], None, tmp_path / name, **{k: PARTS[k] for k in PARTS if k[0] != "d"}
    )
    back = read_catalog(tmp_path / name)
    assert [p for p in back.problems if p.severity == "error"] == []
    for one, was in zip(back.items, items, strict=True):
        for field in Item.__struct_fields__:
            assert getattr(one, field) == getattr(was, field), field
    found = {
        "departments": back.departments,
        "bundles": back.bundles,
        "proofs": back.proofs,
        "rules": back.rules,
    }
    assert found == {key: tuple(value) for key, value in PARTS.items()}


@pytest.mark.parametrize(
    ("text", "unit", "days", "binding", "note"),
    [
        ("20", "工作日", 20, True, ""),
        ("20", "", 20, True, ""),
        ("20个工作日", "自然日", 20, False, ""),
        ("30", "自然日", 30, False, ""),
        ("30", "天", 30, False, ""),
        ("3", "月", None, False, "3月"),
        ("24", "小时", None, False, "24小时"),
        ("0", "小时", 0, True, "0小时"),
    ],
)  # fmt: skip
def test_a_limit_in_another_unit_never_counts_as_workdays(
    tmp_path: Path, text: str, unit: str, days: int | None, binding: bool, note: str
) -> None:
    head = (*HEAD, "法定办结时限", "法定办结时限单位", "承诺办结时限", "承诺办结时限单位")
    result = read_rows(tmp_path, [(*good(), text, unit, text, unit)], head)
    (item,) = result.items
    for limit, said in ((item.legal, item.listing.legal_note), (item.promised, item.listing.promised_note)):
        assert (limit.days, limit.binding, said) == (days, binding, note)
    assert rows_told(result, "法定单位") == (set() if binding else {2})


def test_a_list_with_both_codes_keeps_both(tmp_path: Path) -> None:
    task = "11370900MB28449441" + "3" + "370118009004"
    head = tuple("业务办理项编码" if c == "事项编码" else c for c in HEAD)
    row = (*good(事项编码=task + "13"), task, "窗口办理;网上办理", "暂停")
    result = read_rows(tmp_path, [row], (*head, "实施编码", "办理形式", "事项状态"))
    (item,) = result.items
    assert (item.national_code, item.listing.task_code) == (task + "13", task)
    assert (item.handling, item.listing.channels) == ("", ("窗口办理", "网上办理"))
    assert rows_told(result, "办理形式") == set()
    assert rows_told(result, "事项状态") == {2}
    alone = read_rows(
        tmp_path, [good(事项编码=task)], tuple("实施编码" if c == "事项编码" else c for c in HEAD)
    )
    assert (alone.items[0].national_code, alone.items[0].listing.task_code) == (task, "")


def test_topics_for_persons_and_for_organisations_are_joined(tmp_path: Path) -> None:
    head = (*HEAD, "面向自然人事项主题分类", "面向法人事项主题分类")
    rows = [(*good(), "婚姻登记", "准营准办;投资审批"), (*good(办理项名称="二"), "", "准营准办")]
    rows.append((*good(办理项名称="三"), "婚姻登记", ""))
    found = read_rows(tmp_path, rows, head).items
    assert [item.topics for item in found] == [
        ("婚姻登记", "准营准办", "投资审批"),
        ("准营准办",),
        ("婚姻登记",),
    ]


@pytest.mark.parametrize("name", ["out.xlsx", "out"])
def test_marks_and_line_breaks_inside_a_value_stay_inside_it(tmp_path: Path, name: str) -> None:
    texts = ("甲\n乙", "'甲", "#N/A", "=1+1", "甲；乙", "甲|乙、丙", "\\", "甲\\;乙", "0012", "2026-01-01")
    item = Item(id="A", name="样例", department="D1", basis=texts, topics=texts)
    item = msgspec.structs.replace(item, listing=Listing(channels=texts, flow="\n".join(texts)))
    write_catalog([item], PARTS["departments"], None, tmp_path / name)
    assert read_catalog(tmp_path / name).items == (item,)


@pytest.mark.parametrize("state", ["suspended", "cancelled"])
def test_what_the_list_has_closed_no_hall_accepts(state: str) -> None:
    item = msgspec.structs.replace(RED, listing=Listing(state=state))
    for hall in ("", "370900", "370902001"):
        found = may_accept(item, hall)
        assert (found.allowed, found.goes_to, bool(found.reason)) == (False, "", True)
    assert may_accept(msgspec.structs.replace(RED, listing=Listing(state="in_use")), "370900").allowed

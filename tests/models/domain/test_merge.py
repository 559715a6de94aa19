"""Conflict classes A to E: nothing is overwritten unseen, whatever the order of arrival."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.domain.apply import apply
from models.domain.case import CaseState, CaseStatus
from models.domain.merge import reconcile
from models.domain.ops import OpKind
from tests.desk_kit import item
from tests.models.domain.test_apply import NUMBER, fields_for, ok, op, rules

ITEM = item("SC001")
PATHS = ("form.contact.name", "form.org.scope", "applicant.address", "form.delivery.address")
EDITS = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(("甲", "乙", "丙")), min_size=1)


def opened() -> CaseState:
    fields = fields_for(ITEM) | dict.fromkeys(PATHS, "原")
    return ok(apply(None, op(ITEM, OpKind.SAVE, fields), rules(ITEM)))


@given(EDITS, EDITS)
def test_two_edits_of_one_base_lose_nothing(first: dict[str, str], second: dict[str, str]) -> None:
    base = opened()
    ours = op(ITEM, OpKind.SAVE, base.fields | first, base)
    theirs = op(ITEM, OpKind.SAVE, base.fields | second, base)
    after_first = reconcile(base, ours, rules(ITEM))
    assert after_first.result == "applied"
    merged = reconcile(after_first.state, theirs, rules(ITEM))
    state = merged.state
    assert state is not None
    clashing = {c.path: c for c in merged.clashes}
    for path in PATHS:
        mine, other = second.get(path, "原"), first.get(path, "原")
        if mine == other or mine == "原":
            assert state.value(path) == other
        elif other == "原":
            assert state.value(path) == mine
        else:
            clash = clashing.pop(path)
            assert (clash.base, clash.mine, clash.theirs) == ("原", mine, other)
            assert state.value(path) == other
    assert not clashing
    assert merged.result == ("conflict" if merged.clashes else "merged")


@given(EDITS, EDITS)
def test_disjoint_edits_commute(first: dict[str, str], second: dict[str, str]) -> None:
    second = {p: v for p, v in second.items() if p not in first}
    base = opened()
    one = op(ITEM, OpKind.SAVE, base.fields | first, base)
    two = op(ITEM, OpKind.SAVE, base.fields | second, base)
    left = reconcile(reconcile(base, one, rules(ITEM)).state, two, rules(ITEM)).state
    right = reconcile(reconcile(base, two, rules(ITEM)).state, one, rules(ITEM)).state
    assert left is not None
    assert right is not None
    assert left.fields == right.fields


def test_the_second_of_two_legal_acts_goes_to_a_person() -> None:
    base = opened()
    accept = op(ITEM, OpKind.ACCEPT, base.fields, base, number=NUMBER)
    refuse = op(
        ITEM,
        OpKind.REFUSE,
        base.fields | {"point.P1": "fail"},
        base,
        number="",
        clause="not_eligible",
        reason="样例",
    )
    accepted = reconcile(base, accept, rules(ITEM)).state
    second = reconcile(accepted, refuse, rules(ITEM))
    assert second.result == "conflict"
    assert second.state == accepted
    assert second.clashes[0].kind == "D"
    assert second.clashes[0].theirs == CaseStatus.ACCEPTED


def test_an_act_on_contradicting_fields_does_not_half_happen() -> None:
    base = opened()
    edit = op(ITEM, OpKind.SAVE, base.fields | {"form.org.scope": "甲"}, base)
    accept = op(ITEM, OpKind.ACCEPT, base.fields | {"form.org.scope": "乙"}, base, number=NUMBER)
    edited = reconcile(base, edit, rules(ITEM)).state
    result = reconcile(edited, accept, rules(ITEM))
    assert result.result == "conflict"
    assert result.state == edited
    assert {c.path for c in result.clashes} == {"", "form.org.scope"}


def test_notes_of_both_sides_are_united() -> None:
    base = opened()
    one = op(ITEM, OpKind.NOTE, base.fields, base, text="甲")
    two = msgspec.structs.replace(op(ITEM, OpKind.NOTE, base.fields, base, text="乙"), op_id="other")
    state = reconcile(reconcile(base, one, rules(ITEM)).state, two, rules(ITEM)).state
    assert state is not None
    assert [n.text for n in state.notes] == ["甲", "乙"]


def test_an_unlawful_act_is_rejected_and_changes_nothing() -> None:
    base = opened()
    accept = op(
        ITEM,
        OpKind.ACCEPT,
        {p: v for p, v in base.fields.items() if p != "material.M1"} | {"material.M1": ""},
        base,
        number=NUMBER,
    )
    result = reconcile(base, accept, rules(ITEM))
    assert (result.result, result.state) == ("rejected", base)
    assert result.reason


def test_what_comes_too_late_gives_way_without_a_new_disagreement() -> None:
    base = opened()
    edit = op(ITEM, OpKind.SAVE, base.fields | {"form.org.scope": "甲"}, base)
    decision = op(ITEM, OpKind.RESOLVE, base.fields | {"form.org.scope": "乙"}, base, conflict="c1")
    edited = reconcile(base, edit, rules(ITEM)).state
    late = reconcile(edited, decision, rules(ITEM))
    assert (late.result, late.state, late.clashes) == ("rejected", edited, ())
    assert "请按新的内容再比对一次" in late.reason  # the disagreement stays open
    received = reconcile(
        base, op(ITEM, OpKind.RECEIVE, base.fields, base, receipt="临-D-1"), rules(ITEM)
    ).state
    assert received is not None
    official = op(ITEM, OpKind.NUMBER, base.fields, received, number=NUMBER)
    accept = op(ITEM, OpKind.ACCEPT, base.fields, received, number=NUMBER)
    accepted = reconcile(received, accept, rules(ITEM)).state
    late = reconcile(accepted, official, rules(ITEM))
    assert (late.result, late.state) == ("rejected", accepted)

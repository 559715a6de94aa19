"""The law of a case, by example: what 行政许可法 第三十二条 allows and what it forbids."""

from __future__ import annotations

import random

import msgspec
import pytest

from app.commands.batch import entry_fields
from app.sample import filled
from models.domain.apply import Refusal, Rules, apply
from models.domain.case import CaseState, CaseStatus, Later, Missing
from models.domain.catalog import Item, Need
from models.domain.checklist import allowed_receipts, needed_materials, wanting_materials
from models.domain.listing import Listing
from models.domain.numbers import make_number
from models.domain.ops import Act, Change, Op, OpKind, OpTime, Trust
from models.domain.workdays import builtin_calendar
from tests.desk_kit import NOW_MS, VERSION, item

DAY_MS = 86_400_000
NUMBER = make_number("370911", 2026, 1)


def rules(of: Item) -> Rules:
    return Rules(item=of, calendar=builtin_calendar())


def op(
    of: Item, kind: str, fields: dict[str, str], state: CaseState | None = None, day: int = 0, **act: object
) -> Op:
    old = state.fields if state is not None else {}
    changes = {p: Change(old.get(p, ""), v) for p, v in fields.items() if old.get(p, "") != v}
    return Op(
        op_id=f"op-{kind}-{day}",
        device="D01",
        dseq=1,
        lease_id="L1",
        staff="T0718",
        case_id="case",
        scope="370911",
        kind=kind,
        item_id=of.id,
        item_name=of.name,
        catalog_version=VERSION,
        schema_version=1,
        base_rev=state.rev if state is not None else 0,
        time=OpTime(wall_ms=NOW_MS + day * DAY_MS),
        prev_hash=bytes(32),
        changes=changes,
        act=made_act(act),
    )


def made_act(given: dict[str, object]) -> Act:
    """An act from its parts, those of the later acts and of promises too."""
    for name, kind in (("later", Later), ("trust", Trust)):
        part = {field: given.pop(field) for field in kind.__struct_fields__ if field in given}
        if part:
            given[name] = part
    return msgspec.convert(given, Act)


def fields_for(of: Item, outcome: str = "accept") -> dict[str, str]:
    return entry_fields(of, filled(of, random.Random(1), outcome))


def ok(result: CaseState | Refusal) -> CaseState:
    assert isinstance(result, CaseState), result
    return result


def refused(result: CaseState | Refusal) -> str:
    assert isinstance(result, Refusal), result.status
    return result.code


def missing_of(of: Item, fields: dict[str, str]) -> tuple[Missing, ...]:
    return tuple(Missing(material=m.id, name=m.name, reason="未提交") for m in wanting_materials(of, fields))


ITEMS = ("SC001", "SC015", "TZ013", "BD007", "SB012", "SH009")


@pytest.mark.parametrize("item_id", ITEMS)
def test_a_complete_case_is_accepted_with_its_number(item_id: str) -> None:
    of = item(item_id)
    state = ok(apply(None, op(of, OpKind.ACCEPT, fields_for(of), number=NUMBER), rules(of)))
    assert state.status is CaseStatus.ACCEPTED
    assert state.number == NUMBER
    assert state.rev == 1
    assert state.accepted_on == state.received_on == "2026-11-23"


@pytest.mark.parametrize("item_id", ITEMS)
def test_no_required_thing_can_be_left_out(item_id: str) -> None:
    of = item(item_id)
    fields = fields_for(of)
    required = [f"form.{f.id}" for f in of.fields if f.required]
    needed = [
        f"material.{m.id}"
        for m in needed_materials(of, {})
        if m.need is not Need.OPTIONAL and not m.when.all_of
    ]
    for path in ["applicant.name", "applicant.id_number", "applicant.phone", *required, *needed]:
        less = {p: v for p, v in fields.items() if p != path}
        assert refused(apply(None, op(of, OpKind.ACCEPT, less, number=NUMBER), rules(of))) == "incomplete", (
            path
        )


def test_acceptance_needs_a_number() -> None:
    of = item("SC001")
    assert refused(apply(None, op(of, OpKind.ACCEPT, fields_for(of)), rules(of))) == "no_number"
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    assert (
        refused(apply(None, op(of, OpKind.ACCEPT, fields_for(of), number=wrong), rules(of)))
        == "number_invalid"
    )


def test_a_case_has_one_number() -> None:
    of = item("SC001")
    fields = fields_for(of)
    state = ok(apply(None, op(of, OpKind.RECEIVE, fields, number=NUMBER), rules(of)))
    second = make_number("370911", 2026, 2)
    assert (
        refused(apply(state, op(of, OpKind.ACCEPT, fields, state, number=second), rules(of)))
        == "number_twice"
    )


def test_red_line_items_take_neither_deferral_nor_commitment() -> None:
    of = item("SC009")
    assert of.red_line
    forced = msgspec.structs.replace(of, deferral_allowed=True, commitment_allowed=True)
    for material in forced.materials:
        generous = msgspec.structs.replace(material, need=Need.DEFERRABLE, commitment_allowed=True)
        barred = allowed_receipts(forced, generous)
        assert barred["deferred"]  # type: ignore[index]  # a Receipt is its text
        assert barred["committed"]  # type: ignore[index]  # a Receipt is its text
    fields = fields_for(of) | {"material.M1": "deferred"}
    assert refused(apply(None, op(of, OpKind.ACCEPT, fields, number=NUMBER), rules(of))) == "incomplete"


def test_commitment_only_where_item_and_material_allow_it() -> None:
    of = item("SC015")
    fields = fields_for(of)
    promised = fields | {"material.M4": "committed", "material.M5": "deferred"}
    assert ok(apply(None, op(of, OpKind.ACCEPT, promised, number=NUMBER), rules(of)))
    for wrong in ({"material.M1": "committed"}, {"material.M4": "deferred"}):
        assert (
            refused(apply(None, op(of, OpKind.ACCEPT, fields | wrong, number=NUMBER), rules(of)))
            == "incomplete"
        )


def test_a_material_of_another_situation_cannot_be_asked_for() -> None:
    """BD003 lists the mortgagee's consent for a mortgaged house only: of another one it is no missing paper."""
    of = item("BD003")
    fields = fields_for(of, "supplement") | {"answer.q1": "no"}
    consent = Missing(material="M6", name="抵押权人同意转让的书面材料", reason="未提交")
    lines = (*missing_of(of, fields), consent)
    told = op(of, OpKind.SUPPLEMENT, fields, number=NUMBER, missing=msgspec.to_builtins(lines))
    assert refused(apply(None, told, rules(of))) == "not_listed"


def test_supplement_names_everything_once_and_only_what_is_listed() -> None:
    of = item("SC001")
    fields = fields_for(of, "supplement")
    lines = missing_of(of, fields)
    assert len(lines) >= 2
    partly = op(of, OpKind.SUPPLEMENT, fields, number=NUMBER, missing=msgspec.to_builtins(lines[:1]))
    assert refused(apply(None, partly, rules(of))) == "not_all"
    stranger = (*lines, Missing(material="M99", name="无房证明", reason="未提交"))
    unlisted = op(of, OpKind.SUPPLEMENT, fields, number=NUMBER, missing=msgspec.to_builtins(stranger))
    result = apply(None, unlisted, rules(of))
    assert refused(result) == "not_listed"
    assert isinstance(result, Refusal)
    assert "无房证明" in result.message
    lawful = op(of, OpKind.SUPPLEMENT, fields, number=NUMBER, missing=msgspec.to_builtins(lines))
    state = ok(apply(None, lawful, rules(of)))
    assert state.status is CaseStatus.SUPPLEMENT
    again = op(of, OpKind.SUPPLEMENT, fields, state, day=1, missing=msgspec.to_builtins(lines))
    assert refused(apply(state, again, rules(of))) == "once"


def test_after_five_workdays_silence_counts_as_acceptance() -> None:
    of = item("SC001")
    fields = fields_for(of, "supplement")
    state = ok(apply(None, op(of, OpKind.RECEIVE, fields, number=NUMBER), rules(of)))
    lines = msgspec.to_builtins(missing_of(of, fields))
    # Received on Monday 11-23: the fifth workday is Monday 11-30.
    assert ok(apply(state, op(of, OpKind.SUPPLEMENT, fields, state, day=7, missing=lines), rules(of)))
    late = op(of, OpKind.SUPPLEMENT, fields, state, day=8, missing=lines)
    assert refused(apply(state, late, rules(of))) == "deemed_accepted"


def test_real_estate_must_be_told_on_the_spot() -> None:
    of = item("BD003")
    fields = fields_for(of, "supplement")
    state = ok(apply(None, op(of, OpKind.RECEIVE, fields, number=NUMBER), rules(of)))
    lines = msgspec.to_builtins(missing_of(of, fields))
    assert ok(apply(state, op(of, OpKind.SUPPLEMENT, fields, state, missing=lines), rules(of)))
    late = op(of, OpKind.SUPPLEMENT, fields, state, day=1, missing=lines)
    assert refused(apply(state, late, rules(of))) == "deemed_accepted"


def test_a_refusal_stands_on_a_failed_point_and_names_the_competent_office() -> None:
    of = item("SC001")
    fields = fields_for(of)
    bare = op(of, OpKind.REFUSE, fields, number=NUMBER, clause="not_eligible", reason="样例")
    assert refused(apply(None, bare, rules(of))) == "no_failed_point"
    elsewhere = fields | {"point.G2": "fail"}
    no_office = op(of, OpKind.REFUSE, elsewhere, number=NUMBER, clause="not_competent", reason="样例")
    assert refused(apply(None, no_office, rules(of))) == "redirect"
    wrong_ground = op(of, OpKind.REFUSE, elsewhere, number=NUMBER, clause="not_needed", reason="样例")
    assert refused(apply(None, wrong_ground, rules(of))) == "no_failed_point"
    lawful = op(
        of, OpKind.REFUSE, elsewhere, number=NUMBER, clause="not_competent", reason="样例", redirect="样例局"
    )
    state = ok(apply(None, lawful, rules(of)))
    assert state.status is CaseStatus.REFUSED
    assert state.notices[-1].failed_points == ("该事项属于本机关职权范围",)


def test_nothing_happens_to_a_closed_case_but_notes() -> None:
    of = item("SC001")
    fields = fields_for(of)
    state = ok(apply(None, op(of, OpKind.ACCEPT, fields, number=NUMBER), rules(of)))
    state = ok(apply(state, op(of, OpKind.WITHDRAW, fields, state, reason="样例"), rules(of)))
    for kind in (OpKind.SAVE, OpKind.ACCEPT, OpKind.REFUSE, OpKind.WITHDRAW, OpKind.VOID):
        assert (
            refused(apply(state, op(of, kind, fields, state, reason="x", clause="not_eligible"), rules(of)))
            == "status"
        )
    assert ok(apply(state, op(of, OpKind.NOTE, fields, state, text="备注"), rules(of))).notes


def test_a_note_brings_the_number_of_another_system_and_changes_nothing_else() -> None:
    of = item("SC001")
    fields = fields_for(of)
    state = ok(apply(None, op(of, OpKind.ACCEPT, fields, number=NUMBER), rules(of)))
    for path, value in (("form.org.name", "别的企业"), ("material.M1", "defective"), ("material.M1", "")):
        sneaked = op(of, OpKind.NOTE, fields | {path: value}, state, text="备注")
        assert refused(apply(state, sneaked, rules(of))) == "note_fields"
    numbered = op(of, OpKind.NOTE, fields | {"other.market.number": "SC-2026-1"}, state, text="回填")
    assert ok(apply(state, numbered, rules(of))).value("other.market.number") == "SC-2026-1"


def test_correction_after_acceptance_touches_only_what_does_not_decide() -> None:
    of = item("SC001")
    fields = fields_for(of)
    state = ok(apply(None, op(of, OpKind.ACCEPT, fields, number=NUMBER), rules(of)))
    phone = op(of, OpKind.CORRECT, fields | {"applicant.phone": "13900000002"}, state, reason="号码写错")
    assert ok(apply(state, phone, rules(of))).value("applicant.phone") == "13900000002"
    material = op(of, OpKind.CORRECT, fields | {"material.M1": "defective"}, state, reason="样例")
    assert refused(apply(state, material, rules(of))) == "not_correctable"


def test_a_correction_cannot_take_away_what_acceptance_stands_on() -> None:
    of = item("SC001")
    fields = fields_for(of)
    state = ok(apply(None, op(of, OpKind.ACCEPT, fields, number=NUMBER), rules(of)))
    required = next(f for f in of.fields if f.required and fields.get(f"form.{f.id}"))
    for path, value in ((f"form.{required.id}", ""), ("applicant.phone", "12")):
        spoilt = op(of, OpKind.CORRECT, fields | {path: value}, state, reason="样例")
        assert refused(apply(state, spoilt, rules(of))) == "spoilt"
    half = op(of, OpKind.CORRECT, fields | {"agent.name": "李样例"}, state, reason="样例")
    assert refused(apply(state, half, rules(of))) == "spoilt"


def test_the_received_day_never_moves() -> None:
    of = item("SC001")
    fields = fields_for(of)
    saturday = -2
    state = ok(apply(None, op(of, OpKind.RECEIVE, fields, day=saturday, number=NUMBER), rules(of)))
    assert state.received_on == "2026-11-21"
    assert (
        ok(apply(state, op(of, OpKind.ACCEPT, fields, state, day=3), rules(of))).received_on == "2026-11-21"
    )


def test_an_unknown_kind_is_answered_not_raised() -> None:
    of = item("SC001")
    assert refused(apply(None, op(of, "telepathy", {}), rules(of))) == "unknown_kind"


def test_what_the_list_has_suspended_is_taken_in_nowhere() -> None:
    """事项状态 of the national list; there is no other office to name."""
    of = msgspec.structs.replace(item("SC015"), listing=Listing(state="suspended"))
    for kind in (OpKind.RECEIVE, OpKind.ACCEPT):
        result = apply(None, op(of, kind, fields_for(of), number=NUMBER), rules(of))
        assert isinstance(result, Refusal)
        assert (result.code, "暂停" in result.message, "请到" in result.message) == (
            "not_competent",
            True,
            False,
        )

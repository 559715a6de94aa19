"""容缺, 告知承诺 and 照后办证: what an acceptance on trust leaves owing, and who may ask for one."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.apply import apply
from models.domain.case import CaseState, Receipt
from models.domain.catalog import DayLimit, Item, Material, Need
from models.domain.checklist import allowed_receipts
from models.domain.credit import CreditList, credit_objection, credit_token, is_dishonest
from models.domain.deadlines import due_date
from models.domain.deferral_limit import deferral_limit
from models.domain.licence_first import licence_objection
from models.domain.merge import reconcile
from models.domain.ops import Op, OpKind
from models.domain.promises import promised_duties, with_due_days
from models.domain.verdict import Refusal
from models.domain.workdays import builtin_calendar
from tests.desk_kit import catalog
from tests.models.domain.promise_kit import HANDED_IN, ITEM, NUMBER, PERSON, accepting, op, rules

MONDAY = dt.date(2026, 11, 23)
DEFERRED = {**HANDED_IN, "material.M2": "deferred"}
COMMITTED = {**HANDED_IN, "material.M3": "committed"}
PROMISED = {**HANDED_IN, "promise.licence": "yes"}


def accepted(fields: dict[str, str], of: Item = ITEM) -> CaseState:
    state = apply(None, accepting(fields, of), rules(of))
    assert isinstance(state, CaseState), state
    return state


def code(result: CaseState | Refusal) -> str:
    assert isinstance(result, Refusal), result
    return result.code


def test_a_deferred_material_is_owed_within_the_promised_limit() -> None:
    (duty,) = accepted({**DEFERRED, "material.M2.way": "邮寄"}).duties
    assert (duty.kind, duty.material, duty.due, duty.way) == ("deferral", "M2", "2026-11-30", "邮寄")
    assert not duty.overdue(dt.date(2026, 11, 30))
    assert duty.overdue(dt.date(2026, 12, 1))


def test_the_day_may_be_sooner_but_not_later() -> None:
    assert accepted({**DEFERRED, "material.M2.due": "2026-11-25"}).duties[0].due == "2026-11-25"
    for wrong in ("2026-12-01", "2026-11-22", "明天"):
        fields = {**DEFERRED, "material.M2.due": wrong}
        assert code(apply(None, accepting(fields), rules())) == "due_day"


@given(st.one_of(st.none(), st.integers(-3, 400)), st.one_of(st.none(), st.integers(0, 300)), st.booleans())
def test_no_hall_can_set_more_than_the_promised_limit(
    own: int | None, promised: int | None, approximate: bool
) -> None:
    limit = DayLimit(days=promised, approximate=approximate)
    of = msgspec.structs.replace(ITEM, deferral_days=own, promised=limit)
    days = deferral_limit(of)
    if days is None:
        assert promised is None or approximate
        assert code(apply(None, accepting(DEFERRED, of), rules(of))) == "incomplete"
        return
    assert promised is not None
    assert 0 <= days <= promised
    (duty,) = accepted(DEFERRED, of).duties
    assert duty.due <= due_date(MONDAY, promised, builtin_calendar()).due.isoformat()


@given(
    st.builds(
        Material,
        id=st.just("M9"),
        name=st.just("样例材料"),
        need=st.sampled_from(Need),
        commitment_allowed=st.booleans(),
        form=st.sampled_from(("paper", "electronic", "either")),
        source=st.sampled_from(("applicant", "government", "other")),
    ),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_trust_needs_everything_the_rules_name(
    material: Material, red_line: bool, deferral: bool, commitment: bool, dishonest: bool
) -> None:
    of = msgspec.structs.replace(
        ITEM,
        red_line=red_line,
        deferral_allowed=deferral,
        commitment_allowed=commitment,
        materials=(material,),
    )
    found = allowed_receipts(of, material, dishonest=dishonest)
    trusted = not red_line and not dishonest
    assert (found[Receipt.DEFERRED] == "") is (trusted and deferral and material.need is Need.DEFERRABLE)
    assert (found[Receipt.COMMITTED] == "") is (trusted and commitment and material.commitment_allowed)
    for receipt in (Receipt.PAPER, Receipt.SCAN, Receipt.ELECTRONIC, Receipt.CERTIFICATE):
        assert found[receipt] == allowed_receipts(of, material)[receipt]  # declining stays possible


def test_a_red_line_item_takes_neither() -> None:
    of = msgspec.structs.replace(ITEM, red_line=True)
    assert code(apply(None, accepting(DEFERRED, of), rules(of))) == "incomplete"
    assert code(apply(None, accepting(COMMITTED, of), rules(of))) == "incomplete"
    assert code(apply(None, accepting(PROMISED, of), rules(of))) == "licence_first"


def test_a_commitment_says_what_is_promised_and_is_checked_in_the_halls_own_days() -> None:
    (duty,) = accepted(COMMITTED).duties
    assert (duty.kind, duty.days, duty.due) == ("commitment", 20, "2026-12-21")
    assert "无违法证明" in duty.obligation
    assert "三年内" in duty.obligation
    assert "记入信用" in duty.consequence


def test_nothing_is_chosen_for_the_applicant() -> None:
    plain = {**PERSON, "answer.q1": "a"}
    assert with_due_days(ITEM, plain, MONDAY, builtin_calendar()) == plain
    assert accepted(HANDED_IN).duties == ()
    filled = with_due_days(
        ITEM, {**DEFERRED, **PROMISED, "material.M2": "deferred"}, MONDAY, builtin_calendar()
    )
    assert filled["material.M2.due"] == "2026-11-30"
    assert filled["promise.licence.due"] == "2026-12-07"


def test_a_permit_can_be_promised_only_where_the_list_says_so() -> None:
    (duty,) = accepted(PROMISED).duties
    assert (duty.id, duty.due) == ("licence", "2026-12-07")
    of = msgspec.structs.replace(ITEM, licence_first=None)
    assert code(apply(None, accepting(PROMISED, of), rules(of))) == "licence_first"
    odd = {**PROMISED, "promise.licence": "maybe"}
    assert code(apply(None, accepting(odd), rules())) == "licence_first"


def made_up(state: CaseState, form: str, day: int) -> Op:
    fields = {**state.fields, "material.M2": form}
    return op(OpKind.DEFERRAL_DONE, fields, state, day, act={"duty": "deferral:M2"})


def test_a_second_make_up_of_the_same_material_gives_way() -> None:
    state = accepted(DEFERRED)
    first = apply(state, made_up(state, "scan", 3), rules())
    assert isinstance(first, CaseState)
    for form in ("scan", "paper"):
        merge = reconcile(first, made_up(state, form, 3), rules())
        assert (merge.result, merge.state, merge.clashes) == ("rejected", first, ())


def test_a_deferred_material_is_made_up_once() -> None:
    state = accepted(DEFERRED)
    done = made_up(state, "scan", 3)
    after = apply(state, done, rules())
    assert isinstance(after, CaseState)
    assert after.value("material.M2") == "scan"
    assert after.duties[0].done_on == "2026-11-26"
    assert after.notices[-1].kind == "deferral_done"
    again = made_up(after, "paper", 4)
    assert code(apply(after, again, rules())) == "duty_done"


@pytest.mark.parametrize(
    ("day", "changes", "duty", "expected"),
    [
        (1, {}, "deferral:M2", "form"),
        (1, {"material.M2": "certificate"}, "deferral:M2", "form"),
        (1, {"material.M2": "paper", "material.M1": "scan"}, "deferral:M2", "form"),
        (1, {"material.M1": "scan"}, "deferral:M2", "form"),
        (1, {"material.M2": "paper"}, "deferral:M1", "no_duty"),
        (-1, {"material.M2": "paper"}, "deferral:M2", "day"),
    ],
)
def test_what_does_not_close_a_deferral(day: int, changes: dict[str, str], duty: str, expected: str) -> None:
    state = accepted(DEFERRED)
    done = op(OpKind.DEFERRAL_DONE, {**state.fields, **changes}, state, day, act={"duty": duty})
    assert code(apply(state, done, rules())) == expected


def test_nothing_is_owed_before_acceptance_or_after_withdrawal() -> None:
    act = {"duty": "deferral:M2"}
    assert code(apply(None, op(OpKind.DEFERRAL_DONE, act=act), rules())) == "no_case"
    state = accepted(DEFERRED)
    gone = apply(state, op(OpKind.WITHDRAW, state=state, act={"reason": "样例"}), rules())
    assert isinstance(gone, CaseState)
    assert code(apply(gone, op(OpKind.DEFERRAL_DONE, state=gone, act=act), rules())) == "status"


def checked(state: CaseState, day: int, duty: str, **act: str) -> CaseState | Refusal:
    return apply(state, op(OpKind.CHECK, state=state, day=day, act={"duty": duty, **act}), rules())


def test_a_true_promise_closes_and_a_false_one_has_a_consequence() -> None:
    state = accepted(COMMITTED)
    true = checked(state, 2, "commitment:M3", finding="true", text="与档案一致")
    assert isinstance(true, CaseState)
    assert (true.duties[0].open, true.duties[0].finding, true.revoked_on) == (False, "true", "")
    false = checked(state, 2, "commitment:M3", finding="false", text="有处罚记录", consequence="revoke")
    assert isinstance(false, CaseState)
    assert (false.duties[0].outcome, false.revoked_on) == ("revoke", "2026-11-25")


def test_rectification_keeps_the_duty_open_until_it_is_checked_again() -> None:
    state = accepted(COMMITTED)
    act = {"finding": "false", "text": "缺一份", "consequence": "rectify"}
    assert code(checked(state, 2, "commitment:M3", **act)) == "due_day"
    later = checked(state, 2, "commitment:M3", **act, due="2026-12-10")
    assert isinstance(later, CaseState)
    assert (later.duties[0].open, later.duties[0].due) == (True, "2026-12-10")
    done = checked(later, 5, "commitment:M3", finding="true", text="已整改")
    assert isinstance(done, CaseState)
    assert not done.duties[0].open


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ({"finding": "", "text": "x"}, "finding"),
        ({"finding": "true", "text": " "}, "finding"),
        ({"finding": "true", "text": "x", "consequence": "revoke"}, "consequence"),
        ({"finding": "false", "text": "x"}, "consequence"),
        ({"finding": "false", "text": "x", "consequence": "fine"}, "consequence"),
    ],
)
def test_a_check_says_what_was_found_and_what_follows(act: dict[str, str], expected: str) -> None:
    assert code(checked(accepted(COMMITTED), 2, "commitment:M3", **act)) == expected


def test_a_listed_person_cannot_use_trust_and_can_always_decline() -> None:
    key = bytes(range(32))
    number = PERSON["applicant.id_number"]
    credit = CreditList(key=key, people={credit_token(key, number.lower()): "2026-11-23"})
    for fields in (DEFERRED, COMMITTED, PROMISED):
        objection = credit_objection(credit, ITEM, fields, MONDAY)
        assert objection is not None
        assert objection.code == "dishonest"
        assert credit_objection(credit, ITEM, fields, MONDAY + dt.timedelta(days=1)) is None  # repaired
        assert credit_objection(None, ITEM, fields, MONDAY) is None
    assert credit_objection(credit, ITEM, HANDED_IN, MONDAY) is None
    assert not is_dishonest(credit, "370911199001010018", MONDAY)


@given(st.dictionaries(st.text(max_size=12), st.sampled_from(list(Receipt)), max_size=4))
def test_only_listed_materials_enter_a_case(extra: dict[str, Receipt]) -> None:
    listed = {m.id for m in ITEM.materials}
    fields = {**PERSON, **{f"material.{name}": receipt.value for name, receipt in extra.items()}}
    result = apply(None, op(OpKind.SAVE, fields), rules())
    named = [n for n in extra if n not in listed and n.rpartition(".")[0] not in listed]
    if named:
        assert code(result) == "not_listed"
    else:
        assert isinstance(result, CaseState)


def test_every_duty_has_its_own_id() -> None:
    fields = {**DEFERRED, "material.M3": "committed", "promise.licence": "yes"}
    duties = promised_duties(ITEM, fields, MONDAY, builtin_calendar())
    assert not isinstance(duties, Refusal)
    assert [d.id for d in duties] == ["deferral:M2", "commitment:M3", "licence"]


def test_a_deferral_ends_with_the_limit_of_an_acceptance_that_reaches_back() -> None:
    duties = promised_duties(ITEM, DEFERRED, MONDAY, builtin_calendar(), "2026-11-18")
    assert not isinstance(duties, Refusal)
    assert duties[0].due == "2026-11-25"


def test_the_demo_city_promises_21_permits_after_the_licence() -> None:
    chosen = [item for item in catalog().items if item.licence_first is not None]
    assert len(chosen) == 21
    assert [item.id for item in chosen if licence_objection(item)] == []


def decided(
    state: CaseState, decision: str, of: Item = ITEM, day: int = 4, failed: str = ""
) -> CaseState | Refusal:
    fields = state.fields | ({f"point.{failed}": "fail"} if failed else {})
    made = op(OpKind.DECIDE, fields, state, day, of=of, act={"reason": "样例"})
    later = msgspec.structs.replace(made.act.later, decision=decision)
    return apply(
        state, msgspec.structs.replace(made, act=msgspec.structs.replace(made.act, later=later)), rules(of)
    )


def test_nothing_is_granted_while_a_deferred_material_is_wanting() -> None:
    state = accepted(DEFERRED)
    assert code(decided(state, "grant")) == "deferral_open"
    denied = decided(state, "deny", failed="P1")
    assert isinstance(denied, CaseState)
    whole = apply(state, made_up(state, "scan", 3), rules())
    assert isinstance(whole, CaseState)
    granted = decided(whole, "grant")
    assert isinstance(granted, CaseState)
    assert granted.decision == "grant"


@pytest.mark.parametrize("consequence", ["revoke", "credit", "rectify"])
def test_nothing_is_granted_on_a_promise_that_was_found_false(consequence: str) -> None:
    state = accepted(COMMITTED)
    assert isinstance(decided(state, "grant"), CaseState)  # the check may come afterwards
    act = {"finding": "false", "text": "有处罚记录", "consequence": consequence}
    false = checked(state, 2, "commitment:M3", **act, due="2026-12-10" if consequence == "rectify" else "")
    assert isinstance(false, CaseState)
    assert code(decided(false, "grant")) == "promise_false"
    if consequence == "rectify":
        mended = checked(false, 3, "commitment:M3", finding="true", text="已补办")
        assert isinstance(mended, CaseState)
        assert isinstance(decided(mended, "grant"), CaseState)


def deemed(fields: dict[str, str], of: Item = ITEM) -> CaseState:
    """Received on Monday 11-23 and left unanswered past the fifth workday."""
    received = apply(None, op(OpKind.RECEIVE, fields, of=of, act={"number": NUMBER}), rules(of))
    assert isinstance(received, CaseState), received
    state = apply(received, op(OpKind.DEEM, received.fields, received, day=8, of=of), rules(of))
    assert isinstance(state, CaseState), state
    return state


@pytest.mark.parametrize("fields", [DEFERRED, COMMITTED, PROMISED])
def test_what_silence_accepts_on_trust_is_owed_as_by_word(fields: dict[str, str]) -> None:
    state = deemed(fields)
    assert [(d.id, d.due) for d in state.duties] == [(d.id, d.due) for d in accepted(fields).duties]


def test_silence_never_lets_a_deferred_material_be_forgotten() -> None:
    state = deemed({**DEFERRED, "material.M2.due": "2030-01-01"})
    assert [d.due for d in state.duties] == ["2026-11-30"]  # a day past the limit falls back to the limit
    assert code(decided(state, "grant", day=9)) == "deferral_open"


@pytest.mark.parametrize(("fields", "duty"), [(COMMITTED, "commitment:M3"), (PROMISED, "licence")])
def test_a_promise_nobody_took_in_writing_is_checked_before_the_grant(
    fields: dict[str, str], duty: str
) -> None:
    state = deemed(fields)
    assert code(decided(state, "grant", day=9)) == "promise_unchecked"
    true = checked(state, 9, duty, finding="true", text="属实（样例）")
    assert isinstance(true, CaseState)
    assert isinstance(decided(true, "grant", day=9), CaseState)


def test_what_may_not_be_taken_on_trust_is_not_granted_by_silence() -> None:
    red = msgspec.structs.replace(ITEM, red_line=True)
    for fields in (DEFERRED, COMMITTED):
        assert not deemed(fields, red).duties
        assert code(decided(deemed(fields, red), "grant", of=red, day=9)) == "open_points"

"""Ratings are the visitor's own, once a visit; what a 差评 leaves open; marks and free services."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.apply import apply
from models.domain.case import CaseState, CaseStatus, decode_state, encode_state
from models.domain.deadlines import due_date
from models.domain.merge import reconcile
from models.domain.ops import Act, Op, OpKind, Trust, decode_op, encode_op
from models.domain.verdict import Refusal
from models.domain.visit import Answer, Channel, Given, Rating, VisitFacts, same_visit
from models.domain.workdays import builtin_calendar
from models.duty_list import duty_rows
from tests.models.domain.promise_kit import HANDED_IN, NUMBER, accepting, op, rules

MONDAY = "2026-11-23"


def accepted() -> CaseState:
    state = apply(None, accepting(HANDED_IN), rules())
    assert isinstance(state, CaseState), state
    return state


def rated(level: int = 5, **more: object) -> Rating:
    given_ = {"about": "op-accept-0", "day": MONDAY, "channel": Channel.SCREEN.value, "proof": b"p"}
    return Rating(level=level, **{**given_, **more})  # type: ignore[arg-type]


def rating(state: CaseState, told: Rating, day: int = 0, op_id: str = "op-rate") -> Op:
    made = op(OpKind.RATE, state=state, day=day, fields=dict(state.fields))
    return msgspec.structs.replace(made, op_id=op_id, act=Act(visit=VisitFacts(rating=told)))


def done(result: CaseState | Refusal) -> CaseState:
    assert isinstance(result, CaseState), result
    return result


def code(result: CaseState | Refusal) -> str:
    assert isinstance(result, Refusal), result
    return result.code


def test_a_rating_is_kept_with_who_served_and_leaves_the_case_as_it_was() -> None:
    before = accepted()
    after = done(apply(before, rating(before, rated(reasons=("510", "517"), text="很快")), rules()))
    (kept,) = after.ratings
    assert (kept.level, kept.reasons, kept.served, kept.op_id) == (5, ("510", "517"), "T0718", "op-rate")
    assert (after.status, after.fields, after.duties) == (before.status, before.fields, ())
    assert decode_state(encode_state(after)) == after


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 0},
        {"level": 6},
        {"reasons": ("109",)},
        {"reasons": ("510", "510")},
        {"reasons": ("5x0",)},
        {"text": "长" * 151},
        {"channel": "clerk"},
        {"proof": b""},
        {"about": ""},
        {"day": "昨天"},
        {"days": 16},
        {"days": -1},
    ],
)
def test_what_is_no_rating_is_not_taken(wrong: dict[str, object]) -> None:
    state = accepted()
    told = msgspec.structs.replace(rated(), **wrong)
    assert code(apply(state, rating(state, told), rules())) == "rating"


def test_a_text_of_150_is_taken() -> None:
    state = accepted()
    assert done(apply(state, rating(state, rated(text="长" * 150)), rules())).ratings[0].text == "长" * 150


def test_a_rating_changes_nothing_else() -> None:
    state = accepted()
    sly = rating(state, rated())
    changed = op(OpKind.RATE, {**state.fields, "form.a": "x"}, state).changes
    assert code(apply(state, msgspec.structs.replace(sly, changes=changed), rules())) == "no_edit"


def test_one_visit_is_rated_once_whatever_the_channel() -> None:
    state = accepted()
    state = done(apply(state, rating(state, rated(2)), rules()))
    by_phone = rated(5, channel=Channel.ACCOUNT.value)
    assert code(apply(state, rating(state, by_phone, op_id="second"), rules())) == "rated"
    merged = reconcile(state, rating(accepted(), by_phone, day=1, op_id="second"), rules())
    assert (merged.result, merged.clashes, merged.state) == ("rejected", (), state)


def test_another_visit_is_rated_anew_and_the_net_once_a_case() -> None:
    state = accepted()
    state = done(apply(state, rating(state, rated(4)), rules()))
    later = rated(3, about="elsewhere", day="2026-11-30")
    state = done(apply(state, rating(state, later, day=7, op_id="two"), rules()))
    online = rated(5, channel=Channel.WEB.value, about="web-1")
    state = done(apply(state, rating(state, online, day=7, op_id="three"), rules()))
    again = rated(1, channel=Channel.APP.value, about="web-2", day="2026-12-30")
    assert code(apply(state, rating(state, again, day=8, op_id="four"), rules())) == "rated"
    assert [one.level for one in state.ratings] == [4, 3, 5]


def test_a_bad_rating_opens_a_task_within_the_days_of_the_hall() -> None:
    state = accepted()
    after = done(apply(state, rating(state, rated(1, reasons=("115",))), rules()))
    (duty,) = after.duties
    assert (duty.kind, duty.due, duty.days) == ("rating", "2026-11-30", 5)
    assert done(apply(state, rating(state, rated(2, days=15)), rules())).duties[0].due == "2026-12-14"
    assert done(apply(state, rating(state, rated(3)), rules())).duties == ()


@given(st.integers(1, 2), st.integers(0, 15))
def test_no_task_is_due_later_than_the_ceiling(level: int, days: int) -> None:
    state = accepted()
    (duty,) = done(apply(state, rating(state, rated(level, days=days)), rules())).duties
    assert duty.due <= due_date(dt.date(2026, 11, 23), 15, builtin_calendar()).due.isoformat()


def test_the_task_outlives_an_acceptance_and_a_withdrawal() -> None:
    received = done(apply(None, op(OpKind.RECEIVE, HANDED_IN, act={"number": NUMBER}), rules()))
    bad = done(apply(received, rating(received, rated(1, about="op-receive-0")), rules()))
    took = done(apply(bad, op(OpKind.ACCEPT, dict(bad.fields), bad), rules()))
    assert [duty.kind for duty in took.duties] == ["rating"]
    gone = op(OpKind.WITHDRAW, dict(took.fields), took, act={"reason": "样例"})
    ended = done(apply(took, gone, rules()))
    assert ended.status is CaseStatus.WITHDRAWN
    assert [row["state"] for row in duty_rows(ended)] == ["open"]


def responding(state: CaseState, answer: str, *, due: str = "", text: str = "已回访", day: int = 1) -> Op:
    made = op(OpKind.RESPOND, dict(state.fields), state, day=day)
    told = Act(text=text, trust=Trust(duty=state.duties[0].id), visit=VisitFacts(answer=answer, due=due))
    return msgspec.structs.replace(made, act=told)


def test_a_bad_rating_is_no_promise_to_be_checked() -> None:
    state = accepted()
    state = done(apply(state, rating(state, rated(1)), rules()))
    told = {"duty": state.duties[0].id, "finding": "true", "text": "样例"}
    check = op(OpKind.CHECK, dict(state.fields), state, act=told)
    assert code(apply(state, check, rules())) == "no_duty"


def test_a_bad_rating_is_dealt_with_once() -> None:
    state = accepted()
    state = done(apply(state, rating(state, rated(1)), rules()))
    assert code(apply(state, responding(state, "pay"), rules())) == "answer"
    assert code(apply(state, responding(state, Answer.FIXED, text=" "), rules())) == "answer"
    for late in ("", "2026-11-22", "2027-03-01"):
        assert code(apply(state, responding(state, Answer.LEDGER, due=late), rules())) == "due_day"
    state = done(apply(state, responding(state, Answer.LEDGER, due="2026-12-10"), rules()))
    assert (state.duties[0].open, state.duties[0].due) == (True, "2026-12-10")
    state = done(apply(state, responding(state, Answer.FIXED, day=2), rules()))
    assert (state.duties[0].done_on, state.duties[0].found) == ("2026-11-25", "已回访")
    assert code(apply(state, responding(state, Answer.FIXED, day=3), rules())) == "duty_done"
    assert [one.level for one in state.ratings] == [1]


def serving(state: CaseState, changed: dict[str, str] | None = None, told: Given | None = None) -> Op:
    made = op(OpKind.SERVE, {**state.fields, **(changed or {})}, state, day=1)
    return msgspec.structs.replace(made, act=Act(visit=VisitFacts(given=told)) if told else Act())


def test_marks_steps_and_free_pieces_are_recorded_and_hold_up_nothing() -> None:
    state = accepted()
    marked = {"service.priority": "senior", "step.farewell": "yes", "service.agency": "yes"}
    state = done(apply(state, serving(state, marked), rules()))
    assert state.value("service.priority") == "senior"
    state = done(apply(state, serving(state, told=Given(kind="copy", count=12, unit_fen=20)), rules()))
    (piece,) = state.given
    assert (piece.fen, piece.day, piece.staff) == (240, "2026-11-24", "T0718")
    assert state.status is CaseStatus.ACCEPTED


def test_a_service_entry_changes_nothing_of_the_case() -> None:
    state = accepted()
    assert code(apply(state, serving(state, {"applicant.phone": "13900000000"}), rules())) == "no_edit"
    assert code(apply(state, serving(state), rules())) == "nothing"
    for wrong in (Given(kind="copy", count=0, unit_fen=20), Given(kind="", count=1, unit_fen=20)):
        assert code(apply(state, serving(state, told=wrong), rules())) == "given"


def test_two_desks_count_apart_and_both_counts_stay() -> None:
    base = accepted()
    one = done(apply(base, serving(base, told=Given(kind="copy", count=2, unit_fen=20)), rules()))
    other = msgspec.structs.replace(
        serving(base, told=Given(kind="post", count=1, unit_fen=1200)), op_id="other"
    )
    merged = reconcile(one, other, rules())
    assert merged.result == "merged"
    assert merged.state is not None
    assert sum(piece.fen for piece in merged.state.given) == 1240


def test_the_bytes_of_an_act_without_a_visit_are_those_of_before() -> None:
    made = accepting(HANDED_IN)
    assert b"visit" not in encode_op(made)
    told = rating(accepted(), rated(reasons=("517",)))
    assert decode_op(encode_op(told)) == told


@given(st.sampled_from(Channel), st.sampled_from(Channel), st.booleans(), st.booleans())
def test_what_counts_as_the_same_visit_is_symmetric(a: Channel, b: Channel, act: bool, day: bool) -> None:
    one = rated(channel=a.value)
    other = rated(channel=b.value, about="op-accept-0" if act else "x", day=MONDAY if day else "2026-11-30")
    assert same_visit(one, other) == same_visit(other, one)

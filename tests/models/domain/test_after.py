"""The acts after receipt and acceptance, by example: what 行政许可法 allows and what it forbids."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models.domain.after import AFTER, role_problem
from models.domain.apply import Rules, apply
from models.domain.case import CaseState, CaseStatus
from models.domain.catalog import DayLimit, Item, ItemKind
from models.domain.checklist import shown_points, wanting_materials
from models.domain.hours import Hours
from models.domain.ops import Act, OpKind, OpTime
from models.domain.procedures import LAW_42, LAW_45, Decision, DeliveryWay, Procedure
from models.domain.workdays import builtin_calendar
from tests.desk_kit import item
from tests.models.domain.test_apply import NUMBER, fields_for, missing_of, ok, op, refused, rules

# Day 0 is Monday 2026-11-23.
PERMIT = msgspec.structs.replace(
    item("TZ013"),
    power_type="行政许可",
    kind=ItemKind.COMMITTED,
    legal=DayLimit(days=20, basis="样例条"),
    promised=DayLimit(days=5, basis="样例条"),
)
OTHER = msgspec.structs.replace(PERMIT, power_type="公共服务", special_procedures=(), not_counted=())
FIELDS = fields_for(PERMIT)
PAUSE: dict[str, Any] = {"procedure": Procedure.EXPERTS, "reason": "样例评审", "workdays": 10}
EXTEND: dict[str, Any] = {"workdays": 10, "approver": "样例负责人", "reason": "样例原因"}


def accepted(of: Item = PERMIT, day: int = 0) -> CaseState:
    return ok(apply(None, op(of, OpKind.ACCEPT, fields_for(of), day=day, number=NUMBER), rules(of)))


def act(
    state: CaseState,
    kind: str,
    day: int = 0,
    of: Item = PERMIT,
    fields: dict[str, str] | None = None,
    **more: Any,
) -> CaseState:
    return ok(apply(state, op(of, kind, fields or state.fields, state, day=day, **more), rules(of)))


def no(
    state: CaseState,
    kind: str,
    day: int = 0,
    of: Item = PERMIT,
    fields: dict[str, str] | None = None,
    **more: Any,
) -> str:
    return refused(apply(state, op(of, kind, fields or state.fields, state, day=day, **more), rules(of)))


def received(of: Item = PERMIT, day: int = 0) -> CaseState:
    return ok(apply(None, op(of, OpKind.RECEIVE, fields_for(of), day=day, number=NUMBER), rules(of)))


def supplementing() -> CaseState:
    short = fields_for(PERMIT, "supplement")
    told = op(PERMIT, OpKind.SUPPLEMENT, short, number=NUMBER)
    told = msgspec.structs.replace(told, act=Act(number=NUMBER, missing=missing_of(PERMIT, short)))
    return ok(apply(None, told, rules(PERMIT)))


# -- 补齐 -------------------------------------------------------------------------------------------


def test_the_limit_starts_on_the_day_the_set_was_complete() -> None:
    state = supplementing()
    full = act(state, OpKind.SUPPLIED, day=4, fields=state.fields | FIELDS)
    assert (full.status, full.complete_on) == (CaseStatus.RECEIVED, "2026-11-27")
    taken = act(full, OpKind.ACCEPT, day=7)
    assert taken.accepted_on == "2026-11-27"
    assert taken.notices[-1].day == "2026-11-30"


def test_nothing_is_supplied_while_a_material_is_missing() -> None:
    assert no(supplementing(), OpKind.SUPPLIED, day=4) == "still_missing"
    assert no(received(), OpKind.SUPPLIED) == "status"


def test_supplied_cannot_lie_before_it_was_asked_for() -> None:
    state = supplementing()
    assert no(state, OpKind.SUPPLIED, day=-1, fields=state.fields | FIELDS) == "day_before"


# -- silence ----------------------------------------------------------------------------------------


def test_silence_past_five_workdays_is_acceptance_from_the_receipt() -> None:
    state = received()
    assert no(state, OpKind.DEEM, day=7) == "not_deemed"  # Monday: the fifth workday
    deemed = act(state, OpKind.DEEM, day=8)
    assert (deemed.status, deemed.accepted_on, deemed.deemed) == (CaseStatus.ACCEPTED, "2026-11-23", True)


def test_a_late_acceptance_reaches_back_to_the_receipt() -> None:
    assert act(received(), OpKind.ACCEPT, day=7).accepted_on == "2026-11-30"
    assert act(received(), OpKind.ACCEPT, day=8).accepted_on == "2026-11-23"


def test_after_deemed_acceptance_nothing_more_can_be_asked_or_refused() -> None:
    state = ok(
        apply(
            None, op(PERMIT, OpKind.RECEIVE, fields_for(PERMIT, "supplement"), number=NUMBER), rules(PERMIT)
        )
    )
    missing = missing_of(PERMIT, state.fields)
    late = msgspec.structs.replace(
        op(PERMIT, OpKind.SUPPLEMENT, state.fields, state, day=8), act=Act(missing=missing)
    )
    assert refused(apply(state, late, rules(PERMIT))) == "deemed_accepted"
    point = shown_points(PERMIT, {})[0].id
    failing = state.fields | {f"point.{point}": "fail"}
    why: dict[str, Any] = {"clause": "not_eligible", "reason": "样例"}
    assert no(state, OpKind.REFUSE, day=8, fields=failing, **why) == "deemed_accepted"
    assert act(state, OpKind.REFUSE, day=7, fields=failing, **why).status is CaseStatus.REFUSED


def test_what_was_wanting_may_still_be_brought_after_silence_and_moves_no_clock() -> None:
    short = fields_for(PERMIT, "supplement")
    state = act(
        ok(apply(None, op(PERMIT, OpKind.RECEIVE, short, number=NUMBER), rules(PERMIT))), OpKind.DEEM, day=8
    )
    wanting = [m.id for m in wanting_materials(PERMIT, state.fields)]
    brought = {f"material.{one}": "paper" for one in wanting}
    full = act(state, OpKind.SUPPLIED, day=9, fields=state.fields | brought)
    assert wanting_materials(PERMIT, full.fields) == []
    assert (full.status, full.accepted_on, full.complete_on) == (CaseStatus.ACCEPTED, "2026-11-23", "")
    assert no(full, OpKind.SUPPLIED, day=10) == "nothing_new"


def test_bringing_more_takes_nothing_away_and_changes_nothing_else() -> None:
    short = fields_for(PERMIT, "supplement")
    state = act(
        ok(apply(None, op(PERMIT, OpKind.RECEIVE, short, number=NUMBER), rules(PERMIT))), OpKind.DEEM, day=8
    )
    (first, *_) = wanting_materials(PERMIT, state.fields)
    brought = state.fields | {f"material.{first.id}": "paper"}
    other = next(
        p for p in FIELDS if p.startswith("material.") and p.count(".") == 1 and state.fields[p] == "paper"
    )
    assert no(state, OpKind.SUPPLIED, day=9, fields=brought | {other: "defective"}) != ""
    assert no(state, OpKind.SUPPLIED, day=9, fields=brought | {"applicant.phone": "13900000000"}) == "no_edit"
    assert no(state, OpKind.SUPPLIED, day=9, fields=state.fields | {f"material.{first.id}": "deferred"}) != ""
    assert no(state, OpKind.SUPPLIED, day=-1, fields=brought) == "day_before"
    assert no(accepted(), OpKind.SUPPLIED, day=1) == "status"


def test_silence_gives_no_competence_that_an_office_lacks() -> None:
    failing = received().fields | {"point.G2": "fail"}
    elsewhere: dict[str, Any] = {"clause": "not_competent", "reason": "样例", "redirect": "样例机关"}
    assert act(received(), OpKind.REFUSE, day=8, fields=failing, **elsewhere).status is CaseStatus.REFUSED


def test_what_was_in_when_silence_accepted_cannot_be_made_out_to_be_missing() -> None:
    state = received()
    for value in ("", "defective"):
        less = {**state.fields, "material.M1": value}
        assert no(state, OpKind.SAVE, day=8, fields=less) == "deemed_accepted"
        assert act(state, OpKind.SAVE, day=7, fields=less).value("material.M1") == value  # still in time
    other = {**state.fields, "material.M1": "scan", "material.M1.copies": "2"}
    assert act(state, OpKind.SAVE, day=8, fields=other).value("material.M1") == "scan"


def test_real_estate_is_deemed_accepted_after_the_day_itself() -> None:
    of = item("BD007")
    assert no(received(of), OpKind.DEEM, of=of) == "not_deemed"
    assert act(received(of), OpKind.DEEM, day=1, of=of).deemed


def test_a_complete_set_left_lying_counts_as_accepted_from_the_day_it_was_complete() -> None:
    state = supplementing()
    full = act(state, OpKind.SUPPLIED, day=4, fields=state.fields | FIELDS)
    assert act(full, OpKind.DEEM, day=14).accepted_on == "2026-11-27"


# -- stopping and prolonging ------------------------------------------------------------------------


def test_a_special_procedure_stops_the_clock_in_writing() -> None:
    state = act(accepted(), OpKind.PAUSE, day=1, **PAUSE)
    (one,) = state.stoppages
    assert (one.start, one.end, one.basis, one.workdays) == ("2026-11-24", "", LAW_45, 10)
    assert (state.notices[-1].kind, state.notices[-1].later.workdays) == (OpKind.PAUSE, 10)
    resumed = act(state, OpKind.RESUME, day=9)
    assert resumed.stoppages[0].end == "2026-12-02"
    assert no(resumed, OpKind.RESUME, day=9) == "not_paused"


def test_a_pause_needs_a_procedure_a_reason_a_time_and_a_basis() -> None:
    state = accepted()
    assert no(state, OpKind.PAUSE, **PAUSE | {"procedure": "tea"}) == "procedure"
    assert no(state, OpKind.PAUSE, **PAUSE | {"reason": " "}) == "reason"
    for days in (0, -1, 10_001):
        assert no(state, OpKind.PAUSE, **PAUSE | {"workdays": days}) == "time_needed"
    assert no(state, OpKind.PAUSE, **PAUSE | {"procedure": Procedure.SUSPENSION}) == "basis"
    held = act(state, OpKind.PAUSE, **PAUSE | {"procedure": Procedure.SUSPENSION, "basis": "样例依据"})
    assert held.stoppages[0].basis == "样例依据"
    assert no(held, OpKind.PAUSE, **PAUSE) == "paused"
    assert no(received(), OpKind.PAUSE, **PAUSE) == "status"


def test_outside_permits_the_list_must_name_the_procedure() -> None:
    state = accepted(OTHER)
    assert no(state, OpKind.PAUSE, of=OTHER, **PAUSE) == "basis"
    listed = msgspec.structs.replace(OTHER, not_counted=("组织专家评审的时间",))
    assert "实施清单" in act(accepted(listed), OpKind.PAUSE, of=listed, **PAUSE).stoppages[0].basis


def test_a_limit_that_is_over_is_neither_stopped_nor_prolonged() -> None:
    last = 28  # 2026-12-21, the twentieth workday
    assert act(accepted(), OpKind.EXTEND, day=last, **EXTEND).prolonged
    assert no(accepted(), OpKind.EXTEND, day=last + 1, **EXTEND) == "overdue"
    assert no(accepted(), OpKind.PAUSE, day=last + 1, **PAUSE) == "overdue"


def test_extension_is_once_ten_days_at_most_approved_and_reasoned() -> None:
    state = accepted()
    for key, value, code in (
        ("workdays", 11, "too_long"), ("workdays", 0, "too_long"),
        ("approver", "", "approver"), ("reason", "", "reason"),
    ):  # fmt: skip
        assert no(state, OpKind.EXTEND, **EXTEND | {key: value}) == code
    longer = act(state, OpKind.EXTEND, **EXTEND)
    assert longer.prolonged[0].basis == LAW_42
    assert no(longer, OpKind.EXTEND, **EXTEND) == "extended"


def test_joint_handling_may_be_prolonged_by_fifteen_and_what_is_no_permit_not_at_all() -> None:
    joint = msgspec.structs.replace(PERMIT, legal=DayLimit(days=45, basis="样例条"))
    assert act(accepted(joint), OpKind.EXTEND, of=joint, **EXTEND | {"workdays": 15}).prolonged
    assert no(accepted(joint), OpKind.EXTEND, of=joint, **EXTEND | {"workdays": 16}) == "too_long"
    assert no(accepted(OTHER), OpKind.EXTEND, of=OTHER, **EXTEND) == "no_extension"
    short = msgspec.structs.replace(PERMIT, legal=DayLimit(days=3, basis="样例条"))
    assert no(accepted(short), OpKind.EXTEND, of=short, **EXTEND | {"workdays": 4}) == "too_long"
    assert act(accepted(short), OpKind.EXTEND, of=short, **EXTEND | {"workdays": 3}).prolonged
    spot = msgspec.structs.replace(PERMIT, legal=DayLimit(days=0, basis="样例条"))
    assert no(accepted(spot), OpKind.EXTEND, of=spot, **EXTEND | {"workdays": 1}) == "no_extension"


def test_an_item_of_its_own_rule_is_prolonged_by_that_rule() -> None:
    own = msgspec.structs.replace(OTHER, extension=DayLimit(days=3, basis="样例办法第一条"))
    done = act(accepted(own), OpKind.EXTEND, of=own, **EXTEND | {"workdays": 3})
    assert done.prolonged[0].basis == done.notices[-1].later.basis == "样例办法第一条"
    assert no(accepted(own), OpKind.EXTEND, of=own, **EXTEND | {"workdays": 4}) == "too_long"
    unfounded = msgspec.structs.replace(OTHER, extension=DayLimit(days=3))
    assert no(accepted(unfounded), OpKind.EXTEND, of=unfounded, **EXTEND | {"workdays": 1}) == "no_extension"


# -- deciding and handing over ----------------------------------------------------------------------


def test_all_points_met_means_grant_and_nothing_else() -> None:
    state = accepted()
    assert no(state, OpKind.DECIDE, decision=Decision.DENY, reason="样例") == "no_failed_point"
    assert no(state, OpKind.DECIDE, decision="perhaps") == "decision"
    granted = act(state, OpKind.DECIDE, day=3, decision=Decision.GRANT)
    assert (granted.status, granted.decided_on, granted.decision) == (
        CaseStatus.DECIDED,
        "2026-11-26",
        "grant",
    )


def test_a_denial_stands_on_a_failed_point_and_says_why() -> None:
    state = accepted()
    point = shown_points(PERMIT, {})[0]
    failing = state.fields | {f"point.{point.id}": "fail"}
    assert no(state, OpKind.DECIDE, fields=failing, decision=Decision.DENY) == "reason"
    assert no(state, OpKind.DECIDE, fields=failing, decision=Decision.GRANT) == "open_points"
    denied = act(state, OpKind.DECIDE, fields=failing, decision=Decision.DENY, reason="样例")
    assert denied.notices[-1].failed_points == (point.text,)


def test_what_was_deemed_accepted_incomplete_is_not_granted() -> None:
    short = fields_for(PERMIT, "supplement")
    state = ok(apply(None, op(PERMIT, OpKind.RECEIVE, short, number=NUMBER), rules(PERMIT)))
    deemed = act(state, OpKind.DEEM, day=8)
    assert no(deemed, OpKind.DECIDE, day=9, decision=Decision.GRANT) == "open_points"


def test_no_decision_while_the_clock_stands_still_or_before_acceptance() -> None:
    paused = act(accepted(), OpKind.PAUSE, **PAUSE)
    assert no(paused, OpKind.DECIDE, decision=Decision.GRANT) == "paused"
    assert no(accepted(), OpKind.DECIDE, day=-1, decision=Decision.GRANT) == "day_before"
    assert no(received(), OpKind.DECIDE, decision=Decision.GRANT) == "status"


def test_delivery_says_how_and_to_whom() -> None:
    decided = act(accepted(), OpKind.DECIDE, decision=Decision.GRANT)
    way: dict[str, Any] = {"way": DeliveryWay.COUNTER, "recipient": "样例"}
    assert no(decided, OpKind.DELIVER, **way | {"way": "pigeon"}) == "way"
    assert no(decided, OpKind.DELIVER, **way | {"recipient": ""}) == "recipient"
    assert no(decided, OpKind.DELIVER, day=-1, **way) == "day_before"
    assert no(accepted(), OpKind.DELIVER, **way) == "status"
    assert act(decided, OpKind.DELIVER, day=1, **way).delivered_on == "2026-11-24"


def test_later_acts_edit_nothing_but_what_they_judge() -> None:
    state = accepted()
    other = state.fields | {"applicant.phone": "13900000002"}
    assert no(state, OpKind.PAUSE, fields=other, **PAUSE) == "no_edit"
    assert no(state, OpKind.DECIDE, fields=other, decision=Decision.GRANT) == "no_edit"


@pytest.mark.parametrize("kind", sorted(AFTER))
def test_who_may_do_which(kind: str) -> None:
    judging = kind in (OpKind.PAUSE, OpKind.RESUME, OpKind.EXTEND, OpKind.DECIDE)
    assert bool(role_problem(kind, ("window",), PERMIT)) is judging
    assert role_problem(kind, ("reviewer",), PERMIT) == ""
    assert role_problem(kind, ("lead",), PERMIT) == ""
    assert role_problem(kind, ("audit_admin",), PERMIT)
    instant = msgspec.structs.replace(PERMIT, kind=ItemKind.INSTANT)
    assert bool(role_problem(kind, ("window",), instant)) is (judging and kind != OpKind.DECIDE)


# -- what the clock marks ---------------------------------------------------------------------------


def test_the_service_mark_is_the_clocks_and_stays_that_of_the_receipt() -> None:
    saturday = received(day=-2)
    assert (saturday.received_on, saturday.service) == ("2026-11-21", "weekend")
    monday = act(saturday, OpKind.ACCEPT)
    assert (monday.service, [n.later.service for n in monday.notices]) == ("weekend", ["weekend", ""])


def test_the_hall_of_the_act_has_its_hours() -> None:
    early = Rules(item=PERMIT, calendar=builtin_calendar(), hours={"370911": Hours(spans=((0, 600),))})
    state = ok(apply(None, op(PERMIT, OpKind.RECEIVE, FIELDS, number=NUMBER), early))
    assert state.service == "overtime"  # half past ten


def test_a_day_in_doubt_is_recorded_with_the_act() -> None:
    night = op(PERMIT, OpKind.RECEIVE, FIELDS, number=NUMBER)
    night = msgspec.structs.replace(
        night, time=OpTime(wall_ms=night.time.wall_ms + 13 * 3_600_000 + 28 * 60_000)
    )
    state = ok(apply(None, night, rules(PERMIT)))
    assert state.unsure == (night.op_id,)
    assert received().unsure == ()

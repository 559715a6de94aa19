"""Prerequisites of a set at the hub (domain facts §5 rows 25 and 34): no member begins before what it rests on.

An op may say that the licence of another member is held; the hub asks that member's own case.
"""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from models.domain.case import CaseStatus
from models.domain.catalog import Bundle, BundleMember, Material
from models.domain.numbers import group_number, make_number
from models.domain.ops import Act, Change, OpKind
from models.domain.procedures import Decision
from sync.hub import people
from sync.hub import tables as t
from sync.hub.backup import start_epoch
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.protocol import OpOutcome, Outcome
from tests.sync.hub.fake_desk import DEPARTMENT, HALL, PASSWORD, FakeDesk, TestClock, ready_desk
from tests.sync.hub.test_after import state_of
from tests.sync.hub.test_forged import TRUSTING, WHOLE

LICENCE = msgspec.structs.replace(TRUSTING, produces="licence")
HELD = Material(id="M4", name="营业执照", canonical="licence", source="government")
PERMIT = msgspec.structs.replace(
    TRUSTING, id="SAMPLE-2", name="样例许可", materials=(*TRUSTING.materials, HELD)
)
EVENT = Bundle(
    id="YJ001",
    name="样例一件事",
    status="online",
    members=(BundleMember(item="SAMPLE-1"), BundleMember(item="SAMPLE-2", after=("SAMPLE-1",))),
)
SET = {"bundle.id": "YJ001", "bundle.case": "set-1", "bundle.cases": "SAMPLE-1=c1;SAMPLE-2=c2"}
KEPT = {**WHOLE, **SET, "bundle.after": "SAMPLE-1"}
CLAIMED = {"material.M4": Change("", "certificate"), "bundle.after": Change("SAMPLE-1", "")}
GRANT = Act(later=msgspec.structs.replace(Act().later, decision=Decision.GRANT))
WEEK_MS = 7 * 86_400_000


@pytest.fixture
def desk(hub: Hub) -> FakeDesk:
    """The licence accepted, the permit kept until the licence is granted."""
    made = ready_desk(hub, publish_catalog(hub, (DEPARTMENT,), (LICENCE, PERMIT), bundles=(EVENT,)))
    line = people.StaffLine(staff="T0718", name="李样例", scope=HALL, roles=("window", "reviewer"))
    people.add_staff(hub, line, PASSWORD)
    made.accept("c1", WHOLE | SET)
    made.item_id = "SAMPLE-2"
    made.save("c2", KEPT)
    assert [one.outcome for one in sent(made)] == [Outcome.APPLIED] * 2
    return made


def sent(desk: FakeDesk) -> tuple[OpOutcome, ...]:
    outcomes = push(desk.hub, desk.device, desk.batch()).outcomes
    desk.sent()
    return outcomes


def begin(desk: FakeDesk, kind: OpKind = OpKind.ACCEPT, changes: dict[str, Change] | None = None) -> None:
    desk.item_id = "SAMPLE-2"
    desk.make(kind, "c2", CLAIMED | (changes or {}), base_rev=1, act=Act(number=desk.number()))


def grant(desk: FakeDesk) -> None:
    desk.item_id = "SAMPLE-1"
    desk.make(OpKind.DECIDE, "c1", base_rev=1, act=GRANT)


def alarms(hub: Hub) -> list[str]:
    with hub.read() as conn:
        return list(conn.execute(select(t.alarm.c.kind)).scalars())


def test_a_paper_brought_along_is_in_hand_and_must_be_taken(hub: Hub, desk: FakeDesk) -> None:
    """行政许可法 第三十二条: complete is complete, wherever the licence comes from."""
    begin(desk, changes={"material.M4": Change("", "paper")})
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED]


def test_what_was_received_without_it_cannot_be_completed_by_saying_so(hub: Hub, desk: FakeDesk) -> None:
    begin(desk, OpKind.RECEIVE, changes={"material.M4": Change("", "")})
    claim = {"material.M4": Change("", "certificate")}
    desk.make(OpKind.SAVE, "c2", claim, base_rev=2)
    desk.make(OpKind.ACCEPT, "c2", {}, base_rev=3)
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED, Outcome.APPLIED, Outcome.REJECTED]


def test_an_earlier_case_of_the_applicant_is_a_source_and_an_invented_one_is_not(
    hub: Hub, desk: FakeDesk
) -> None:
    desk.item_id = "SAMPLE-1"
    former = desk.accept("c0", WHOLE).act.number
    desk.make(OpKind.DECIDE, "c0", base_rev=1, act=GRANT)
    sent(desk)
    source = f"样例证 · {group_number(make_number('370911', 2026, 9999))} · 2026-09-18"
    begin(desk, changes={"material.M4.from": Change("", source)})
    assert [one.outcome for one in sent(desk)] == [Outcome.REJECTED]
    desk.item_id = "SAMPLE-2"
    own = {**WHOLE, **SET, "material.M4": "certificate", "bundle.cases": "SAMPLE-1=c1;SAMPLE-2=c5"}
    desk.accept("c5", own | {"material.M4.from": f"样例证 · {group_number(former)} · 2026-09-18"})
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED]
    own["bundle.cases"] = "SAMPLE-1=c1;SAMPLE-2=c6"
    desk.accept("c6", own | {"material.M4.from": f"样例证 · {group_number(state_of(hub, 'c1').number)}"})
    (told,) = sent(desk)
    assert told.outcome is Outcome.REJECTED  # its own licence again, by another door


@pytest.mark.parametrize("kind", [OpKind.ACCEPT, OpKind.RECEIVE])
def test_a_licence_that_the_set_has_not_issued_is_not_held(hub: Hub, desk: FakeDesk, kind: OpKind) -> None:
    begin(desk, kind)
    (told,) = sent(desk)
    assert told.outcome is Outcome.REJECTED
    assert "“营业执照”由这套一件事中的“样例事项”发给，那一项还没有准予" in told.reason
    assert alarms(hub) == ["set_early"]
    assert state_of(hub, "c2").status is CaseStatus.OPEN


def test_once_it_is_granted_the_permit_begins_also_in_one_batch(hub: Hub, desk: FakeDesk) -> None:
    grant(desk)
    begin(desk)
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED] * 2
    assert state_of(hub, "c2").status is CaseStatus.ACCEPTED
    assert alarms(hub) == []


def test_taking_the_prerequisite_off_first_helps_nothing(hub: Hub, desk: FakeDesk) -> None:
    """The catalogue's 一件事 says what the permit waits for, whatever the case says."""
    desk.make(OpKind.SAVE, "c2", {"bundle.after": Change("SAMPLE-1", "")}, base_rev=1)
    claim = {"material.M4": Change("", "certificate")}
    desk.make(OpKind.ACCEPT, "c2", claim, base_rev=2, act=Act(number=desk.number()))
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED, Outcome.REJECTED]


def test_the_cases_of_a_set_cannot_be_exchanged(hub: Hub, desk: FakeDesk) -> None:
    """A granted licence of another set, or of somebody taken in alone, stands for nothing."""
    desk.item_id = "SAMPLE-1"
    desk.accept("c9", WHOLE)
    desk.make(OpKind.DECIDE, "c9", base_rev=1, act=GRANT)
    sent(desk)
    other = "SAMPLE-1=c9;SAMPLE-2=c2"
    begin(desk, changes={"bundle.cases": Change(SET["bundle.cases"], other)})
    (told,) = sent(desk)
    assert told.outcome is Outcome.REJECTED
    desk.item_id = "SAMPLE-2"
    fields = {**WHOLE, **SET, "bundle.cases": "SAMPLE-1=c9;SAMPLE-2=c3", "material.M4": "certificate"}
    desk.accept("c3", fields)
    (told,) = sent(desk)
    assert told.outcome is Outcome.REJECTED
    assert "“营业执照”由这套一件事中的“样例事项”发给，那一项还没有准予" in told.reason


def test_a_denied_licence_lets_nothing_begin(hub: Hub, desk: FakeDesk) -> None:
    desk.item_id = "SAMPLE-1"
    deny = Act(reason="样例", later=msgspec.structs.replace(Act().later, decision=Decision.DENY))
    desk.make(OpKind.DECIDE, "c1", {"point.P1": Change("pass", "fail")}, base_rev=1, act=deny)
    begin(desk)
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED, Outcome.REJECTED]


def test_a_grant_of_this_desk_that_waits_for_a_person_is_not_held_against_it(
    hub: Hub, desk: FakeDesk
) -> None:
    stop = Act(reason="样例", later=msgspec.structs.replace(Act().later, procedure="hearing", workdays=5))
    desk.item_id = "SAMPLE-1"
    desk.make(OpKind.PAUSE, "c1", base_rev=1, act=stop)
    sent(desk)
    grant(desk)  # in ignorance of the stop, as another machine would
    begin(desk)
    assert [one.outcome for one in sent(desk)] == [Outcome.CONFLICT, Outcome.APPLIED]


def test_after_a_restore_the_grant_may_not_be_back_yet(hub: Hub, desk: FakeDesk, clock: TestClock) -> None:
    """For a week the hub cannot know what another desk decided: the act stands, a person looks at it."""
    with hub.write() as conn:
        start_epoch(conn, clock())
    desk.anchor_ms = clock()
    begin(desk)
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED]
    assert alarms(hub) == ["set_early"]


def test_a_week_after_the_restore_it_is_refused_again(hub: Hub, desk: FakeDesk, clock: TestClock) -> None:
    with hub.write() as conn:
        start_epoch(conn, clock())
    clock.ms += 2 * WEEK_MS
    desk.anchor_ms = clock()
    begin(desk)
    (told,) = sent(desk)
    assert told.outcome is Outcome.REJECTED


def test_names_that_no_case_bears_do_not_make_it_stumble(hub: Hub, desk: FakeDesk) -> None:
    desk.item_id = "SAMPLE-2"
    odd = {"bundle.after": "SAMPLE-1;\0;" + "x;" * 3000, "bundle.cases": "SAMPLE-1=c\0;" + "a=b;" * 3000}
    desk.accept("c4", WHOLE | SET | odd | {"material.M4": "certificate"})
    (told,) = sent(desk)
    assert told.outcome is Outcome.REJECTED

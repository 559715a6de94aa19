"""What the hub decides: conflicts, waiting, releasing, numbers, double cases."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from models.domain.case import decode_state
from models.domain.catalog import Material
from models.domain.numbers import make_number
from models.domain.ops import Act, Change, OpKind
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.doubles import REASON
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.protocol import OpOutcome, Outcome
from tests.sync.hub.fake_desk import (
    COMPLETE,
    DEPARTMENT,
    ITEM,
    PERSON,
    SECOND_WINDOW,
    FakeDesk,
    ready_desk,
)
from tests.sync.hub.test_ingest import alarms, feed_of

A, M, C, H, R = Outcome.APPLIED, Outcome.MERGED, Outcome.CONFLICT, Outcome.HELD, Outcome.REJECTED


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version)


@pytest.fixture
def other(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version, window=SECOND_WINDOW)


def send(desk: FakeDesk) -> tuple[OpOutcome, ...]:
    reply = push(desk.hub, desk.device, desk.batch())
    desk.sent()
    return reply.outcomes


def outcomes(told: tuple[OpOutcome, ...]) -> list[Outcome]:
    return [one.outcome for one in told]


def stored(hub: Hub) -> dict[str, str]:
    with hub.read() as conn:
        return {r.op_id: r.outcome for r in conn.execute(select(t.op_log.c.op_id, t.op_log.c.outcome))}


def fields_of(hub: Hub, case_id: str) -> dict[str, str]:
    with hub.read() as conn:
        data = conn.execute(select(t.case_head.c.state).where(t.case_head.c.case_id == case_id)).scalar_one()
    return decode_state(data).fields


def resolution(conflict: str, path: str = "", old: str = "", new: str = "") -> tuple[dict[str, Change], Act]:
    return ({path: Change(old, new)} if path else {}), Act(conflict=conflict, reason="经核对")


def test_disjoint_fields_of_two_desks_are_merged(hub: Hub, desk: FakeDesk, other: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    send(desk)
    desk.save("c1", {"form.b": "2"}, rev=1)
    other.save("c1", {"form.c": "3"}, rev=1)
    assert outcomes(send(desk)) == [A]
    told = send(other)
    assert outcomes(told) == [M]
    assert told[0].reason
    assert fields_of(hub, "c1") == {"form.a": "1", "form.b": "2", "form.c": "3"}


def test_same_field_of_two_desks_goes_to_a_person(hub: Hub, desk: FakeDesk, other: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    send(desk)
    desk.save("c1", {"form.a": "2"}, old={"form.a": "1"}, rev=1)
    other.staff = "T0719"
    other.save("c1", {"form.a": "3", "form.b": "4"}, old={"form.a": "1"}, rev=1)
    other.make(OpKind.NOTE, "c1", base_rev=2, act=Act(text="后面一步照常"))
    assert outcomes(send(desk)) == [A]
    assert outcomes(send(other)) == [C, M]
    entry = feed_of(hub)[2]
    (clash,) = entry.conflicts
    assert (clash.path, clash.base, clash.mine, clash.theirs, clash.kind) == ("form.a", "1", "3", "2", "C")
    assert (clash.staff, clash.theirs_staff) == ("T0719", "T0718")
    assert fields_of(hub, "c1") == {"form.a": "2", "form.b": "4"}
    changes, act = resolution(clash.conflict_id, "form.a", "2", "3")
    desk.make(OpKind.RESOLVE, "c1", changes, base_rev=4, act=act)
    assert outcomes(send(desk)) == [A]
    assert feed_of(hub)[-1].resolved == (clash.conflict_id,)
    assert fields_of(hub, "c1")["form.a"] == "3"


def test_second_legal_act_waits_for_a_person_and_holds_what_follows(
    hub: Hub, desk: FakeDesk, other: FakeDesk
) -> None:
    desk.save("c1", {"form.a": "1"})
    send(desk)
    desk.accept("c1", rev=1)
    late = other.accept("c1", rev=1)
    follow = other.make(OpKind.NOTE, "c1", base_rev=2, act=Act(text="跟在后面的备注"))
    other.save("c2", {"form.a": "1"})
    assert outcomes(send(desk)) == [A]
    told = send(other)
    assert outcomes(told) == [C, H, A]
    assert "等前一步“受理”" in told[1].reason
    head = feed_of(hub)[2]
    clash = head.conflicts[0]
    assert (clash.path, clash.kind, head.rev) == ("", "D", 2)
    # The number was printed: it stays with the case, and with nothing else.
    with hub.read() as conn:
        owner = select(t.number_ledger.c.case_id).where(t.number_ledger.c.number == late.act.number)
        assert conn.execute(owner).scalar_one() == "c1"
    _, act = resolution(clash.conflict_id)
    desk.make(OpKind.RESOLVE, "c1", base_rev=2, act=act)
    assert outcomes(send(desk)) == [A]
    assert feed_of(hub)[-2].resolved == (clash.conflict_id,)
    assert (feed_of(hub)[-1].op_id, feed_of(hub)[-1].outcome) == (follow.op_id, M)
    assert stored(hub)[follow.op_id] == "merged"


def test_the_desk_in_conflict_may_resolve_itself(hub: Hub, desk: FakeDesk, other: FakeDesk) -> None:
    desk.save("c1", PERSON)
    send(desk)
    desk.make(OpKind.WITHDRAW, "c1", base_rev=1, act=Act(reason="不办了"))
    other.make(OpKind.VOID, "c1", base_rev=1)
    send(desk)
    assert outcomes(send(other)) == [C]
    conflict = feed_of(hub)[-1].conflicts[0].conflict_id
    other.make(OpKind.RESOLVE, "c1", base_rev=2, act=Act(conflict=conflict))
    assert outcomes(send(other)) == [A]


def test_op_under_an_unpublished_catalogue_waits_for_it(hub: Hub, desk: FakeDesk) -> None:
    new = msgspec.structs.replace(ITEM, id="SAMPLE-2")
    desk.item_id = new.id
    coming = "2026.09.18-r0002"
    desk.make(OpKind.SAVE, "c1", {"form.a": Change("", "1")}, version=coming)
    desk.make(OpKind.NOTE, "c1", base_rev=1, act=Act(text="等目录"), version=coming)
    assert outcomes(send(desk)) == [H, H]
    assert feed_of(hub) == ()
    assert publish_catalog(hub, (DEPARTMENT,), (ITEM, new)) == coming
    assert [(e.outcome, e.rev) for e in feed_of(hub)] == [(A, 1), (A, 2)]
    assert set(stored(hub).values()) == {"applied"}


def test_a_case_stays_under_the_version_it_was_opened_under(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    send(desk)
    stricter = msgspec.structs.replace(ITEM, materials=(*ITEM.materials, Material(id="M3", name="新增证明")))
    newer = publish_catalog(hub, (DEPARTMENT,), (stricter,))
    changes = {path: Change("", value) for path, value in COMPLETE.items()}
    desk.make(OpKind.ACCEPT, "c1", changes, base_rev=1, act=Act(number=desk.number()), version=newer)
    assert outcomes(send(desk)) == [A]  # what the later version asks for, nobody may ask for here


def test_late_rejection_is_told_through_the_feed(hub: Hub, desk: FakeDesk) -> None:
    desk.make(OpKind.NOTE, "c1", act=Act(text="没有这件"), version="2026.09.18-r0002")
    assert outcomes(send(desk)) == [H]
    publish_catalog(hub, (DEPARTMENT,), (ITEM,))
    (entry,) = feed_of(hub)
    assert (entry.outcome, entry.rev) == (R, 0)
    assert entry.reason


def test_rejection_holds_what_was_made_without_knowing_it(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    send(desk)
    desk.make(OpKind.NOTE, "c1", base_rev=1, act=Act(text=" "))
    blind = desk.save("c1", {"form.b": "2"}, rev=2)
    desk.save("c2", {"form.a": "1"})
    assert outcomes(send(desk)) == [R, H, A]
    # A desk that has heard of it goes on; what waited is decided first.
    desk.anchor_ms = hub.now_ms()
    desk.save("c1", {"form.c": "3"}, rev=2)
    assert outcomes(send(desk)) == [A]
    assert stored(hub)[blind.op_id] == "merged"
    assert fields_of(hub, "c1") == {"form.a": "1", "form.b": "2", "form.c": "3"}


def test_rejection_does_not_hold_an_op_made_on_the_hubs_state(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    desk.make(OpKind.NOTE, "c1", base_rev=1, act=Act(text=" "))
    assert outcomes(send(desk)) == [A, R]
    desk.save("c1", {"form.b": "2"}, rev=1)
    assert outcomes(send(desk)) == [A]


def test_number_outside_the_granted_blocks_is_rejected(hub: Hub, desk: FakeDesk, other: FakeDesk) -> None:
    for index, number in enumerate(
        (make_number("370911", 2026, 9_000_000), make_number("370902", 2026, 1), other.number())
    ):
        desk.accept(f"c{index}", number=number)
    desk.accept("c9", number="370911202600004711")
    assert outcomes(send(desk)) == [R] * 4
    assert alarms(hub) == ["number_foreign"] * 3 + ["number_invalid"]
    assert feed_of(hub) == ()


def test_number_of_another_case_is_rejected(hub: Hub, desk: FakeDesk) -> None:
    number = desk.number()
    desk.accept("c1", number=number)
    desk.accept("c2", number=number)
    assert outcomes(send(desk)) == [A, R]
    desk.accept("c3", number=number)
    assert outcomes(send(desk)) == [R]
    assert alarms(hub) == ["number_doubled"] * 2


def test_number_written_otherwise_is_no_second_number(hub: Hub, desk: FakeDesk) -> None:
    number = desk.number()
    desk.accept("c1", number=number)
    desk.accept("c2", number=f"{number[:6]} {number[6:]}")
    assert outcomes(send(desk)) == [A, R]


def test_same_applicant_and_item_twice_is_flagged_and_both_kept(
    hub: Hub, desk: FakeDesk, other: FakeDesk
) -> None:
    desk.accept("c1")
    desk.save("c1b", {**PERSON, "applicant.id_number": "110105194912310011"})
    told = send(desk)
    assert all(REASON not in one.reason for one in told)
    other.save("c2", PERSON)
    other.save("c2", {"form.a": "1"}, rev=1)
    flagged = send(other)
    assert outcomes(flagged) == [A, A]
    assert [REASON in one.reason for one in flagged] == [True, False]
    assert [REASON in e.reason for e in feed_of(hub)] == [False, False, True, False]
    assert fields_of(hub, "c1") == COMPLETE


def test_two_cases_of_one_applicant_in_one_batch_are_flagged(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", PERSON)
    desk.save("c2", PERSON)
    assert any(REASON in one.reason for one in send(desk))


def test_closed_case_is_no_double(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", PERSON)
    desk.make(OpKind.WITHDRAW, "c1", base_rev=1, act=Act(reason="不办了"))
    send(desk)
    desk.save("c2", PERSON)
    assert send(desk)[0].reason == ""

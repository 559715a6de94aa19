"""Reuse (domain facts §5 rows 4 and 22): a source that a desk invents is refused at the hub, one that was true
where the desk stood is not."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from models.domain.catalog import Item, Material
from models.domain.numbers import group_number, make_number
from models.domain.ops import Act, Change, OpKind
from models.domain.procedures import Decision
from sync.hub import tables as t
from sync.hub.backup import start_epoch
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.protocol import OpOutcome, Outcome
from tests.sync.hub.fake_desk import FakeDesk, TestClock
from tests.sync.hub.test_forged import TRUSTING, WHOLE, ready

LEASE = Material(id="M4", name="租赁合同", canonical="lease", reuse_days=30)
FORMER: Item = msgspec.structs.replace(
    TRUSTING, materials=(*TRUSTING.materials, LEASE), produces="permit", result="样例证"
)
LATER = msgspec.structs.replace(
    TRUSTING,
    id="SAMPLE-2",
    materials=(
        *TRUSTING.materials,
        LEASE,
        Material(id="M5", name="样例证", canonical="permit", reuse_days=30, source="government"),
    ),
)
FULL = WHOLE | {"material.M4": "paper"}
TODAY = "2026-09-18"  # of FakeDesk.START_MS
GRANT = Act(later=msgspec.structs.replace(Act().later, decision=Decision.GRANT))
REASON = Act(reason="不办了")


@pytest.fixture
def desk(hub: Hub) -> FakeDesk:
    """One case verified and accepted: its number is ``desk.former``."""
    made = ready(hub, FORMER, LATER)
    made.item_id = "SAMPLE-1"
    first = made.accept("c1", FULL)
    assert [one.outcome for one in sent(made)] == [Outcome.APPLIED]
    made.former = first.act.number  # type: ignore[attr-defined]
    made.item_id = "SAMPLE-2"
    return made


def sent(desk: FakeDesk) -> tuple[OpOutcome, ...]:
    outcomes = push(desk.hub, desk.device, desk.batch()).outcomes
    desk.sent()
    return outcomes


def source(number: str, day: str = TODAY, certificate: str = "") -> str:
    parts = (certificate, group_number(number), day, "样例大厅", "T0718")
    return " · ".join(part for part in parts if part)


def former(desk: FakeDesk) -> str:
    return str(desk.former)  # type: ignore[attr-defined]


def reuse(desk: FakeDesk, said: str, case: str = "c2", paper: str = "M4", **changes: str) -> OpOutcome:
    """An acceptance that takes ``paper`` over from ``said``."""
    desk.item_id = "SAMPLE-2"
    held = {"material.M4": "electronic", "material.M5": "certificate"}
    desk.accept(case, WHOLE | held | {f"material.{paper}.from": said} | changes)
    return sent(desk)[-1]


def alarms(hub: Hub) -> list[tuple[str, str]]:
    with hub.read() as conn:
        return [(row.kind, row.message) for row in conn.execute(select(t.alarm.c.kind, t.alarm.c.message))]


def test_what_was_verified_there_is_taken_over(hub: Hub, desk: FakeDesk) -> None:
    assert reuse(desk, source(former(desk))).outcome is Outcome.APPLIED
    assert alarms(hub) == []


def test_also_where_both_come_in_one_batch(hub: Hub, desk: FakeDesk) -> None:
    desk.item_id = "SAMPLE-1"
    first = desk.accept("c3", FULL)
    assert reuse(desk, source(first.act.number)).outcome is Outcome.APPLIED
    assert alarms(hub) == []


def test_a_certificate_that_the_case_issued_is_a_source_and_one_it_did_not_issue_is_none(
    hub: Hub, desk: FakeDesk
) -> None:
    early = reuse(desk, source(former(desk), certificate="样例证"), paper="M5")
    assert early.outcome is Outcome.REJECTED
    assert "从来没有核验过或者发给过" in early.reason
    desk.item_id = "SAMPLE-1"
    desk.make(OpKind.DECIDE, "c1", base_rev=1, act=GRANT)
    told = reuse(desk, source(former(desk), certificate="样例证"), "c4", "M5")
    assert told.outcome is Outcome.APPLIED


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("证照库", "没有写明是哪一件"),
        ("样例证 · 2026-09-18 · 样例大厅 · T0718", "没有写明是哪一件"),
        (source(make_number("370911", 2026, 9999)), "没有用在任何办件上"),
        (source("临-NOBODY-000001"), "不是登记过的工作站发出的"),
    ],
)
def test_an_invented_source_is_refused(hub: Hub, desk: FakeDesk, said: str, why: str) -> None:
    told = reuse(desk, said)
    assert told.outcome is Outcome.REJECTED
    assert f"“租赁合同”写成沿用以前的办件，{why.split('，')[0]}" in told.reason or why in told.reason
    assert "请收下申请人带来的材料" in told.reason
    assert [kind for kind, _ in alarms(hub)] == ["reuse_forged"]


def test_neither_another_persons_case_nor_a_later_day_nor_the_case_itself_will_do(
    hub: Hub, desk: FakeDesk
) -> None:
    for case, said, changes, why in (
        ("c2", source(former(desk)), {"applicant.id_number": "370911199001011231"}, "不是这个申请人的"),
        ("c3", source(former(desk), "2026-09-25"), {}, "核验日期与那一件不符"),
        ("c4", source(make_number("370911", 2026, 9)), {}, "没有用在任何办件上"),
    ):
        told = reuse(desk, said, case, **changes)
        assert told.outcome is Outcome.REJECTED, said
        assert why in told.reason
    number = make_number("370911", desk.year, next(desk.serials))
    desk.serials = iter([int(number[10:17])])
    told = reuse(desk, source(number), "c5")
    assert told.outcome is Outcome.REJECTED
    assert "来源写的就是这一件" in told.reason


def test_a_person_put_under_it_afterwards_is_judged_again(hub: Hub, desk: FakeDesk) -> None:
    held = {"material.M4": "electronic", "material.M4.from": source(former(desk))}
    desk.save("c2", WHOLE | held)
    who = Change(WHOLE["applicant.id_number"], "370911199001011231")
    desk.make(OpKind.SAVE, "c2", {"applicant.id_number": who}, base_rev=1)
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED, Outcome.REJECTED]


def test_what_was_true_where_the_desk_stood_stands_and_a_person_looks(hub: Hub, desk: FakeDesk) -> None:
    desk.item_id = "SAMPLE-1"
    desk.make(OpKind.WITHDRAW, "c1", base_rev=1, act=REASON)
    assert reuse(desk, source(former(desk))).outcome is Outcome.APPLIED
    ((kind, message),) = alarms(hub)
    assert kind == "reuse_unsure"
    assert "c2" in message
    assert "后来有改动" in message
    assert "王样例" not in message


def test_what_is_older_than_the_hall_lets_it_be_is_told(hub: Hub, desk: FakeDesk, clock: TestClock) -> None:
    desk.start_ms += 60 * 86_400_000
    clock.ms += 61 * 86_400_000
    assert reuse(desk, source(former(desk))).outcome is Outcome.APPLIED
    ((kind, message),) = alarms(hub)
    assert (kind, "超过 30 天" in message) == ("reuse_unsure", True)


def test_a_provisional_mark_is_known_by_the_act_that_gave_it_out(hub: Hub, desk: FakeDesk) -> None:
    mark = f"临-{desk.device}-{desk.dseq + 1:06d}"
    desk.item_id = "SAMPLE-1"
    changes = {path: Change("", value) for path, value in FULL.items()}
    desk.make(OpKind.RECEIVE, "c6", changes, act=Act(receipt=mark))
    assert [one.outcome for one in sent(desk)] == [Outcome.APPLIED]
    assert reuse(desk, source(mark)).outcome is Outcome.APPLIED
    assert alarms(hub) == []
    told = reuse(desk, source(f"临-{desk.device}-000001"), "c7")
    assert told.outcome is Outcome.REJECTED
    assert "没有发给任何办件" in told.reason
    told = reuse(desk, source(f"临-{desk.device}-000999"), "c8")
    assert told.outcome is Outcome.APPLIED
    assert [kind for kind, _ in alarms(hub)] == ["reuse_forged", "reuse_unsure"]


def test_after_a_restore_the_earlier_case_may_not_be_back_yet(
    hub: Hub, desk: FakeDesk, clock: TestClock
) -> None:
    with hub.write() as conn:
        start_epoch(conn, clock())
    desk.anchor_ms = clock()
    assert reuse(desk, source(make_number("370911", 2026, 9999))).outcome is Outcome.APPLIED
    assert [kind for kind, _ in alarms(hub)] == ["reuse_unsure"]

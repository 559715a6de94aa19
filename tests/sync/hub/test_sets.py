"""一同发证 at the hub (domain facts §5 row 32): a result handed over before the others of its set is not unseen.

It stands, for the applicant has it in hand; a person looks at the desk that gave it out.
"""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from models.domain.case import CaseStatus, Later
from models.domain.ops import Act, Change, OpKind
from models.domain.procedures import Decision, Procedure
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.ingest import push
from tests.sync.hub.fake_desk import FakeDesk
from tests.sync.hub.test_after import state_of
from tests.sync.hub.test_forged import TRUSTING, WHOLE, ready

SET = {
    "bundle.id": "YJ001",
    "bundle.case": "set-1",
    "bundle.cases": "SAMPLE-1=c1;SAMPLE-2=c2;SAMPLE-3=c3",
}
GIVEN = Later(way="counter", recipient="王样例")
GRANT = Act(later=Later(decision=Decision.GRANT))


@pytest.fixture
def desk(hub: Hub) -> FakeDesk:
    """Three members accepted, the first granted."""
    others = tuple(msgspec.structs.replace(TRUSTING, id=f"SAMPLE-{n}", name=f"样例{n}") for n in (2, 3))
    made = ready(hub, TRUSTING, *others)
    for n in (1, 2, 3):
        made.item_id = f"SAMPLE-{n}"
        made.accept(f"c{n}", WHOLE | SET)
    act(made, 1, OpKind.DECIDE, GRANT)
    sent(made)
    return made


def act(desk: FakeDesk, n: int, kind: OpKind, said: Act, rev: int = 1, **changes: Change) -> None:
    desk.item_id = f"SAMPLE-{n}"
    desk.make(kind, f"c{n}", changes, base_rev=rev, act=said)


def sent(desk: FakeDesk, *outcomes: str) -> None:
    told = [str(one.outcome) for one in push(desk.hub, desk.device, desk.batch()).outcomes]
    desk.sent()
    assert told == (list(outcomes) or ["applied"] * len(told))


def alarms(hub: Hub) -> list[str]:
    with hub.read() as conn:
        return list(conn.execute(select(t.alarm.c.message).where(t.alarm.c.kind == "set_apart")).scalars())


def test_one_handed_over_alone_without_the_applicants_wish_is_told(hub: Hub, desk: FakeDesk) -> None:
    act(desk, 1, OpKind.DELIVER, Act(later=GIVEN), rev=2)
    sent(desk)
    assert state_of(hub, "c1").status is CaseStatus.DELIVERED
    (told,) = alarms(hub)
    assert "还有 2 项没有决定" in told
    assert "王样例" not in told


def test_the_applicants_wish_on_record_is_lawful(hub: Hub, desk: FakeDesk) -> None:
    act(desk, 1, OpKind.DELIVER, Act(later=GIVEN, reason="申请人要求分次领取"), rev=2)
    sent(desk)
    assert alarms(hub) == []


def test_together_is_lawful_in_one_batch(hub: Hub, desk: FakeDesk) -> None:
    for n in (2, 3):
        act(desk, n, OpKind.DECIDE, GRANT)
    for n in (1, 2, 3):
        act(desk, n, OpKind.DELIVER, Act(later=GIVEN), rev=2)
    sent(desk)
    assert alarms(hub) == []


def test_what_ended_otherwise_is_not_waited_for(hub: Hub, desk: FakeDesk) -> None:
    act(desk, 2, OpKind.WITHDRAW, Act(reason="样例"))
    act(desk, 3, OpKind.DECIDE, GRANT)
    act(desk, 1, OpKind.DELIVER, Act(later=GIVEN), rev=2)
    sent(desk)
    assert alarms(hub) == []


def test_a_decision_of_the_desk_that_waits_for_a_person_is_not_held_against_it(
    hub: Hub, desk: FakeDesk
) -> None:
    """Both others were decided as far as the desk knows; the hub has one of them as stopped elsewhere."""
    stop = Act(reason="样例", later=Later(procedure=Procedure.HEARING, workdays=5))
    act(desk, 2, OpKind.PAUSE, stop)
    sent(desk)
    act(desk, 2, OpKind.DECIDE, GRANT)  # in ignorance of the stop, as another machine would
    act(desk, 3, OpKind.DECIDE, GRANT)
    act(desk, 1, OpKind.DELIVER, Act(later=GIVEN), rev=2)
    sent(desk, "conflict", "applied", "applied")
    assert alarms(hub) == []


def test_names_that_no_case_bears_do_not_make_it_stumble(hub: Hub) -> None:
    desk = ready(hub, TRUSTING)
    many = ";".join(f"X{n}=c\0{n}" for n in range(2000)) + ";;=;a=b=c"
    desk.accept("c1", WHOLE | SET | {"bundle.cases": many})
    act(desk, 1, OpKind.DECIDE, GRANT)
    act(desk, 1, OpKind.DELIVER, Act(later=GIVEN), rev=2)
    sent(desk)
    assert alarms(hub) == []

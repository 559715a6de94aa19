"""一并勘验 at the hub (domain facts §5 row 30): the clocks of the members stop and go on for the same days, or a
person hears of it.  Each stop is lawful by itself (第四十五条) and was told in writing, so it stands."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from models.domain.case import Later
from models.domain.catalog import Bundle, BundleMember
from models.domain.ops import Act, OpKind
from models.domain.procedures import Procedure
from sync.hub import people
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.hub.visits import tell_all_unfinished
from tests.sync.hub.fake_desk import DEPARTMENT, HALL, PASSWORD, FakeDesk, TestClock, ready_desk
from tests.sync.hub.test_after import state_of
from tests.sync.hub.test_forged import TRUSTING, WHOLE

EVENT = Bundle(
    id="YJ001",
    name="样例一件事",
    status="online",
    members=tuple(BundleMember(item=f"SAMPLE-{n}", joint_visit=n < 4) for n in (1, 2, 3, 4)),
)
SET = {
    "bundle.id": "YJ001",
    "bundle.case": "set-1",
    "bundle.cases": ";".join(f"SAMPLE-{n}=c{n}" for n in (1, 2, 3, 4)),
}
ALL = ("c1", "c2", "c3")


@pytest.fixture
def desk(hub: Hub) -> FakeDesk:
    """Four members accepted, three of them visited together."""
    items = tuple(msgspec.structs.replace(TRUSTING, id=f"SAMPLE-{n}", name=f"样例{n}") for n in (1, 2, 3, 4))
    made = ready_desk(hub, publish_catalog(hub, (DEPARTMENT,), items, bundles=(EVENT,)))
    line = people.StaffLine(staff="T0718", name="李样例", scope=HALL, roles=("window", "reviewer"))
    people.add_staff(hub, line, PASSWORD)
    for n in (1, 2, 3, 4):
        made.item_id = f"SAMPLE-{n}"
        made.accept(f"c{n}", WHOLE | SET)
    sent(made)
    return made


def sent(desk: FakeDesk, *outcomes: str) -> None:
    told = [str(one.outcome) for one in push(desk.hub, desk.device, desk.batch()).outcomes]
    desk.sent()
    assert told == (list(outcomes) or ["applied"] * len(told))


def stop(desk: FakeDesk, n: int, workdays: int = 5, together: tuple[str, ...] = ALL) -> None:
    desk.item_id = f"SAMPLE-{n}"
    later = Later(procedure=Procedure.TESTING, basis="样例条", workdays=workdays, together=together)
    desk.make(OpKind.PAUSE, f"c{n}", base_rev=1, act=Act(reason="现场检测", later=later))


def go_on(desk: FakeDesk, n: int, together: tuple[str, ...] = ALL) -> None:
    desk.item_id = f"SAMPLE-{n}"
    desk.make(OpKind.RESUME, f"c{n}", base_rev=2, act=Act(later=Later(together=together)))


def alarms(hub: Hub) -> list[str]:
    with hub.read() as conn:
        return list(conn.execute(select(t.alarm.c.message).where(t.alarm.c.kind == "set_uneven")).scalars())


def test_the_same_days_for_all_are_quiet_also_over_several_batches(hub: Hub, desk: FakeDesk) -> None:
    for n in (1, 2, 3):
        stop(desk, n)
        sent(desk)
    for n in (1, 2, 3):
        go_on(desk, n)
    sent(desk)
    assert alarms(hub) == []
    assert len({state_of(hub, f"c{n}").stoppages[0].end for n in (1, 2, 3)}) == 1


def test_a_longer_stop_of_one_member_is_told(hub: Hub, desk: FakeDesk) -> None:
    for n in (1, 2, 3):
        stop(desk, n, workdays=9 if n == 2 else 5)
    sent(desk)
    (told,) = alarms(hub)
    assert "样例2" in told
    assert "样例1" not in told
    assert state_of(hub, "c2").stoppages[0].workdays == 9


def test_a_member_left_out_is_told_and_one_of_its_own_visit_is_not(hub: Hub, desk: FakeDesk) -> None:
    for n in (1, 2):
        stop(desk, n, together=("c1", "c2"))
    sent(desk)
    (told,) = alarms(hub)
    assert "样例3" in told
    assert "样例4" not in told


def test_a_member_that_goes_on_alone_is_told(hub: Hub, desk: FakeDesk) -> None:
    for n in (1, 2, 3):
        stop(desk, n)
    for n in (1, 3):
        go_on(desk, n)
    sent(desk)
    (told,) = alarms(hub)
    assert "样例2" in told


def test_a_stop_of_one_member_alone_is_its_own_affair(hub: Hub, desk: FakeDesk) -> None:
    stop(desk, 1, together=())
    sent(desk)
    assert alarms(hub) == []


def test_one_stopped_elsewhere_waits_for_a_person_and_is_not_held_against_the_others(
    hub: Hub, desk: FakeDesk
) -> None:
    stop(desk, 2, together=())
    sent(desk)
    for n in (1, 2, 3):
        stop(desk, n)  # in ignorance of the stop before
    sent(desk, "applied", "conflict", "applied")
    assert alarms(hub) == []


def test_names_that_no_case_bears_do_not_make_it_stumble(hub: Hub, desk: FakeDesk) -> None:
    stop(desk, 1, together=("c\0", "x" * 3000, "c9", "c1"))
    sent(desk)
    assert len(alarms(hub)) == 1


def test_the_states_are_those_of_a_program_that_does_not_know_the_mark(hub: Hub, desk: FakeDesk) -> None:
    stop(desk, 1)
    stop(desk, 4, together=())
    sent(desk)
    notices = [state_of(hub, case).notices[-1].later for case in ("c1", "c4")]
    assert notices[0] == notices[1]


DAY_MS = 86_400_000


def test_a_visit_whose_last_act_never_comes_is_told_after_a_day(
    hub: Hub, desk: FakeDesk, clock: TestClock
) -> None:
    stop(desk, 1)
    stop(desk, 2)
    sent(desk)
    desk.item_id = "SAMPLE-4"
    clock.ms += DAY_MS - 60_000
    desk.make(OpKind.NOTE, "c4", base_rev=1, act=Act(text="样例"))
    sent(desk)
    assert alarms(hub) == []
    clock.ms += 120_000
    desk.make(OpKind.NOTE, "c4", base_rev=2, act=Act(text="样例"))
    sent(desk)  # whatever comes of the hall next
    (told,) = alarms(hub)
    assert "过了一天还没有送到" in told
    assert "“样例3”" in told
    tell_all_unfinished(hub)
    assert len(alarms(hub)) == 1  # once


def test_a_hall_that_has_gone_silent_is_judged_by_the_check(
    hub: Hub, desk: FakeDesk, clock: TestClock
) -> None:
    stop(desk, 1)
    sent(desk)
    tell_all_unfinished(hub)
    assert alarms(hub) == []
    clock.ms += DAY_MS + 1
    tell_all_unfinished(hub)
    assert len(alarms(hub)) == 1


def test_a_last_act_that_was_only_late_leaves_nothing(hub: Hub, desk: FakeDesk, clock: TestClock) -> None:
    stop(desk, 1)
    stop(desk, 2)
    sent(desk)
    clock.ms += DAY_MS // 2
    stop(desk, 3)
    sent(desk)
    clock.ms += 3 * DAY_MS
    tell_all_unfinished(hub)
    assert alarms(hub) == []


def test_a_last_act_that_was_refused_is_judged_by_what_stands(
    hub: Hub, desk: FakeDesk, clock: TestClock
) -> None:
    stop(desk, 1)
    stop(desk, 2)
    stop(desk, 3, workdays=0)
    sent(desk, "applied", "applied", "rejected")
    clock.ms += DAY_MS + 1
    tell_all_unfinished(hub)
    (told,) = alarms(hub)
    assert "“样例3”" in told

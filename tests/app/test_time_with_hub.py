"""Time between desk and hub: a doubtful day is confirmed, silence recorded once, a calendar delivered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.commands import after, intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.reconcile import reconcile
from app.commands.verify import verify_replica
from app.queries.deadlines import CaseTime, read_time
from app.queries.outbox import read_outbox
from models.domain.case import CaseStatus
from models.domain.ops import OpTime
from models.domain.workdays import builtin_calendar
from models.errors import KnownError
from sync.bundle import bundle_key
from sync.courier import Courier
from sync.hub.bundle import take_in
from sync.hub.publish import publish_calendar
from sync.sim.clock import DeskClock, SimTime
from tests.desk_kit import FixedClock
from tests.sync.hall_kit import Hall, confirmed, open_hall, shown
from tests.sync.hub.fake_desk import COMPLETE, SECOND_WINDOW

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ESCROWED = b"e" * 32  # what a hall's desks give the hub to keep


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def pass_ms(hall: Hall, *desks: Desk, ms: int) -> None:
    hall.clock.ms += ms
    for desk in desks:
        assert isinstance(desk.clock, FixedClock)
        desk.clock.now_ms += ms


def entry(desk: Desk) -> Entry:
    fields = {**COMPLETE, "point.G1": "pass", "point.G2": "pass"}
    return Entry(case_id=desk.make_id(), item_id="SAMPLE-1", fields=fields)


def time_of(desk: Desk, case_id: str) -> CaseTime:
    timed = read_time(desk, case_id)
    assert timed is not None
    return timed


def test_a_day_the_desk_cannot_vouch_for_is_confirmed_by_the_hub(hall: Hall) -> None:
    desk, other = hall.desk(), hall.desk("other", window=SECOND_WINDOW)
    reconcile(desk)
    pass_ms(hall, desk, other, ms=14 * HOUR_MS - 90_000)  # a minute and a half before midnight
    case = intake.accept(desk, entry(desk)).case_id
    waiting = time_of(desk, case)
    assert waiting.clock.unconfirmed
    assert waiting.row.text.endswith("（待中心确认）")
    pass_ms(hall, desk, other, ms=5_000)
    assert reconcile(desk).problems == []
    assert not time_of(desk, case).clock.unconfirmed
    assert time_of(desk, case).row.due == waiting.row.due
    reconcile(other)
    assert not time_of(other, case).clock.unconfirmed
    assert shown(other)[case] == confirmed(desk)[case] == hall.states()[case]


def test_silence_is_recorded_by_one_desk_and_known_at_all(hall: Hall) -> None:
    desk, other = hall.desk(), hall.desk("other", window=SECOND_WINDOW)
    for one in (desk, other):
        reconcile(one)
    case = intake.receive(desk, entry(desk)).case_id
    reconcile(desk)
    reconcile(other)
    pass_ms(hall, desk, other, ms=20 * DAY_MS)
    reconcile(other)
    assert time_of(other, case).clock.deemed  # by law, before anybody has written it down
    assert hall.states()[case].status is CaseStatus.RECEIVED
    done = reconcile(desk)
    assert (done.pushed, done.pending, done.conflicts) == (1, 0, 0)
    state = hall.states()[case]
    assert (state.status, state.deemed, state.accepted_on) == (CaseStatus.ACCEPTED, True, state.received_on)
    due = time_of(other, case).clock.due
    reconcile(other)
    assert time_of(other, case).clock.due == due
    assert reconcile(desk).pushed == 0
    for one in (desk, other):
        assert verify_replica(one) == []


def test_two_desks_in_turn_find_the_same_clock(hall: Hall) -> None:
    desk, other = hall.desk(), hall.desk("other", window=SECOND_WINDOW)
    for one in (desk, other):
        reconcile(one)
    case = intake.accept(desk, entry(desk)).case_id
    reconcile(desk)
    reconcile(other)
    with pytest.raises(KnownError, match="审查人员或者组长"):
        after.resume(other, case)
    assert time_of(desk, case).clock == time_of(other, case).clock


def test_an_imported_year_reaches_the_desks_and_makes_days_final(hall: Hall) -> None:
    desk = hall.desk()
    # 22 December 2026, near the end of the calendar that the program brings.
    pass_ms(hall, desk, ms=95 * DAY_MS)
    reconcile(desk)
    case = intake.accept(desk, entry(desk)).case_id
    reconcile(desk)
    before = time_of(desk, case)
    assert before.clock.provisional
    off = {dt.date(2027, 1, 1): "元旦", dt.date(2027, 1, 4): "元旦"}
    publish_calendar(hall.hub, builtin_calendar().with_year(2027, off, frozenset()))
    assert reconcile(desk).pushed == 0
    final = time_of(desk, case)
    assert not final.clock.provisional
    assert final.clock.due is not None
    assert before.clock.due is not None
    assert final.clock.due > before.clock.due
    assert [line.kind for line in final.clock.lines].count("recomputed") == 1


def test_the_clock_of_an_act_is_what_its_time_says() -> None:
    assert OpTime(wall_ms=0).minute == 8 * 60
    assert OpTime(wall_ms=16 * HOUR_MS + 61_000).minute == 1


@pytest.mark.parametrize("carried", ["line", "stick"])
def test_a_clock_set_right_again_holds_nobody_up_once_the_hub_has_answered(hall: Hall, carried: str) -> None:
    """It ran five days ahead over a restart without a line.  The act of then is sent back to be done anew, and
    must not itself be what forbids that for five days."""
    first = hall.desk()
    reconcile(first)
    time = SimTime()
    time.now_ms = hall.clock.ms
    clock = DeskClock(time, 5 * DAY_MS, anchor_ms=hall.clock.ms)
    desk = replace(first, clock=clock)
    wrong = entry(desk)
    intake.accept(desk, wrong)
    clock.skew_ms = 0
    with pytest.raises(KnownError, match=r"比上一步早 4 天.*对账一次就能再办"):
        intake.accept(desk, wrong)
    if carried == "line":
        reconcile(desk)
    else:  # a stick tells a time that is past: it attests to nothing, but what it answers for was before it
        hall.clock.ms += HOUR_MS
        time.pass_ms(HOUR_MS)
        key = bundle_key(ESCROWED, desk.device.device)
        courier = Courier(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock, key)
        courier.take_in(take_in(hall.hub, courier.export()[0])[1])
        assert desk.clock.now().attested_ms == 0
    assert [row.state for row in read_outbox(desk)] == ["rejected"]
    again = intake.accept(desk, wrong)
    assert reconcile(desk).problems == []
    state = hall.states()[again.case_id]
    assert (state.status, state.accepted_on) == (CaseStatus.ACCEPTED, "2026-09-18")  # the hub's day
    assert verify_replica(desk) == []

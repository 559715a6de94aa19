"""The drill's cases of time: a receipt on a day off, a stopped clock, a decision, a delivery."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace

from app.commands import after, delivery, intake
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.print_notice import print_notice
from app.documents.render import TITLES
from app.queries.cases import read_state
from app.queries.deemed import deemed_to_tell
from app.sample import filled
from models.clock import Clock
from models.domain.case import IN_HAND, CaseStatus
from models.domain.catalog import Item
from models.domain.deadlines import CORRECTION_WORKDAYS
from models.domain.hours import ServiceMark
from models.domain.ops import OpTime
from models.domain.procedures import Decision, DeliveryWay, Procedure
from models.domain.trust_kept import grant_objection
from models.domain.workdays import Calendar

TEN_MS = 10 * 3600 * 1000


class _Then:
    """A machine that has not heard of the hub, at ten in the morning of an earlier day."""

    def __init__(self, clock: Clock, day: dt.date) -> None:
        now = clock.now()
        zone = dt.timezone(dt.timedelta(minutes=now.offset_min))
        begins = dt.datetime.combine(day, dt.time(), zone)
        self._ms = min(int(begins.timestamp() * 1000) + TEN_MS, now.wall_ms)
        self._offset_min = now.offset_min

    def now(self) -> OpTime:
        self._ms += 1
        return OpTime(wall_ms=self._ms, offset_min=self._offset_min)

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None:
        """It is offline."""

    def heard_late(self, hub_time_ms: int) -> None:
        """It is offline."""


def _last_day_off(clock: Clock, calendar: Calendar) -> dt.date:
    today = day = clock.now().day
    while calendar.is_workday(day) and day.year == today.year:
        day -= dt.timedelta(days=1)
    return day


def received_long_ago(desk: Desk, item: Item, rng: random.Random) -> str:
    """Papers taken in on the day off before last week that nobody answered.  The desk's first act."""
    calendar, today = desk.rulebook.calendar, desk.clock.now().day
    day = today - dt.timedelta(days=7)
    while calendar.between(day, today) <= CORRECTION_WORKDAYS + 1:
        day -= dt.timedelta(days=1)
    line = filled(item, rng, "receive")
    return intake_line(replace(desk, clock=_Then(desk.clock, day)), line).case_id


def told_of_silence(desk: Desk, case_id: str, faults: list[str]) -> None:
    """视为受理 is put on record, is among the tasks until its notice is printed, and then no more."""
    after.record_deemed(desk)
    state = read_state(desk, case_id)
    if state is None or not state.deemed or state.accepted_on != state.received_on:
        faults.append("逾期没有告知的收件没有视为受理")
        return
    if case_id not in {row.case_id for row in deemed_to_tell(desk)}:
        faults.append("视为受理没有列入待办")
    print_notice(desk, case_id, state.notices[-1].op_id)
    if deemed_to_tell(desk):
        faults.append("视为受理的通知书出具后还在待办")


def corrected_on_the_spot(desk: Desk, item: Item, rng: random.Random, faults: list[str]) -> str:
    """A visitor who puts an error right at the window: no 补正, and the day of the receipt stands."""
    case_id = intake_line(desk, filled(item, rng, "receive")).case_id
    before = read_state(desk, case_id)
    material = next((path for path, value in before.fields.items() if value in IN_HAND), "") if before else ""
    intake.amend(
        desk, after.entry_of(desk, case_id), material, "日期写错（样例）", "日期改正（样例）", "applicant"
    )
    state = read_state(desk, case_id)
    if before is None or state is None or not state.amended or state.supplemented_on:
        faults.append("当场更正没有记下，或者算成了补正")
    elif state.received_on != before.received_on or state.status is not before.status:
        faults.append("当场更正动了收件日期或者状态")
    return case_id


def on_a_day_off(desk: Desk, item: Item, rng: random.Random, faults: list[str]) -> str:
    """A visitor on the last day off: accepted that day, marked by the clock.  Before every act of today."""
    clock = _Then(desk.clock, _last_day_off(desk.clock, desk.rulebook.calendar))
    case_id = intake_line(replace(desk, clock=clock), filled(item, rng)).case_id
    state = read_state(desk, case_id)
    day = clock.now().day
    if state is None or state.received_on != day.isoformat() or state.service != ServiceMark.WEEKEND:
        faults.append("双休日收件没有按当天记下，或者没有标出")
    return case_id


def _due(desk: Desk, case_id: str) -> str:
    state = read_state(desk, case_id)
    return (
        max((notice.due_promised or notice.due_legal for notice in state.notices), default="")
        if state
        else ""
    )


def afterwards(desk: Desk, cases: Sequence[str], faults: list[str]) -> None:
    """What a reviewer does with the accepted ones: stop, stop and go on, decide, decide and hand over."""
    states = [(c, read_state(desk, c)) for c in cases]
    accepted = [c for c, s in states if s and s.status is CaseStatus.ACCEPTED and not grant_objection(s)]
    if len(accepted) < 4:
        faults.append("演练没有足够的已受理办件来暂停、决定和送达")
        return
    # What was done on the spot has no clock left to stop: those with the longest limit come first.
    accepted.sort(key=lambda case: _due(desk, case), reverse=True)
    stopped, resumed, decided, delivered = accepted[:4]
    basis = "演练依据（样例）"
    after.pause(desk, stopped, Procedure.EXPERTS, "组织专家评审（样例）", 10, basis)
    after.pause(desk, resumed, Procedure.SUSPENSION, "等待关联案件（样例）", 5, basis)
    after.resume(desk, resumed, "情况消除（样例）")
    for case_id in (decided, delivered):
        after.decide(desk, case_id, Decision.GRANT)
    delivery.deliver(desk, delivered, DeliveryWay.COUNTER, "样例签收人")
    for case_id in accepted[:4]:
        state = read_state(desk, case_id)
        for notice in state.notices if state is not None else ():
            if notice.kind in TITLES:
                print_notice(desk, case_id, notice.op_id)

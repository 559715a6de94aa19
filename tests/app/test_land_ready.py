"""拿地即开工: what was examined beforehand becomes permits of one date once the land is granted."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from app.commands import after, intake
from app.commands.act import Entry
from app.commands.bundle_intake import start_waiting
from app.commands.event import event_line
from app.queries.bundles import open_bundle, read_set
from app.queries.cases import read_state
from app.sample import filled_event
from models.domain.case import CaseStatus
from models.domain.procedures import Decision
from tests.app.test_after import with_roles
from tests.desk_kit import FixedClock, item, make_desk

CHINA = dt.timezone(dt.timedelta(hours=8))


def noon(day: int) -> int:
    return int(dt.datetime(2026, 9, day, 12, tzinfo=CHINA).timestamp() * 1000)


def test_permits_examined_beforehand_bear_the_date_of_one_day(tmp_path: Path) -> None:
    """Taken in and examined on 1 September, the land granted on the 27th, every permit of the 30th."""
    clock = FixedClock(noon(1))
    desk = with_roles(make_desk(tmp_path, clock=clock), "window", "reviewer")
    answers = {"special": "yes", "air": "yes"}
    done = event_line(desk, filled_event(open_bundle(desk, "拿地即开工"), random.Random(1), answers))
    first = done.members[0].case_id
    waiting = [m for m in done.members if m.status == "waiting"]
    assert len(waiting) >= 4
    for member in waiting:  # examined, and yet no application before its time
        state = read_state(desk, member.case_id)
        assert state is not None
        assert (state.status, state.received_on, state.number) == (CaseStatus.OPEN, "", "")
        assert [v for k, v in state.fields.items() if k.startswith("point.")]
    clock.now_ms = noon(27)
    for member in done.members:
        if member.status == "accepted":
            after.decide(desk, member.case_id, Decision.GRANT)
    clock.now_ms = noon(30)
    while (now := read_set(desk, first)) is not None and any(m.can_start for m in now.members):
        begun = start_waiting(desk, first)
        for member in begun.members:
            if member.status == CaseStatus.RECEIVED:  # all but the paper that a member brought forth today
                state = read_state(desk, member.case_id)
                assert state is not None
                marks = {f"point.{p.id}": "pass" for p in item(member.item_id).points}
                fields = state.fields | marks
                intake.accept(desk, Entry(case_id=member.case_id, item_id=member.item_id, fields=fields))
            if member.status in (CaseStatus.ACCEPTED, CaseStatus.RECEIVED):
                after.decide(desk, member.case_id, Decision.GRANT)
    permits = [read_state(desk, m.case_id) for m in waiting]
    assert {(s.received_on, s.accepted_on, s.decided_on) for s in permits if s is not None} == {
        ("2026-09-30", "2026-09-30", "2026-09-30")
    }
    desk.store.close()

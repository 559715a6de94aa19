"""What the supervisor looks at: cases whose limit is over or near, and of those the ones fit to be granted."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import select

from models.domain.case import CaseState, decode_state
from models.domain.catalog import Item
from models.domain.checklist import gaps
from models.domain.ledger import WATCHED, Clock, case_clock
from models.domain.ops import OpKind
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.rulebook import china_day

_WAITING = tuple(status.value for status in WATCHED)


class DueCase(msgspec.Struct, frozen=True, kw_only=True):
    """``left``: workdays to go, negative once the day is past; ``phase`` as in models.domain.ledger.Clock,
    and ``lapsed`` for a correction whose last day is over without an answer: no limit of the office runs
    (``left`` 0), but somebody must decide.

    ``passed``: everything needed is in and every review point is met, so that nothing but 准予 may follow
    (材料符合必须限期审批).  ``deemed``: accepted by the silence of the office; ``told``: and a notice that says
    so is on record.  Who the applicant is stays out: a list like this is printed and passed on.
    """

    case_id: str
    number: str
    item_name: str
    hall: str
    phase: str
    due: str
    left: int
    passed: bool
    staff: str
    deemed: bool = False
    told: bool = False


def due_cases(hub: Hub, *, within: int = 0, hall: str = "", deemed: bool = False) -> list[DueCase]:
    """Cases with at most ``within`` workdays left, the latest first.  Raises KnownError for ``within`` < 0.

    ``deemed``: those that silence accepted and nobody has decided, however much time is left.
    """
    if within < 0:
        raise KnownError("天数不能小于 0，没有统计。")
    head, found = t.case_head, []
    wanted = select(head.c.state).where(head.c.status.in_(_WAITING)).order_by(head.c.scope, head.c.case_id)
    with hub.read() as conn:
        calendar = hub.rulebook.calendar(conn)
        today = dt.date.fromisoformat(china_day(hub.now_ms()))
        for (data,) in conn.execute(wanted.where(head.c.scope == hall) if hall else wanted):
            state = decode_state(data)
            item = hub.rulebook.item(conn, state.catalog_version, state.item_id)
            clock = case_clock(state, item, calendar, today) if item is not None else None
            if item is None or clock is None:
                continue
            if not (clock.deemed if deemed else _near(clock, within)):
                continue
            ends = {
                "telling": clock.tell_by,
                "decided": clock.deliver_by,
                "paused": clock.resume_by,
                "waiting": clock.correct_by,
            }
            due = ends.get(clock.phase, clock.due)
            found.append(
                DueCase(
                    case_id=state.case_id,
                    number=state.number or state.receipt,
                    item_name=state.item_name,
                    hall=state.scope,
                    phase="lapsed" if clock.lapsed else clock.phase,
                    due=due.isoformat() if due is not None else "",
                    left=clock.left if clock.left is not None else 0,
                    passed=clock.phase == "running" and _passed(state, item, today),
                    staff=state.staff,
                    deemed=clock.deemed,
                    told=any(notice.kind == OpKind.DEEM for notice in state.notices),
                )
            )
    return sorted(found, key=lambda one: (one.left, one.hall, one.case_id))


def _near(clock: Clock, within: int) -> bool:
    return clock.lapsed or (clock.left is not None and clock.left <= within)


def _passed(state: CaseState, item: Item, today: dt.date) -> bool:
    return not any(gap.step in ("materials", "points") for gap in gaps(item, state.fields, today))

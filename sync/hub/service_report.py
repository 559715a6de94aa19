"""``hub report ratings`` and ``hub report service``: what the supervisor reads, counted from the cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from models.domain.case import CaseState, decode_state
from models.domain.duties import DutyKind
from models.domain.rating_counts import Rates, Visit, as_people_come, rates, visits_of
from models.domain.rating_facts import Fact, reason_facts
from models.domain.service_counts import ServiceCounts, count_services
from models.domain.visit import CHANNEL_NAMES, ONLINE, Rating
from models.domain.workdays import is_day
from models.errors import KnownError
from models.service_texts import reason_text
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.rulebook import china_day


class BadRating(msgspec.Struct, frozen=True, kw_only=True):
    """A 差评 with what the record says about its reasons, and how far its task is.  Nobody is named."""

    case_id: str
    number: str
    item_name: str
    hall: str
    day: str
    level: int
    channel: str
    reasons: tuple[str, ...]
    text: str
    served: str
    facts: tuple[Fact, ...]
    due: str
    done_on: str
    overdue: bool


class RatingReport(msgspec.Struct, frozen=True, kw_only=True):
    """``total`` mixes the sources and says so by name (各渠道合计); ``channels`` keeps them apart."""

    since: str
    until: str
    total: Rates
    channels: dict[str, dict[str, int]]
    halls: dict[str, Rates]
    bad: tuple[BadRating, ...]


def rating_report(hub: Hub, *, since: str = "", until: str = "", hall: str = "") -> RatingReport:
    """Of the visits from ``since`` to ``until`` (ISO 8601, both included).  Raises KnownError for other days."""
    _check(since, until)
    states = _states(hub, hall)
    visits: list[tuple[str, Visit]] = []
    online: list[tuple[str, Rating]] = []
    bad: list[BadRating] = []
    today = dt.date.fromisoformat(china_day(hub.now_ms()))
    with hub.read() as conn:
        calendar = hub.rulebook.calendar(conn)
        for state in states:
            own = [one for one in visits_of(state) if _within(one.day, since, until)]
            visits += [(state.scope, one) for one in own]
            web = [one for one in state.ratings if one.channel in ONLINE and _within(one.day, since, until)]
            online += [(state.scope, one) for one in web]
            given = [one.rating for one in own if one.rating is not None] + web
            for rating in given:
                if not rating.good:
                    item = hub.rulebook.item(conn, state.catalog_version, state.item_id)
                    facts = reason_facts(state, item, rating, calendar, today)
                    bad.append(_bad(state, rating, facts, today))
    halls_of = {one.case_id: scope for scope, one in visits}
    visits = [(halls_of[one.case_id], one) for one in as_people_come(one for _, one in visits)]
    ratings = [one.rating for _, one in visits if one.rating is not None] + [one for _, one in online]
    halls = sorted({scope for scope, _ in visits} | {scope for scope, _ in online})
    return RatingReport(
        since=since,
        until=until,
        total=rates([one for _, one in visits], [one for _, one in online]),
        channels={
            name: {
                str(level): sum(r.channel == key and r.level == level for r in ratings)
                for level in range(5, 0, -1)
            }
            for key, name in CHANNEL_NAMES.items()
        },
        halls={
            key: rates([v for s, v in visits if s == key], [r for s, r in online if s == key])
            for key in halls
        },
        bad=tuple(sorted(bad, key=lambda one: (one.done_on != "", one.due, one.case_id))),
    )


def service_report(hub: Hub, *, since: str = "", until: str = "", hall: str = "") -> ServiceCounts:
    """延时, 双休日, 免费服务 of all halls or one.  Raises KnownError for days that are none."""
    _check(since, until)
    return count_services(_states(hub, hall), since, until)


def _bad(state: CaseState, rating: Rating, facts: Iterable[Fact], today: dt.date) -> BadRating:
    task = next((d for d in state.duties if d.id == f"{DutyKind.RATING}:{rating.op_id}"), None)
    return BadRating(
        case_id=state.case_id,
        number=state.number or state.receipt,
        item_name=state.item_name,
        hall=state.scope,
        day=rating.day,
        level=rating.level,
        channel=CHANNEL_NAMES.get(rating.channel, rating.channel),
        reasons=tuple(reason_text(code) for code in rating.reasons),
        text=rating.text,
        served=rating.served,
        facts=tuple(facts),
        due=task.due if task is not None else "",
        done_on=task.done_on if task is not None else "",
        overdue=task.overdue(today) if task is not None else False,
    )


def _states(hub: Hub, hall: str) -> list[CaseState]:
    head = t.case_head
    wanted = select(head.c.state).order_by(head.c.scope, head.c.case_id)
    with hub.read() as conn:
        rows = conn.execute(wanted.where(head.c.scope == hall) if hall else wanted)
        return [decode_state(row.state) for row in rows]


def _within(day: str, since: str, until: str) -> bool:
    return since <= day and (not until or day <= until)


def _check(since: str, until: str) -> None:
    for text in (since, until):
        if text and not is_day(text):
            raise KnownError(f"“{text[:20]}”不是日期，要写成 2026-09-24 这样。没有统计。")

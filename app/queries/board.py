"""What the board can tell from the replica today: cases by hour, by window, drafts.  No queue is connected,
so nothing is said about who waits; what the replica can't know is None, never 0."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import msgspec
from sqlalchemy import Connection, func, select

from app.commands.context import Desk
from app.queries.deadlines import DueRow, announced
from app.queries.drafts import read_drafts
from app.queries.outbox import last_sync_ms, read_pool
from app.queries.windows import WindowCount, read_hall, window_counts
from models.domain.case import CaseStatus, decode_state
from models.domain.ops import decode_op
from models.tables import replica as t

OUTCOMES = ("receive", "accept", "supplement", "refuse", "decide", "deliver", "withdraw")
_MOST = 5000  # cases of one hall and day that are counted


class HourCount(msgspec.Struct, frozen=True, kw_only=True):
    """Cases received and accepted in the hour that begins at ``hour``; ``running`` is not over yet."""

    hour: int
    received: int
    accepted: int
    running: bool = False


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of an hour before late data changed it at ``at_ms``."""

    hour: int
    received: int
    accepted: int
    at_ms: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What people wait for: cases received but not accepted, and sent back for supplements.

    ``longest_days`` are calendar days since the oldest of them was received, None when there is none.
    """

    received: int = 0
    supplement: int = 0
    longest_days: int | None = None


class BoardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``synced_ms`` 0: never level with the hub; ``outcomes``: today's acts by kind; ``due``: the most urgent first.
    ``corrected``: hours whose figures have changed since they were told; ``numbers_left`` of this window."""

    day: str
    now_ms: int
    synced_ms: int
    hours: tuple[HourCount, ...]
    windows: tuple[WindowCount, ...]
    drafts: int
    waiting_to_sync: int
    attention: int = 0
    waiting: Waiting = Waiting()
    outcomes: tuple[tuple[str, int], ...] = ()
    due: tuple[DueRow, ...] = ()
    corrected: tuple[Correction, ...] = ()
    numbers_left: int = 0
    numbers_used: int = 0

    @property
    def excluded(self) -> tuple[str, ...]:
        """Windows that are revoked: what they did counts in no figure of the hall."""
        return tuple(one.name for one in self.windows if one.revoked_ms)

    @property
    def received(self) -> int:
        return sum(hour.received for hour in self.hours)

    @property
    def accepted(self) -> int:
        return sum(hour.accepted for hour in self.hours)


def read_board(desk: Desk) -> BoardFacts:
    """Counted from the acts of today's cases: an act's id holds the moment it was made."""
    now = desk.clock.now()
    day = now.day.isoformat()
    begin = int(dt.datetime.combine(now.day, dt.time()).timestamp() * 1000)
    received: Counter[int] = Counter()
    accepted: Counter[int] = Counter()
    windows: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    hall = read_hall(desk)
    out = hall.out() - {desk.device.device}
    outcomes: Counter[str] = Counter()
    acts: dict[str, str] = {}  # the newest act of each machine: its op is the likeliest to be here
    with desk.store.read() as conn:
        rows = conn.execute(
            select(t.case_view.c.state).where(t.case_view.c.changed_ms >= begin).limit(_MOST)
        ).all()
        pending = conn.scalar(select(func.count()).where(t.case_view.c.sync == "pending")) or 0
        attention = conn.scalar(select(func.count()).where(t.case_view.c.sync == "attention")) or 0
        waiting = _waiting(conn, now.day)
    for row in rows:
        taken_in = False
        for notice in decode_state(row.state).notices:
            if notice.day != day:
                continue
            counts = notice.device not in out
            outcomes[notice.kind] += counts
            if notice.kind not in ("receive", "accept"):
                continue
            hour = dt.datetime.fromtimestamp(_made_ms(notice.op_id) / 1000).hour
            if not taken_in:  # an acceptance at once is the receipt too
                received[hour] += counts
                taken[notice.device] += 1
                taken_in = True
                acts[notice.device] = max(acts.get(notice.device, ""), notice.op_id)
            if notice.kind == "accept":
                accepted[hour] += counts
                windows[notice.device] += 1
                acts[notice.device] = max(acts.get(notice.device, ""), notice.op_id)
    names = _window_names(desk, acts) | {desk.device.device: desk.device.window_name}
    synced, pool = last_sync_ms(desk), read_pool(desk)
    current = dt.datetime.fromtimestamp(now.wall_ms / 1000).hour
    first = min([8, current, *received, *accepted])
    last = max([17, current, *received, *accepted])
    return BoardFacts(
        day=day,
        now_ms=now.wall_ms,
        synced_ms=synced,
        hours=tuple(
            HourCount(hour=h, received=received[h], accepted=accepted[h], running=h == current)
            for h in range(first, last + 1)
        ),
        windows=window_counts(desk, hall, names, taken, windows, synced),
        drafts=len(read_drafts(desk)),
        waiting_to_sync=int(pending),
        attention=int(attention),
        waiting=waiting,
        outcomes=tuple((kind, outcomes[kind]) for kind in OUTCOMES if outcomes[kind]),
        due=tuple(announced(desk, now.day)),
        numbers_left=pool.left,
        numbers_used=pool.used_today,
    )


def _waiting(conn: Connection, today: dt.date) -> Waiting:
    view = t.case_view.c
    found = {
        row.status: row
        for row in conn.execute(
            select(view.status, func.count().label("cases"), func.min(view.received_on).label("first"))
            .where(view.status.in_((CaseStatus.RECEIVED.value, CaseStatus.SUPPLEMENT.value)))
            .group_by(view.status)
        )
    }
    oldest = min((row.first for row in found.values() if row.first), default="")
    received, supplement = found.get(CaseStatus.RECEIVED.value), found.get(CaseStatus.SUPPLEMENT.value)
    return Waiting(
        received=received.cases if received is not None else 0,
        supplement=supplement.cases if supplement is not None else 0,
        longest_days=(today - dt.date.fromisoformat(oldest)).days if oldest else None,
    )


def _window_names(desk: Desk, acts: dict[str, str]) -> dict[str, str]:
    """The names of the windows at which these acts (by machine) were made, as far as they came here."""
    table = t.case_history.c
    with desk.store.read() as conn:
        rows = conn.execute(select(table.data).where(table.op_id.in_(acts.values()))).all()
    made = [decode_op(row.data) for row in rows if row.data]
    directory = desk.rulebook.directory
    return {op.device: directory.window(op.scope, op.window).name for op in made}


def _made_ms(op_id: str) -> int:
    """The time in a UUIDv7, in ms since 1970."""
    return int(op_id.replace("-", "")[:12], 16)

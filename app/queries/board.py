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
from app.queries.outbox import last_sync_ms
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


class WindowCount(msgspec.Struct, frozen=True, kw_only=True):
    """One machine's received and accepted cases of the day; ``until_ms`` is how far the replica knows it, 0 = live.

    ``name`` is the window it stood at, or the machine's own name when that is not known.  A window of the
    hall without an act today is there too, ``device`` being its number.
    """

    device: str
    name: str
    own: bool
    accepted: int
    received: int = 0
    until_ms: int = 0


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What people wait for: cases received but not accepted, and sent back for supplements.

    ``longest_days`` are calendar days since the oldest of them was received, None when there is none.
    """

    received: int = 0
    supplement: int = 0
    longest_days: int | None = None


class BoardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``synced_ms`` 0: never level with the hub; ``outcomes``: today's acts by kind; ``due``: the most urgent first."""

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
    windows: Counter[str] = Counter({desk.device.device: 0})
    taken: Counter[str] = Counter()
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
            outcomes[notice.kind] += 1
            if notice.kind not in ("receive", "accept"):
                continue
            hour = dt.datetime.fromtimestamp(_made_ms(notice.op_id) / 1000).hour
            if not taken_in:  # an acceptance at once is the receipt too
                received[hour] += 1
                taken[notice.device] += 1
                taken_in = True
                acts[notice.device] = max(acts.get(notice.device, ""), notice.op_id)
            if notice.kind == "accept":
                accepted[hour] += 1
                windows[notice.device] += 1
                acts[notice.device] = max(acts.get(notice.device, ""), notice.op_id)
    names = _window_names(desk, acts) | {desk.device.device: desk.device.window_name}
    for device in taken:
        windows[device] += 0  # who only received stands in the list too
    synced = last_sync_ms(desk)
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
        windows=tuple(
            WindowCount(
                device=device,
                name=names.get(device) or device,
                own=device == desk.device.device,
                accepted=count,
                received=taken[device],
                until_ms=0 if device == desk.device.device else synced,
            )
            for device, count in sorted(
                windows.items(), key=lambda one: (one[0] != desk.device.device, one[0])
            )
        )
        + _quiet_windows(desk, set(names.values()), synced),
        drafts=len(read_drafts(desk)),
        waiting_to_sync=int(pending),
        attention=int(attention),
        waiting=waiting,
        outcomes=tuple((kind, outcomes[kind]) for kind in OUTCOMES if outcomes[kind]),
        due=tuple(announced(desk, now.day)),
    )


def _quiet_windows(desk: Desk, seen: set[str], synced: int) -> tuple[WindowCount, ...]:
    """The other windows of this hall, of which the replica knows no act of today."""
    return tuple(
        WindowCount(device=line.id, name=line.name, own=False, accepted=0, until_ms=synced)
        for line in sorted(desk.rulebook.directory.windows, key=lambda line: line.id)
        if line.hall == desk.device.scope and line.name not in seen
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

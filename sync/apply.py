"""Writing what the hub said into the replica, one transaction a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from models.device import get_meta, set_meta
from models.prepared import Prepared, chosen, listed, upsert
from models.projection import project_all, refresh_sync
from models.rulebook import Rulebook
from models.tables import replica as t
from sync.checksum import scope_checksum
from sync.protocol import FeedEntry, FieldConflict, OpOutcome, PullReply
from sync.thin import whole_page

ANCHOR_KEY = "anchor_ms"  # the hub's time as last heard; acts that it answered for were made before it
_REPLAYED = ("pending", "applied", "merged", "held")

_OWN = Prepared(
    select(t.op.c.dseq, t.op.c.op_id, t.op.c.case_id, t.op_status.c.state, t.op_status.c.seen_in_feed)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(t.op.c.dseq >= bindparam("first"), t.op.c.dseq <= bindparam("last"))
)
_DECIDE = Prepared(
    update(t.op_status)
    .where(t.op_status.c.dseq == bindparam("at"))
    .values(
        state=bindparam("now"),
        reason=bindparam("why"),
        tries=t.op_status.c.tries + 1,
        acked_ms=bindparam("acked"),
    )
)
_confirming = insert(t.case_confirmed)
_CONFIRM = Prepared(
    _confirming.on_conflict_do_update(
        index_elements=[t.case_confirmed.c.case_id],
        set_={name: _confirming.excluded[name] for name in ("scope", "rev", "state")},
        where=t.case_confirmed.c.rev <= _confirming.excluded.rev,
    )
)
_REVS = Prepared(
    select(t.case_confirmed.c.case_id, t.case_confirmed.c.rev).where(
        t.case_confirmed.c.case_id.in_(chosen("cases"))
    )
)
_REMEMBER = upsert(t.case_history)
_SEEN = Prepared(
    update(t.op_status)
    .where(t.op_status.c.dseq == select(t.op.c.dseq).where(t.op.c.op_id == bindparam("id")).scalar_subquery())
    .values(
        state=bindparam("now"),
        reason=bindparam("why"),
        seen_in_feed=literal_column("1"),
        # The answer to the push was lost: this is when the desk heard.
        acked_ms=func.coalesce(func.nullif(t.op_status.c.acked_ms, literal_column("0")), bindparam("heard")),
    )
)
_clashing = insert(t.conflict)
_CLASH = Prepared(
    _clashing.on_conflict_do_update(
        index_elements=[t.conflict.c.conflict_id], set_={"resolved": _clashing.excluded.resolved}
    )
)
_SETTLE = Prepared(
    update(t.conflict).where(t.conflict.c.conflict_id == bindparam("at")).values(resolved=literal_column("1"))
)
_CHUNK = 400  # values in one query
_ALL = Prepared(
    select(t.case_confirmed.c.case_id, t.case_confirmed.c.rev, t.case_confirmed.c.state).where(
        t.case_confirmed.c.scope == bindparam("of")
    )
)
_MOVE_ON = upsert(t.cursor)
_CURSOR = Prepared(select(t.cursor.c.epoch, t.cursor.c.seq).where(t.cursor.c.scope == bindparam("of")))


def record_outcomes(conn: Connection, rulebook: Rulebook, outcomes: Iterable[OpOutcome], now_ms: int) -> None:
    """Store the hub's decision on own ops, heard at ``now_ms`` by its time; nothing is removed."""
    told = {outcome.dseq: outcome for outcome in outcomes}
    if not told:
        return
    decided: list[dict[str, object]] = []
    changed: set[str] = set()
    unchanged: set[str] = set()
    for row in _OWN(conn, first=min(told), last=max(told)).all():
        outcome = told.get(row.dseq)
        if outcome is None or row.op_id != outcome.op_id:
            continue  # not ours: a cloned desk's; the session's dseq check deals with that
        decided.append({"at": row.dseq, "now": outcome.outcome.value, "why": outcome.reason, "acked": now_ms})
        # An op that was replayed and still is leaves the desk's view as it was.
        same = not row.seen_in_feed and row.state in _REPLAYED and outcome.outcome in _REPLAYED
        (unchanged if same else changed).add(row.case_id)
    _DECIDE.many(conn, decided)
    _keep_anchor(conn, now_ms)
    project_all(conn, rulebook, changed)
    refresh_sync(conn, unchanged - changed)


def cursor(conn: Connection, scope: str) -> tuple[str, int]:
    """(epoch, seq) up to which this scope has been read; ("", 0) at first."""
    row = _CURSOR(conn, of=scope).first()
    return (row.epoch, row.seq) if row is not None else ("", 0)


def set_cursor(conn: Connection, scope: str, epoch: str, seq: int) -> None:
    _MOVE_ON(conn, scope=scope, epoch=epoch, seq=seq)


def forget_cursor(conn: Connection, scope: str) -> None:
    """Read the scope from the start again; what is confirmed stays until it is replaced."""
    conn.execute(delete(t.cursor).where(t.cursor.c.scope == scope))


def tell_own(conn: Connection, told: Iterable[tuple[str, str, str]], heard_ms: int) -> None:
    """(op_id, outcome, reason) of ops as the hub shows them; those that are not own are passed over."""
    rows: list[dict[str, object]] = [
        {"id": op_id, "now": outcome, "why": reason, "heard": heard_ms} for op_id, outcome, reason in told
    ]
    _SEEN.many(conn, rows)
    _keep_anchor(conn, heard_ms)


def _keep_anchor(conn: Connection, hub_ms: int) -> None:
    """With the answer itself, not at the end of the round: a power cut between would leave acts that are
    answered for and, after it, nothing that forbids a clock to be set back behind them."""
    if hub_ms > int(get_meta(conn, ANCHOR_KEY) or b"0"):
        set_meta(conn, ANCHOR_KEY, str(hub_ms).encode())


def apply_page(conn: Connection, rulebook: Rulebook, device: str, reply: PullReply) -> int:
    """Take one page of the feed in, with its cursor.  Repeating a page changes nothing.

    Returns how many entries were new.  Raises Unrestorable for a lean page that needs what is not here.
    """
    epoch, seq = cursor(conn, reply.scope)
    if epoch != reply.epoch:
        seq = 0
    fresh = whole_page(conn, rulebook, reply.entries, seq)
    # A snapshot's later chunk may have shown more of a case already than the feed tells from its first one on.
    held = {row.case_id: row.rev for row in _REVS(conn, cases=listed([e.case_id for e in fresh]))}
    _CONFIRM.many(
        conn,
        [
            {"case_id": e.case_id, "scope": reply.scope, "rev": e.rev, "state": e.state}
            for e in fresh
            if e.rev > 0 and e.state and e.rev >= held.get(e.case_id, 0)
        ],
    )
    _REMEMBER.many(
        conn,
        [
            {
                "op_id": e.op_id,
                "case_id": e.case_id,
                "seq": e.seq,
                "outcome": e.outcome.value,
                "reason": e.reason,
                "data": e.op,
            }
            for e in fresh
        ],
    )
    _take_conflicts(conn, fresh)
    tell_own(conn, ((e.op_id, e.outcome.value, e.reason) for e in fresh), reply.hub_time_ms)
    if fresh or epoch != reply.epoch:
        last = fresh[-1].seq if fresh else seq
        set_cursor(conn, reply.scope, reply.epoch, last)
    project_all(conn, rulebook, {entry.case_id for entry in fresh})
    return len(fresh)


def _take_conflicts(conn: Connection, entries: Sequence[FeedEntry]) -> None:
    """Open and settle in the feed's order: after a restore a decision may come before its conflict."""
    settled: set[str] = set()
    for entry in entries:
        settled.difference_update(clash.conflict_id for clash in entry.conflicts)
        settled.update(entry.resolved)
    open_again(conn, [clash for entry in entries for clash in entry.conflicts])
    _SETTLE.many(conn, [{"at": one} for one in sorted(settled)])


def open_again(conn: Connection, clashes: Iterable[FieldConflict]) -> None:
    """Store conflicts as open, also those that were settled once."""
    rows: list[dict[str, object]] = [
        {
            "conflict_id": clash.conflict_id,
            "case_id": clash.case_id,
            "op_id": clash.op_id,
            "path": clash.path,
            "data": msgspec.msgpack.encode(clash),
            "resolved": 0,
        }
        for clash in clashes
    ]
    _CLASH.many(conn, rows)


def local_checksum(conn: Connection, scope: str) -> bytes:
    """The digest of this replica's confirmed cases, comparable with the hub's."""
    return scope_checksum(tuple(row) for row in _ALL(conn, of=scope))


def start_over(conn: Connection, rulebook: Rulebook, scope: str) -> None:
    """Forget the hub's word on a scope, to read it again whole.  Own ops are untouched."""
    cases = list(
        conn.execute(select(t.case_confirmed.c.case_id).where(t.case_confirmed.c.scope == scope)).scalars()
    )
    # Another epoch may decide in another order: what is open there, the feed opens again.
    for start in range(0, len(cases), _CHUNK):
        some = cases[start : start + _CHUNK]
        conn.execute(update(t.conflict).where(t.conflict.c.case_id.in_(some)).values(resolved=1))
    conn.execute(delete(t.case_confirmed).where(t.case_confirmed.c.scope == scope))
    conn.execute(delete(t.cursor).where(t.cursor.c.scope == scope))
    conn.execute(update(t.op_status).values(seen_in_feed=0))
    project_all(conn, rulebook, cases)

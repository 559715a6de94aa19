"""Writing what the hub said into the replica, one transaction a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import Insert, insert

from models.domain.ops import decode_op
from models.projection import project_all
from models.rulebook import Rulebook
from models.tables import replica as t
from sync.protocol import FeedEntry, FieldConflict, OpOutcome, PullReply, scope_checksum

T = TypeVar("T")

_CHUNK = 400  # values in one query

# Statements are built once: building one costs more than running it.
_OWN_AT = select(t.op.c.dseq, t.op.c.op_id, t.op.c.case_id).where(
    t.op.c.dseq.in_(bindparam("dseqs", expanding=True))
)
_DECIDED = (
    update(t.op_status)
    .where(t.op_status.c.dseq == bindparam("at"))
    .values(
        state=bindparam("outcome"),
        reason=bindparam("why"),
        tries=t.op_status.c.tries + 1,
        acked_ms=bindparam("now"),
    )
)
_SEEN = (
    update(t.op_status)
    .where(t.op_status.c.dseq == bindparam("at"))
    .values(state=bindparam("outcome"), reason=bindparam("why"), seen_in_feed=1)
)
_CURSOR = select(t.cursor.c.epoch, t.cursor.c.seq).where(t.cursor.c.scope == bindparam("of"))
_REVS = select(t.case_confirmed.c.case_id, t.case_confirmed.c.rev).where(
    t.case_confirmed.c.case_id.in_(bindparam("cases", expanding=True))
)
_SETTLED = update(t.conflict).where(t.conflict.c.conflict_id == bindparam("at")).values(resolved=1)
_OF_SCOPE = select(t.case_confirmed.c.case_id, t.case_confirmed.c.rev, t.case_confirmed.c.state).where(
    t.case_confirmed.c.scope == bindparam("of")
)


def _upsert(table: Table, key: str) -> Insert:
    statement = insert(table)
    rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name != key}
    return statement.on_conflict_do_update(index_elements=[table.c[key]], set_=rest)


_CONFIRM = _upsert(t.case_confirmed, "case_id")
_REMEMBER = _upsert(t.case_history, "op_id")
_MOVE_CURSOR = _upsert(t.cursor, "scope")
_CLASH = insert(t.conflict).on_conflict_do_update(
    index_elements=[t.conflict.c.conflict_id], set_={"resolved": 0}
)


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Portions that fit into one query."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def record_outcomes(conn: Connection, rulebook: Rulebook, outcomes: Sequence[OpOutcome], now_ms: int) -> None:
    """Store the hub's decision on own ops; an op is never removed, whatever was decided."""
    touched: set[str] = set()
    for some in chunks(outcomes):
        own = {row.dseq: row for row in conn.execute(_OWN_AT, {"dseqs": [o.dseq for o in some]})}
        # Another op_id is a cloned desk's; the session's dseq check deals with that.
        ours = [o for o in some if o.dseq in own and own[o.dseq].op_id == o.op_id]
        touched.update(own[o.dseq].case_id for o in ours)
        if ours:
            rows = [{"at": o.dseq, "outcome": o.outcome.value, "why": o.reason, "now": now_ms} for o in ours]
            conn.execute(_DECIDED, rows)
    project_all(conn, rulebook, sorted(touched))


def cursor(conn: Connection, scope: str) -> tuple[str, int]:
    """(epoch, seq) up to which this scope has been read; ("", 0) at first."""
    row = conn.execute(_CURSOR, {"of": scope}).first()
    return (row.epoch, row.seq) if row is not None else ("", 0)


def apply_page(conn: Connection, rulebook: Rulebook, device: str, reply: PullReply) -> int:
    """Take one page of the feed in, with its cursor.  Repeating a page changes nothing.

    Returns how many entries were new.
    """
    epoch, seq = cursor(conn, reply.scope)
    if epoch != reply.epoch:
        seq = 0
    fresh = [entry for entry in reply.entries if entry.seq > seq]
    for some in chunks(fresh):
        _confirm(conn, reply.scope, some)
        conn.execute(_REMEMBER, [_history(entry) for entry in some])
        _take_conflicts(conn, some)
        _mark_own(conn, device, some)
    if fresh or epoch != reply.epoch:
        last = fresh[-1].seq if fresh else seq
        conn.execute(_MOVE_CURSOR, {"scope": reply.scope, "epoch": reply.epoch, "seq": last})
    project_all(conn, rulebook, [entry.case_id for entry in fresh])
    return len(fresh)


def _confirm(conn: Connection, scope: str, entries: Sequence[FeedEntry]) -> None:
    newest = {entry.case_id: entry for entry in entries if entry.rev > 0}
    if not newest:
        return
    known = {row.case_id: row.rev for row in conn.execute(_REVS, {"cases": list(newest)})}
    rows = [
        {"case_id": case_id, "scope": scope, "rev": entry.rev, "state": entry.state}
        for case_id, entry in newest.items()
        if known.get(case_id, 0) <= entry.rev
    ]
    if rows:
        conn.execute(_CONFIRM, rows)


def _take_conflicts(conn: Connection, entries: Sequence[FeedEntry]) -> None:
    """Open and settle in the feed's order: after a restore a decision may come before its conflict."""
    opened: list[dict[str, object]] = []
    settled: set[str] = set()
    for entry in entries:
        opened += [_clash(clash) for clash in entry.conflicts]
        settled.difference_update(clash.conflict_id for clash in entry.conflicts)
        settled.update(entry.resolved)
    if opened:
        conn.execute(_CLASH, opened)
    if settled:
        conn.execute(_SETTLED, [{"at": one} for one in sorted(settled)])


def _history(entry: FeedEntry) -> dict[str, object]:
    return {
        "op_id": entry.op_id,
        "case_id": entry.case_id,
        "seq": entry.seq,
        "outcome": entry.outcome.value,
        "reason": entry.reason,
        "data": entry.op,
    }


def _clash(clash: FieldConflict) -> dict[str, object]:
    return {
        "conflict_id": clash.conflict_id,
        "case_id": clash.case_id,
        "op_id": clash.op_id,
        "path": clash.path,
        "data": msgspec.msgpack.encode(clash),
        "resolved": 0,
    }


def _mark_own(conn: Connection, device: str, entries: Sequence[FeedEntry]) -> None:
    mine: dict[int, FeedEntry] = {}
    for entry in entries:
        try:
            op = decode_op(entry.op)
        except msgspec.DecodeError:
            continue  # an op of a later version: kept in the history as it came
        if op.device == device:
            mine[op.dseq] = entry
    if not mine:
        return
    own = {row.dseq: row.op_id for row in conn.execute(_OWN_AT, {"dseqs": list(mine)})}
    rows = [
        {"at": dseq, "outcome": entry.outcome.value, "why": entry.reason}
        for dseq, entry in mine.items()
        if own.get(dseq) == entry.op_id
    ]
    if rows:
        conn.execute(_SEEN, rows)


def local_checksum(conn: Connection, scope: str) -> bytes:
    """The digest of this replica's confirmed cases, comparable with the hub's."""
    rows = conn.execute(_OF_SCOPE, {"of": scope})
    return scope_checksum([(row.case_id, row.rev, row.state) for row in rows])


def start_over(conn: Connection, rulebook: Rulebook, scope: str) -> None:
    """Forget the hub's word on a scope, to read it again whole.  Own ops are untouched."""
    cases = [row.case_id for row in conn.execute(_OF_SCOPE, {"of": scope})]
    # Another epoch may decide in another order: what is open there, the feed opens again.
    for some in chunks(cases):
        conn.execute(update(t.conflict).where(t.conflict.c.case_id.in_(some)).values(resolved=1))
    conn.execute(delete(t.case_confirmed).where(t.case_confirmed.c.scope == scope))
    conn.execute(delete(t.cursor).where(t.cursor.c.scope == scope))
    conn.execute(update(t.op_status).values(seen_in_feed=0))
    project_all(conn, rulebook, cases)

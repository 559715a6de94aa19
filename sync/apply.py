"""Writing what the hub said into the replica, one transaction a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from models.domain.ops import decode_op
from models.projection import project_all
from models.rulebook import Rulebook
from models.tables import replica as t
from sync.protocol import FeedEntry, FieldConflict, OpOutcome, PullReply, scope_checksum


def record_outcomes(conn: Connection, rulebook: Rulebook, outcomes: Iterable[OpOutcome], now_ms: int) -> None:
    """Store the hub's decision on own ops; an op is never removed, whatever was decided."""
    touched: set[str] = set()
    for outcome in outcomes:
        row = conn.execute(select(t.op.c.op_id, t.op.c.case_id).where(t.op.c.dseq == outcome.dseq)).first()
        if row is None or row.op_id != outcome.op_id:
            continue  # not ours: a cloned desk's; the session's dseq check deals with that
        conn.execute(
            update(t.op_status)
            .where(t.op_status.c.dseq == outcome.dseq)
            .values(
                state=outcome.outcome.value,
                reason=outcome.reason,
                tries=t.op_status.c.tries + 1,
                acked_ms=now_ms,
            )
        )
        touched.add(row.case_id)
    project_all(conn, rulebook, touched)


def cursor(conn: Connection, scope: str) -> tuple[str, int]:
    """(epoch, seq) up to which this scope has been read; ("", 0) at first."""
    row = conn.execute(select(t.cursor).where(t.cursor.c.scope == scope)).first()
    return (row.epoch, row.seq) if row is not None else ("", 0)


def apply_page(conn: Connection, rulebook: Rulebook, device: str, reply: PullReply) -> int:
    """Take one page of the feed in, with its cursor.  Repeating a page changes nothing.

    Returns how many entries were new.
    """
    epoch, seq = cursor(conn, reply.scope)
    if epoch != reply.epoch:
        seq = 0
    fresh = [entry for entry in reply.entries if entry.seq > seq]
    for entry in fresh:
        _take(conn, reply.scope, device, entry)
    if fresh or epoch != reply.epoch:
        last = fresh[-1].seq if fresh else seq
        statement = insert(t.cursor).values(scope=reply.scope, epoch=reply.epoch, seq=last)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[t.cursor.c.scope], set_={"epoch": reply.epoch, "seq": last}
            )
        )
    project_all(conn, rulebook, {entry.case_id for entry in fresh})
    return len(fresh)


def _take(conn: Connection, scope: str, device: str, entry: FeedEntry) -> None:
    if entry.rev > 0:
        known = conn.execute(
            select(t.case_confirmed.c.rev).where(t.case_confirmed.c.case_id == entry.case_id)
        ).scalar()
        if known is None or known <= entry.rev:
            values = {"scope": scope, "rev": entry.rev, "state": entry.state}
            statement = insert(t.case_confirmed).values(case_id=entry.case_id, **values)
            conn.execute(
                statement.on_conflict_do_update(index_elements=[t.case_confirmed.c.case_id], set_=values)
            )
    history = {
        "case_id": entry.case_id,
        "seq": entry.seq,
        "outcome": entry.outcome.value,
        "reason": entry.reason,
        "data": entry.op,
    }
    statement = insert(t.case_history).values(op_id=entry.op_id, **history)
    conn.execute(statement.on_conflict_do_update(index_elements=[t.case_history.c.op_id], set_=history))
    _take_conflicts(conn, entry.conflicts, entry.resolved)
    _mark_own(conn, device, entry)


def _take_conflicts(conn: Connection, conflicts: Sequence[FieldConflict], resolved: Sequence[str]) -> None:
    for clash in conflicts:
        statement = insert(t.conflict).values(
            conflict_id=clash.conflict_id,
            case_id=clash.case_id,
            op_id=clash.op_id,
            path=clash.path,
            data=msgspec.msgpack.encode(clash),
            resolved=0,
        )
        conn.execute(statement.on_conflict_do_nothing(index_elements=[t.conflict.c.conflict_id]))
    for conflict_id in resolved:
        conn.execute(update(t.conflict).where(t.conflict.c.conflict_id == conflict_id).values(resolved=1))


def _mark_own(conn: Connection, device: str, entry: FeedEntry) -> None:
    try:
        op = decode_op(entry.op)
    except msgspec.DecodeError:
        return  # an op of a later version: kept in the history as it came
    if op.device == device:
        conn.execute(
            update(t.op_status)
            .where(
                t.op_status.c.dseq == op.dseq,
                t.op_status.c.dseq.in_(select(t.op.c.dseq).where(t.op.c.op_id == op.op_id)),
            )
            .values(state=entry.outcome.value, reason=entry.reason, seen_in_feed=1)
        )


def local_checksum(conn: Connection, scope: str) -> bytes:
    """The digest of this replica's confirmed cases, comparable with the hub's."""
    rows = conn.execute(
        select(t.case_confirmed.c.case_id, t.case_confirmed.c.rev, t.case_confirmed.c.state).where(
            t.case_confirmed.c.scope == scope
        )
    )
    return scope_checksum([(row.case_id, row.rev, row.state) for row in rows])


def start_over(conn: Connection, rulebook: Rulebook, scope: str) -> None:
    """Forget the hub's word on a scope, to read it again whole.  Own ops are untouched."""
    cases = list(
        conn.execute(select(t.case_confirmed.c.case_id).where(t.case_confirmed.c.scope == scope)).scalars()
    )
    conn.execute(delete(t.case_confirmed).where(t.case_confirmed.c.scope == scope))
    conn.execute(delete(t.cursor).where(t.cursor.c.scope == scope))
    conn.execute(update(t.op_status).values(seen_in_feed=0))
    project_all(conn, rulebook, cases)

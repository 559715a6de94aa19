"""Dropping what a desk need not keep: own settled ops that the hub attests to hold, old histories.

The chain goes on verifying: the checkpoint keeps the last dropped op's place and hash, signed by the
hub, and the database lets nothing above it go.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, literal_column, select

from models.crypto import BadSignature, verify
from models.device import DeviceFacts
from models.ops import audit, last_op
from models.prepared import Prepared, first_of
from models.store import Store
from models.tables import replica as t
from sync import snapshot_protocol as sp
from sync.client import HubClient, HubGarbled
from sync.former import drop_former

KEEP_DAYS = 90
DAY_MS = 86_400_000
FEWEST = 100  # fewer ops are not worth a checkpoint
_SETTLED = frozenset({"applied", "merged", "conflict"})
_OLDEST = Prepared(
    first_of(
        select(t.op_status.c.acked_ms).join(t.op, t.op.c.dseq == t.op_status.c.dseq).order_by(t.op.c.dseq)
    )
)
_STALE = Prepared(first_of(select(t.former_op.c.op_id).where(t.former_op.c.kept_ms < bindparam("before"))))
# A case of a hall this desk has left, with an act that was sent back: it is shown from the desk's own acts alone.
_TOLD_BY_OPS = Prepared(
    select(t.op.c.case_id)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(
        t.op_status.c.state.in_([literal_column("'rejected'"), literal_column("'quarantined'")]),
        t.op.c.case_id.not_in(select(t.case_confirmed.c.case_id)),
    )
    .distinct()
)
_LOG = (
    select(
        t.op.c.dseq,
        t.op.c.hash,
        t.op.c.op_id,
        t.op.c.case_id,
        t.op_status.c.state,
        t.op_status.c.acked_ms,
        t.op_status.c.seen_in_feed,
    )
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .order_by(t.op.c.dseq)
)


def compact(client: HubClient, store: Store, device: DeviceFacts, hub_ms: int, *, fewest: int = 0) -> int:
    """Drop own ops whose settled outcome was heard 90 days ago or earlier by the hub's time.

    Returns how many ops went; 0 when there are fewer than ``fewest`` (0: the usual number).  The newest op always
    stays.  Histories of cases untouched for as long go too; they can be fetched again.  Raises KnownError.
    """
    before_ms = hub_ms - KEEP_DAYS * DAY_MS
    with store.read() as conn:
        droppable = _droppable(conn, before_ms)
        stale = _STALE(conn, before=before_ms).first() is not None
    if stale:
        with store.write() as conn:
            drop_former(conn, before_ms)
    if len(droppable) < (fewest or FEWEST):
        return 0
    dseq, digest = droppable[-1]
    reply = client.checkpoint(sp.CheckpointRequest(dseq=dseq, hash=digest))
    payload = sp.checkpoint_payload(device.device, dseq, digest, reply.hub_time_ms)
    try:
        verify(device.hub_key, payload, reply.signature)
    except BadSignature as error:
        raise HubGarbled("中心的确认签名不对，本机的记录没有精简。办件都在本机。") from error
    with store.write() as conn:
        conn.execute(
            insert(t.checkpoint).values(
                dseq=dseq, hash=digest, hub_ms=reply.hub_time_ms, signature=reply.signature
            )
        )
        conn.execute(delete(t.op_status).where(t.op_status.c.dseq <= dseq))
        conn.execute(delete(t.op).where(t.op.c.dseq <= dseq))
        # The case itself carries its number; a use whose op is here is kept.
        conn.execute(delete(t.number_use).where(t.number_use.c.op_id.not_in(select(t.op.c.op_id))))
        old = select(t.case_view.c.case_id).where(
            t.case_view.c.changed_ms < before_ms,
            t.case_view.c.case_id.not_in(select(t.op.c.case_id)),
        )
        conn.execute(delete(t.case_history).where(t.case_history.c.case_id.in_(old)))
        audit(
            conn, at_ms=reply.hub_time_ms, staff="", act="compact", detail=f"dseq={dseq} ops={len(droppable)}"
        )
    return len(droppable)


def _droppable(conn: Connection, before_ms: int) -> list[tuple[int, bytes]]:
    """(dseq, hash) of the longest run from the oldest op on that may go."""
    oldest = _OLDEST(conn).scalar()
    if oldest is None or not 0 < oldest <= before_ms:
        return []  # as on nearly every round, without a look at the rest
    rows = conn.execute(_LOG, execution_options={"yield_per": 500})
    newest = last_op(conn)[0]
    clashing = set(conn.execute(select(t.conflict.c.op_id).where(t.conflict.c.resolved == 0)).scalars())
    told = set(_TOLD_BY_OPS(conn).scalars())
    run: list[tuple[int, bytes]] = []
    for row in rows:
        settled = row.state in _SETTLED and row.seen_in_feed and row.op_id not in clashing
        settled = settled and row.case_id not in told
        if row.dseq == newest or not settled or not 0 < row.acked_ms <= before_ms:
            break
        run.append((row.dseq, row.hash))
    return run

"""Folding old steps of the feed away, and attesting to a desk what it may drop of its own log.

The op log is the archive and is never touched.  Of a feed older than some days only the newest step of
each case stays, and steps with a conflict that is still open: a desk of an older version reads those
and gets the same states.  Newer ones are told to take a snapshot.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from models.crypto import sign
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.devices import Device
from sync.hub.moves import halls_of
from sync.hub.refusal import Refused
from sync.snapshot_protocol import CheckpointReply, CheckpointRequest, checkpoint_payload

DAY_MS = 86_400_000


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """``floor_seq``: only after it is the feed of the scope whole; ``folded`` steps went just now."""

    scope: str
    floor_seq: int
    folded: int


def compact(hub: Hub, days: int, *, actor: str = "cli") -> list[Folded]:
    """Fold what is older than ``days`` days, scope by scope; may be repeated and cut.

    Raises KnownError for less than one day.
    """
    if days < 1:
        raise KnownError("至少保留 1 天，没有改动。")
    before_ms = hub.now_ms() - days * DAY_MS
    with hub.read() as conn:
        scopes = list(conn.execute(select(t.scope_seq.c.scope).order_by(t.scope_seq.c.scope)).scalars())
    done: list[Folded] = []
    for scope in scopes:
        with hub.write() as conn:
            folded = _fold(conn, scope, before_ms)
            if folded.folded:
                detail = f"floor={folded.floor_seq} folded={folded.folded}"
                record(conn, hub.now_ms(), actor, "compact", target=scope, detail=detail)
        done.append(folded)
    return done


def _fold(conn: Connection, scope: str, before_ms: int) -> Folded:
    where = t.scope_seq.c.scope == scope
    known = conn.execute(select(t.scope_seq.c.floor_seq).where(where).with_for_update()).scalar_one()
    feed = t.feed.c
    newest = select(func.max(feed.seq)).where(feed.scope == scope, feed.at_ms < before_ms)
    floor = conn.execute(newest).scalar() or 0
    if floor <= known:
        return Folded(scope=scope, floor_seq=known, folded=0)
    last_steps = select(func.max(feed.seq)).where(feed.scope == scope).group_by(feed.case_id)
    clashing = select(t.conflict.c.op_id).where(t.conflict.c.scope == scope, t.conflict.c.resolved_by == "")
    gone = conn.execute(
        delete(t.feed).where(
            feed.scope == scope,
            feed.seq <= floor,
            feed.seq.not_in(last_steps),
            feed.op_id.not_in(clashing),
        ),
        execution_options={"preserve_rowcount": True},
    )
    conn.execute(update(t.scope_seq).where(where).values(floor_seq=floor))
    return Folded(scope=scope, floor_seq=floor, folded=gone.rowcount)


def attest(hub: Hub, device: Device, request: CheckpointRequest) -> CheckpointReply:
    """Sign that this op of the device's chain, and so every one before it, is in the archive.

    Raises Refused when it is not, or is another one.
    """
    with hub.read() as conn:
        found = conn.execute(
            select(t.op_log.c.hash).where(
                t.op_log.c.scope.in_(halls_of(conn, device.device)),
                t.op_log.c.device == device.device,
                t.op_log.c.dseq == request.dseq,
            )
        ).scalar()
    if found != request.hash:
        raise Refused(409, "not_archived", "中心没有这一步，本机的记录没有精简。办件都在本机。")
    now = hub.now_ms()
    payload = checkpoint_payload(device.device, request.dseq, request.hash, now)
    return CheckpointReply(hub_time_ms=now, signature=sign(hub.keys.signing, payload))

"""The op log: appending an act, in the caller's transaction, to the device's hash chain."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import Connection, func, insert, select

from models.domain.ops import (
    GENESIS,
    MAX_OP_BYTES,
    SCHEMA_VERSION,
    Act,
    Change,
    Op,
    OpTime,
    encode_op,
    op_hash,
    uuid7,
)
from models.errors import KnownError
from models.prepared import Prepared, first_of
from models.tables import replica as t

_LAST_OP = Prepared(first_of(select(t.op.c.dseq, t.op.c.hash, t.op.c.wall_ms).order_by(t.op.c.dseq.desc())))
_LAST_AUDIT = Prepared(first_of(select(t.audit.c.aseq, t.audit.c.hash).order_by(t.audit.c.aseq.desc())))
_ADD_OP = Prepared(insert(t.op))
_ADD_STATUS = Prepared(insert(t.op_status))
_ADD_AUDIT = Prepared(insert(t.audit))


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, on which machine, under which offline sign-in lease."""

    device: str
    staff: str
    lease_id: str
    scope: str
    window: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An act before it has its place in the log.  ``op_id`` is made by :func:`new_id` beforehand."""

    op_id: str
    kind: str
    case_id: str
    item_id: str
    item_name: str
    catalog_version: str
    base_rev: int
    changes: dict[str, Change] = {}
    act: Act = Act()


def new_id(time: OpTime, randomness: bytes) -> str:
    """A UUIDv7; ids are made once and stored before anything is sent."""
    return uuid7(time.wall_ms, randomness)


def last_op(conn: Connection) -> tuple[int, bytes, int]:
    """(dseq, hash, wall_ms) of the newest own op; (0, GENESIS, 0) on a new desk."""
    row = _LAST_OP(conn).first()
    return (row.dseq, row.hash, row.wall_ms) if row is not None else (0, GENESIS, 0)


def seal(
    conn: Connection, author: Author, draft: Draft, time: OpTime, last: tuple[int, bytes, int] | None = None
) -> Op:
    """Give the draft its dseq and its link to the chain; nothing is written yet.

    ``last``: what :func:`last_op` gave in the same transaction, if the caller has asked it.
    """
    dseq, prev_hash, _ = last or last_op(conn)
    return Op(
        op_id=draft.op_id,
        device=author.device,
        dseq=dseq + 1,
        lease_id=author.lease_id,
        staff=author.staff,
        case_id=draft.case_id,
        scope=author.scope,
        kind=draft.kind,
        item_id=draft.item_id,
        item_name=draft.item_name,
        window=author.window,
        catalog_version=draft.catalog_version,
        schema_version=SCHEMA_VERSION,
        base_rev=draft.base_rev,
        changes=draft.changes,
        act=draft.act,
        time=time,
        prev_hash=prev_hash,
    )


def append(conn: Connection, op: Op, most: int = MAX_OP_BYTES) -> None:
    """Write the op, its sync state and its audit record.  The caller's transaction commits all.

    Raises KnownError for an op of more than ``most`` bytes: no hub would take it.
    """
    data = encode_op(op)
    if len(data) > most:
        raise KnownError(
            f"这一步写的内容有 {len(data) // 1024} KB，超过 {most // 1024} KB，没有办成，办件没有改动。"
            "请把长文字删短，或者作为附件存入。"
        )
    _ADD_OP(
        conn,
        dseq=op.dseq,
        op_id=op.op_id,
        case_id=op.case_id,
        kind=op.kind,
        staff=op.staff,
        wall_ms=op.time.wall_ms,
        data=data,
        hash=op_hash(data),
    )
    _ADD_STATUS(conn, dseq=op.dseq, state="pending", reason="", tries=0, acked_ms=0, seen_in_feed=0)
    audit(conn, at_ms=op.time.wall_ms, staff=op.staff, act=op.kind, case_id=op.case_id, detail=op.op_id)


def audit(conn: Connection, *, at_ms: int, staff: str, act: str, case_id: str = "", detail: str = "") -> None:
    """Append to the audit chain.  ``detail`` is for identifiers, never for personal data."""
    last, prev = last_audit(conn)
    aseq = last + 1
    digest = audit_hash(prev, aseq, at_ms, staff, act, case_id, detail)
    _ADD_AUDIT(
        conn,
        aseq=aseq,
        at_ms=at_ms,
        staff=staff,
        act=act,
        case_id=case_id,
        detail=detail,
        prev_hash=prev,
        hash=digest,
    )


def last_audit(conn: Connection) -> tuple[int, bytes]:
    """The number and hash of the last line of the audit chain; 0 and 32 zero bytes before the first."""
    row = _LAST_AUDIT(conn).first()
    return (row.aseq, row.hash) if row is not None else (0, GENESIS)


def audit_hash(prev: bytes, aseq: int, at_ms: int, staff: str, act: str, case_id: str, detail: str) -> bytes:
    body = "\0".join((str(aseq), str(at_ms), staff, act, case_id, detail)).encode()
    return hashlib.sha256(prev + body).digest()


def pending_count(conn: Connection) -> int:
    """How many own ops the hub has not decided yet."""
    return conn.execute(
        select(func.count()).select_from(t.op_status).where(t.op_status.c.state == "pending")
    ).scalar_one()

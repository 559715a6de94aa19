"""The hub's own record of who did what (a hash chain), and alarms a person must look at."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import Connection, insert, literal_column, select

from models.domain.ops import GENESIS
from sync.hub import tables as t
from sync.hub.prepared import Prepared, first_of
from sync.hub.upsert import insert_ignore

_LAST = Prepared(first_of(select(t.audit.c.aseq, t.audit.c.hash).order_by(t.audit.c.aseq.desc())))
_APPEND = Prepared(insert(t.audit))
# The row is only a lock: it serialises writers of the chain on PostgreSQL.
_LOCK = Prepared(
    select(t.hub_meta.c.key).where(t.hub_meta.c.key == literal_column("'audit'")).with_for_update()
)


def record(conn: Connection, now_ms: int, actor: str, act: str, target: str = "", detail: str = "") -> None:
    """Append to the audit chain.  ``detail`` is for identifiers, never for personal data."""
    lock_chain(conn)
    last = _LAST(conn).first()
    aseq, prev = (last.aseq + 1, last.hash) if last is not None else (1, GENESIS)
    _APPEND(
        conn,
        aseq=aseq,
        at_ms=now_ms,
        actor=actor,
        act=act,
        target=target,
        detail=detail,
        prev_hash=prev,
        hash=_link(prev, aseq, now_ms, actor, act, target, detail),
    )


def lock_chain(conn: Connection) -> None:
    """Let no other transaction append until this one ends; for who must read before it records."""
    insert_ignore(conn, t.hub_meta, {"key": "audit", "value": b""})
    _LOCK(conn)


def _link(prev: bytes, aseq: int, at_ms: int, actor: str, act: str, target: str, detail: str) -> bytes:
    body = "\0".join((str(aseq), str(at_ms), actor, act, target, detail)).encode()
    return hashlib.sha256(prev + body).digest()


def first_broken(conn: Connection) -> int | None:
    """The first audit row that does not fit the chain; None when all do."""
    prev, expected = GENESIS, 1
    for row in conn.execute(select(t.audit).order_by(t.audit.c.aseq)):
        link = _link(prev, row.aseq, row.at_ms, row.actor, row.act, row.target, row.detail)
        if row.aseq != expected or row.prev_hash != prev or row.hash != link:
            return int(row.aseq)
        prev, expected = row.hash, expected + 1
    return None


def raise_alarm(
    conn: Connection,
    now_ms: int,
    kind: str,
    message: str,
    *,
    scope: str = "",
    device: str = "",
    data: bytes = b"",
) -> None:
    """Keep what a security administrator must see; ``data`` are the offending bytes."""
    conn.execute(
        insert(t.alarm).values(
            alarm_id=f"{now_ms:013d}-{secrets.token_hex(4)}",
            at_ms=now_ms,
            scope=scope,
            device=device,
            kind=kind,
            message=message,
            data=data,
        )
    )

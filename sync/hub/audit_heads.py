"""What the hub has heard of each machine's audit chain, so that its last lines cannot be cut off unseen."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, bindparam, select

from models.crypto import BadSignature, sign, verify
from sync.audit_head import Head, Point, SignedHead, attested, head_payload, point_payload
from sync.hub import tables as t
from sync.hub.audit import raise_alarm, record
from sync.hub.database import Hub
from sync.hub.prepared import Prepared
from sync.hub.upsert import upsert

_MOST = 2**53
_HEARD = Prepared(select(t.audit_head).where(t.audit_head.c.device == bindparam("of")))
_HEARD_LOCKED = Prepared(
    select(t.audit_head).where(t.audit_head.c.device == bindparam("of")).with_for_update()
)


def hear(hub: Hub, device: str, scope: str, key: bytes, told: bytes) -> bytes:
    """Take a machine's word for its chain in; the answer is a Point for it to keep, b"" for no such word.

    ``key`` is the machine's.  Where lines that were heard of are missing, an alarm is raised and the answer names
    them; from then on what is left counts.  A word older than one heard before (the network delivers twice)
    changes nothing.
    """
    head = _read(device, key, told)
    if head is None:
        return b""
    with hub.read() as conn:
        row = _HEARD(conn, of=device).first()
    if row is not None and (row.aseq, row.hash) == (head.aseq, head.hash):
        return _point(hub, device, row.aseq, row.hash, hub.now_ms())
    with hub.write() as conn:
        return _judged(hub, conn, device, scope, head, told)


def _judged(hub: Hub, conn: Connection, device: str, scope: str, head: Head, told: bytes) -> bytes:
    """A word that says something new.  It counts once the machine has shown that it still has what was heard."""
    row = _HEARD_LOCKED(conn, of=device).first()
    aseq, digest, heard_ms = (row.aseq, row.hash, row.heard_ms) if row is not None else (0, bytes(32), 0)
    shown = head.point
    if shown is not None and not attested(shown, device, hub.keys.public):
        shown = None
    if shown is not None and shown.aseq > aseq and shown.hub_ms > heard_ms:
        # A restored hub does not know its own word.
        aseq, digest, heard_ms = shown.aseq, shown.hash, shown.hub_ms
    same = shown is not None and (shown.aseq, shown.hash) == (aseq, digest)
    proved = aseq == 0 or (same and head.found == digest)
    fresh = head.heard_ms > heard_ms
    changed = (same and head.found != digest) or (head.aseq == aseq and head.hash != digest)
    missing = head.aseq < aseq
    values = {"device": device, "aseq": head.aseq, "hash": head.hash, "heard_ms": head.heard_ms}
    if fresh and (changed or missing):
        _tell(hub, conn, device, scope, aseq, digest, head, told)
        upsert(conn, t.audit_head, [values])
        return _point(hub, device, aseq, digest, head.heard_ms)
    if head.heard_ms >= heard_ms and proved and not missing:
        upsert(conn, t.audit_head, [values])
        return _point(hub, device, head.aseq, head.hash, hub.now_ms())
    return _point(hub, device, aseq, digest, hub.now_ms())


def _tell(
    hub: Hub, conn: Connection, device: str, scope: str, aseq: int, digest: bytes, head: Head, told: bytes
) -> None:
    if head.aseq < aseq:
        what = f"少了最后 {aseq - head.aseq} 条（中心听到过第 {aseq} 条，现在只到第 {head.aseq} 条）"
    else:
        what = f"的第 {aseq} 条与中心听到过的不一样"
    message = f"工作站的审计记录{what}：像是被人删改，或者换回了旧副本。办件照常。请到现场核查这台机器。"
    now = hub.now_ms()
    raise_alarm(conn, now, "audit_cut", message, scope=scope, device=device, data=told)
    record(conn, now, device, "audit_cut", target=device, detail=f"{aseq}:{digest.hex()}")


def _read(device: str, key: bytes, told: bytes) -> Head | None:
    try:
        signed = msgspec.msgpack.decode(told, type=SignedHead)
        verify(key, head_payload(signed.head), signed.signature)
        head = msgspec.msgpack.decode(signed.head, type=Head)
    except (BadSignature, msgspec.MsgspecError):
        return None
    fits = 0 <= head.aseq < _MOST and 0 <= head.heard_ms < _MOST and len(head.hash) == 32
    return head if fits and head.device == device else None


def _point(hub: Hub, device: str, aseq: int, digest: bytes, at_ms: int) -> bytes:
    signature = sign(hub.keys.signing, point_payload(device, aseq, at_ms, digest))
    return msgspec.msgpack.encode(
        Point(device=device, aseq=aseq, hash=digest, hub_ms=at_ms, signature=signature)
    )

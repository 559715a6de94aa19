"""How far a machine's audit chain has come, told to the hub and attested by it.

The chain itself shows a line that was changed or taken out of its midst; that its last lines were cut off only
somebody else can tell, who had heard of them.  Times are the hub's, in Unix milliseconds.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, bindparam, select

from models.crypto import BadSignature, sign, verify
from models.device import DeviceFacts, get_meta, set_meta
from models.domain.ops import GENESIS
from models.ops import last_audit
from models.prepared import Prepared
from models.store import Store
from models.tables import replica as t

_POINT, _LOST = "audit_point", "audit_lost"
_HASH_AT = Prepared(select(t.audit.c.hash).where(t.audit.c.aseq == bindparam("at")))


class Point(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That the hub had heard of line ``aseq`` with that hash; ``signature`` is the hub's (:func:`point_payload`)."""

    device: str
    aseq: int
    hash: bytes
    hub_ms: int
    signature: bytes


class Head(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last line of a machine, 0 with 32 zero bytes before the first; ``heard_ms`` is when it last heard the hub.

    ``point`` is what the hub last attested to it, ``found`` the hash it has itself at that line, b"" for none.
    """

    device: str
    heard_ms: int
    aseq: int
    hash: bytes
    point: Point | None = None
    found: bytes = b""


class SignedHead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``head`` are the bytes of a Head; ``signature`` is the machine's, over :func:`head_payload`."""

    head: bytes
    signature: bytes


def point_payload(device: str, aseq: int, hub_ms: int, digest: bytes) -> bytes:
    return f"taihaoban/audit-point/1\0{device}\0{aseq}\0{hub_ms}\0".encode() + digest


def head_payload(head: bytes) -> bytes:
    return b"taihaoban/audit-head/1\0" + head


def told_head(conn: Connection, device: str, key: bytes, heard_ms: int) -> bytes:
    """What a session and a stick carry: a SignedHead of this replica, b"" where the hub has attested its last line."""
    aseq, digest = last_audit(conn)
    point = _kept(conn, _POINT)
    if point is not None and (point.aseq, point.hash) == (aseq, digest):
        return b""
    head = msgspec.msgpack.encode(
        Head(
            device=device,
            heard_ms=heard_ms,
            aseq=aseq,
            hash=digest,
            point=point,
            found=_hash_at(conn, point.aseq) if point is not None else b"",
        )
    )
    return msgspec.msgpack.encode(SignedHead(head=head, signature=sign(key, head_payload(head))))


def keep_point(store: Store, device: DeviceFacts, answer: bytes) -> None:
    """Write down what the hub attests.  What this replica does not have any more is kept as lost, once for all."""
    point = read_point(answer)
    if point is None or not attested(point, device.device, device.hub_key):
        return
    with store.read() as conn:
        lost = not has(conn, point)
        known = _kept(conn, _POINT)
        first = lost and _kept(conn, _LOST) is None
    if first or known is None or (known.aseq, known.hash) != (point.aseq, point.hash):
        with store.write() as conn:
            set_meta(conn, _POINT, answer)
            if first:
                set_meta(conn, _LOST, answer)


def missing_points(conn: Connection, device: DeviceFacts) -> list[Point]:
    """The hub's words for lines that this replica does not have, or not so."""
    found = {p.aseq: p for key in (_LOST, _POINT) if (p := _kept(conn, key)) is not None}
    return [p for p in found.values() if attested(p, device.device, device.hub_key) and not has(conn, p)]


def attested(point: Point, device: str, hub_key: bytes) -> bool:
    try:
        verify(hub_key, point_payload(point.device, point.aseq, point.hub_ms, point.hash), point.signature)
    except BadSignature:
        return False
    return point.device == device


def has(conn: Connection, point: Point) -> bool:
    return _hash_at(conn, point.aseq) == point.hash


def read_point(data: bytes) -> Point | None:
    try:
        return msgspec.msgpack.decode(data, type=Point)
    except msgspec.MsgspecError:
        return None


def _kept(conn: Connection, key: str) -> Point | None:
    return read_point(get_meta(conn, key) or b"")


def _hash_at(conn: Connection, aseq: int) -> bytes:
    return (_HASH_AT(conn, at=aseq).scalar() or b"") if aseq else GENESIS

"""Whether a rating came from the visitor: the second screen's seal, or the code on a receipt."""

from __future__ import annotations

from sqlalchemy import Connection, select

from models.crypto import BadSignature, verify
from models.domain.ops import Op, OpKind
from models.domain.visit import Channel, Rating, screen_payload
from models.rating_code import RatingCode
from sync.hub import tables as t
from sync.hub.devices import lineage
from sync.hub.text import storable

FORGED = "这条评价没有申请人的凭据，不是第二屏或者回执上的码作出的，中心没有采用。仍是未评价。"


def unproved(conn: Connection, op: Op) -> str:
    """Why a rating is not the visitor's, "" when it is, or when ``op`` is no rating."""
    rating = op.act.visit.rating if op.act.visit is not None else None
    if op.kind != OpKind.RATE or rating is None:
        return ""
    if rating.channel == Channel.SCREEN:
        # A machine that recovered sends again what it had sealed under its former name.
        names = lineage(conn, op.device) if storable(op.device) else ()
        keys = [key for name in names if (key := device_key(conn, name)) is not None]
        return "" if any(_sealed(key, op.case_id, rating) for key in keys) else FORGED
    key = device_key(conn, rating.issuer)
    code = RatingCode(device=rating.issuer, about=rating.about, proof=rating.proof)
    return "" if key is not None and code.holds(key) else FORGED


def _sealed(key: bytes, case_id: str, rating: Rating) -> bool:
    try:
        verify(key, screen_payload(case_id, rating), rating.proof)
    except BadSignature:
        return False
    return True


def device_key(conn: Connection, device: str) -> bytes | None:
    """The public key of a machine, whatever has become of it since; None for one never enrolled."""
    if not storable(device):
        return None
    return conn.execute(select(t.device.c.public_key).where(t.device.c.device == device).limit(1)).scalar()

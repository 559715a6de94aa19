"""Letting a machine in again that a restored backup does not know: enrolled, or recovered, after it was made.

The hub gives each approved machine its signed word for who it is (``Registration``).  A hub that does not
know the machine takes that word as its enrolment, waiting for an administrator: the hub's own key says who
it is, a person says whether it may still work.  Its acts come by themselves once it is approved, for a
machine offers all of them to a hub of another epoch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from models.crypto import BadSignature, WrongKey, sign, unseal, verify
from models.domain.ops import GENESIS
from sync.hub import tables as t
from sync.hub.audit import raise_alarm, record
from sync.hub.closed import SUCCEEDED
from sync.hub.database import Hub
from sync.hub.prepared import Prepared
from sync.hub.refusal import Refused
from sync.words import Registration, SignedRegistration, registration_payload

MOST = 8  # identities that a machine may show: itself, and those it was before
WAITS = "恢复所用的备份里没有它，它出示了中心签发的登记凭证，等管理员核准。"
SUCCEEDED_REASON = "这个身份已经停用：那台机器已用恢复码换成了新的身份。"
_REGISTERED = Prepared(
    select(t.device).where(t.device.c.scope == bindparam("in_scope"), t.device.c.device == bindparam("of"))
)


def registration(conn: Connection, device: str, scope: str) -> bytes:
    """The bytes of the hub's word for a machine as it is now; the same as long as nothing changes."""
    row = _REGISTERED(conn, in_scope=scope, of=device).one()
    said = Registration(
        device=device,
        public_key=row.public_key,
        scope=scope,
        window=row.window,
        label=row.label,
        former=row.former,
        escrow=row.escrow,
        enrolled_ms=row.enrolled_ms,
    )
    return msgspec.msgpack.encode(said)


def registered(hub: Hub, conn: Connection, device: str, scope: str, held: bytes) -> SignedRegistration | None:
    """The word for a machine to keep; None when it holds this one (``held``: its SHA-256, or the beginning)."""
    said = registration(conn, device, scope)
    if held and hashlib.sha256(said).digest().startswith(held):
        return None
    return SignedRegistration(registration=said, signature=sign(hub.keys.signing, registration_payload(said)))


def readmit(
    hub: Hub, device: str, shown: Sequence[SignedRegistration], proof: Callable[[bytes], None]
) -> None:
    """Write a machine down that this hub does not know, to wait for an administrator.

    ``proof`` gets the machine's public key and raises BadSignature where the sender does not hold it.
    Raises Refused: no word of this hub's for this machine, or one whose identity is closed.
    """
    words = _chain(hub, device, shown)
    try:
        if not words:
            raise BadSignature("registration")
        proof(words[0].public_key)
    except BadSignature as error:
        raise Refused(
            403, "bad_signature", "本机的登记凭证核对不上，没有连接。办件都在本机。请联系管理员。"
        ) from error
    closed = hub.closed.all()
    if closed.get(device) == SUCCEEDED:
        raise Refused(
            403,
            "device_frozen",
            "本机的这个身份已经停用，没有连接。办件都在本机。请用恢复以后的副本，或者请管理员重新登记本机。",
        )
    now = hub.now_ms()
    with hub.write() as conn:
        if _row(conn, device) is not None:
            return  # by another worker just now
        mine = words[0]
        status = "revoked" if device in closed or _one_revoked(conn, words) else "pending"
        conn.execute(insert(t.device).values(**_values(mine, status, WAITS, now)))
        for word in words[1:]:
            if _row(conn, word.device) is None:
                conn.execute(insert(t.device).values(**_values(word, "frozen", SUCCEEDED_REASON, now)))
        close_former(conn, [word.former for word in words if word.former])
        _halls_of_former(conn, mine, status, now)
        record(conn, now, device, "device_readmit", target=device, detail=mine.former)
        raise_alarm(conn, now, "device_readmit", WAITS, scope=mine.scope, device=device)


def close_former(conn: Connection, names: Sequence[str]) -> None:
    """Identities that a machine has given up take nothing in any more."""
    conn.execute(
        update(t.device)
        .where(t.device.c.device.in_(names), t.device.c.status.in_(("approved", "pending")))
        .values(status="frozen", reason=SUCCEEDED_REASON)
    )


def _halls_of_former(conn: Connection, mine: Registration, status: str, now_ms: int) -> None:
    """Acts that it offers again were made in the halls its former identity is known in."""
    former = select(t.device.c.scope, t.device.c.window).where(
        t.device.c.device == mine.former, t.device.c.scope != mine.scope
    )
    for row in conn.execute(former).all():
        left = _values(mine, "moved", "", now_ms) | {"scope": row.scope, "window": row.window}
        conn.execute(insert(t.device).values(**left))


def _values(word: Registration, status: str, reason: str, now_ms: int) -> dict[str, Any]:
    return {
        "scope": word.scope,
        "device": word.device,
        "window": word.window,
        "label": word.label,
        "status": status,
        "public_key": word.public_key,
        "escrow": word.escrow,
        "code_hash": b"",
        "head_dseq": 0,
        "head_hash": GENESIS,
        "enrolled_ms": word.enrolled_ms,
        "seen_ms": now_ms,
        "reason": reason,
        "former": word.former,
    }


def _one_revoked(conn: Connection, words: Sequence[Registration]) -> bool:
    """Whether this hub knows that the machine was revoked under a name it bore before."""
    names = [word.device for word in words] + [word.former for word in words]
    revoked = select(t.device.c.device).where(t.device.c.device.in_(names), t.device.c.status == "revoked")
    return conn.execute(revoked).first() is not None


def _row(conn: Connection, device: str) -> object | None:
    return conn.execute(select(t.device.c.scope).where(t.device.c.device == device)).first()


def _chain(hub: Hub, device: str, shown: Sequence[SignedRegistration]) -> list[Registration]:
    """The words for this machine and those it was before, newest first; only what this hub has signed."""
    said: dict[str, Registration] = {}
    for one in shown[:MOST]:
        try:
            verify(hub.keys.public, registration_payload(one.registration), one.signature)
            word = msgspec.msgpack.decode(one.registration, type=Registration)
            unseal(hub.keys.derived("escrow"), word.escrow, word.device.encode())
        except (BadSignature, WrongKey, msgspec.MsgspecError):
            continue
        said[word.device] = word
    words: list[Registration] = []
    name = device
    while name in said and said[name] not in words:
        words.append(said[name])
        name = said[name].former
    return words

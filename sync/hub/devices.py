"""Machines: enrolling one with a code, opening its sessions."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, insert, literal_column, select, update

from models.crypto import BadSignature, seal, unseal, verify
from models.domain.ops import GENESIS
from sync import protocol
from sync.hub import postings, readmit
from sync.hub import tables as t
from sync.hub.audit import raise_alarm, record
from sync.hub.audit_heads import hear
from sync.hub.closed import SUCCEEDED
from sync.hub.database import Hub
from sync.hub.places import read_places
from sync.hub.prepared import Prepared, first_of
from sync.hub.refusal import Refused
from sync.hub.revocations import revocation
from sync.hub.rulebook import china_day
from sync.hub.text import storable
from sync.hub.tokens import make_token, nonce_is_good
from sync.protocol import (
    EnrolReply,
    EnrolRequest,
    EscrowReply,
    EscrowRequest,
    SessionReply,
    SessionRequest,
    enrol_payload,
    session_payload,
)

FROZEN = (
    "本机记录与中心接不上，已暂停传送。办件都在本机，没有丢失。"
    "请管理员用 hub device release 发恢复码，再在本机运行 desk recover。"
)


LONGEST_LINEAGE = 50


class Device(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    scope: str
    window: str
    status: str
    public_key: bytes
    head_dseq: int
    head_hash: bytes
    former: str = ""
    moved_dseq: int = 0


# Statements of every session are built once: building one costs more than running it.
_DEVICE = Prepared(select(t.device).where(t.device.c.device == bindparam("of"), t.device.c.status != "moved"))
_FORMER = Prepared(
    select(t.device.c.former).where(t.device.c.device == bindparam("of"), t.device.c.former != "")
)
_NEWEST = Prepared(
    select(
        *(
            first_of(select(table.c.hash).order_by(table.c.place.desc())).scalar_subquery().label(table.name)
            for table in (t.directory, t.calendar, t.credit, t.form_list)
        )
    )
)
# Files whose bytes have not come, the asking device's own first.  Also those of halls it was moved from:
# when it has just not heard of that, it still holds them, and drops them unless it is asked.
_WANTED = Prepared(
    select(t.file.c.file_id)
    .where(
        t.file.c.scope.in_(select(t.device.c.scope).where(t.device.c.device == bindparam("of"))),
        t.file.c.state == "awaited",
    )
    .order_by(
        t.file.c.device != bindparam("of"),
        t.file.c.scope != bindparam("hall"),
        t.file.c.added_ms,
        t.file.c.file_id,
    )
    .limit(literal_column("200"))
)
_SEEN = Prepared(
    update(t.device)
    .where(t.device.c.scope == bindparam("in_scope"), t.device.c.device == bindparam("of"))
    .values(seen_ms=bindparam("now"))
)


def code_hash(hub: Hub, code: str) -> bytes:
    """Codes are short, so their hash is keyed: a stolen database does not give them away."""
    plain = "".join(ch for ch in code.upper() if ch.isalnum())
    return hashlib.blake2b(plain.encode(), key=hub.keys.derived("invite"), digest_size=32).digest()


def find_device(conn: Connection, device: str) -> Device | None:
    if not storable(device):
        return None
    row = _DEVICE(conn, of=device).first()
    return _device(row) if row is not None else None


def lineage(conn: Connection, device: str) -> list[str]:
    """The device and those it was before it recovered, newest first."""
    names = [device]
    while len(names) < LONGEST_LINEAGE:
        former = _FORMER(conn, of=names[-1]).scalar()
        if former is None or former in names:
            break
        names.append(former)
    return names


def approved_device(conn: Connection, device: str) -> Device:
    """The device, if it may work.  Raises Refused with the reason it may not."""
    found = find_device(conn, device)
    if found is None:
        raise Refused(
            403, "device_unknown", "中心没有这台工作站的登记，没有收发办件。请联系管理员重新登记本机。"
        )
    if found.status == "pending":
        raise Refused(403, "device_pending", "本机登记还在等管理员核准。办件都在本机，核准后自动传送。")
    if found.status == "frozen":
        raise Refused(403, "device_frozen", FROZEN)
    if found.status == "revoked":
        raise _revoked(conn, device, "本机的登记已被管理员撤销，中心不再收办件。请联系管理员。")
    return found


def _found(hub: Hub, device: str) -> Device | None:
    with hub.read() as conn:
        return find_device(conn, device)


def enrol(hub: Hub, request: EnrolRequest) -> EnrolReply:
    """Register a machine; it may work once an administrator approves it.

    The same code with the same key gets the same answer again.  Raises Refused.
    """
    if len(request.device_key) != 32 or len(request.escrow_key) != 32 or not storable(request.label):
        raise Refused(400, "bad_request", "登记内容不完整，没有登记。请升级工作站程序后再试。")
    try:
        verify(request.device_key, enrol_payload(request.code, request.device_key), request.signature)
    except BadSignature as error:
        raise Refused(403, "bad_signature", "登记内容的签名不对，没有登记。请重试。") from error
    digest = code_hash(hub, request.code)
    now = hub.now_ms()
    name = "d" + hashlib.sha256(request.device_key).hexdigest()[:11]
    with hub.write() as conn:
        row = conn.execute(select(t.invite).where(t.invite.c.code_hash == digest).with_for_update()).first()
        if row is None:
            raise Refused(403, "bad_code", "登记码不对，没有登记。请核对后再输，或者请管理员重新发码。")
        known = find_device(conn, name)
        if row.device:
            if row.device != name or known is None:
                raise Refused(403, "code_used", "这个登记码已经用过，没有登记。请管理员重新发码。")
            if row.former and known.status == "approved":  # there may have been a rekey since the first try
                _keep_escrow(hub, conn, name, request.escrow_key)
            return _enrolled(conn, known)
        if now >= row.expires_ms:
            raise Refused(403, "code_expired", "登记码已经过期，没有登记。请管理员重新发码。")
        if row.former:
            _check_former(conn, row.former, request)
        if known is not None and row.former and known.former == row.former and known.status == "approved":
            # The answer to its first try was lost and the code with it: the machine proves who it is anew.
            _keep_escrow(hub, conn, name, request.escrow_key)
            conn.execute(update(t.invite).where(t.invite.c.code_hash == digest).values(device=name))
            record(conn, now, name, "recover", target=row.scope, detail=row.former)
            return _enrolled(conn, known)
        if known is not None:
            raise Refused(409, "device_known", "本机已经登记过，没有重复登记。请联系管理员。")
        values = {
            "scope": row.scope,
            "device": name,
            "window": row.window,
            "label": request.label,
            # The administrator's consent is the recovery code; the machine proved which one it is.
            "status": "approved" if row.former else "pending",
            "former": row.former,
            "public_key": request.device_key,
            "escrow": seal(hub.keys.derived("escrow"), request.escrow_key, name.encode()),
            "code_hash": digest,
            "head_dseq": 0,
            "head_hash": GENESIS,
            "enrolled_ms": now,
            "seen_ms": now,
        }
        conn.execute(insert(t.device).values(**values))
        if row.former:
            hub.closed.add([row.former], SUCCEEDED)
            _follow(conn, row.former, values)
        conn.execute(update(t.invite).where(t.invite.c.code_hash == digest).values(device=name))
        record(conn, now, name, "recover" if row.former else "enrol", target=row.scope, detail=row.former)
        made = find_device(conn, name)
        assert made is not None  # inserted above
        return _enrolled(conn, made)


def _follow(conn: Connection, former: str, values: dict[str, Any]) -> None:
    """A recovered machine was in the halls that its former identity was moved from: what it did there,
    and offers again under the new one, belongs there."""
    left = select(t.device.c.scope, t.device.c.window).where(
        t.device.c.device == former, t.device.c.scope != values["scope"]
    )
    for row in conn.execute(left).all():
        conn.execute(
            insert(t.device).values(**values | {"scope": row.scope, "window": row.window, "status": "moved"})
        )


def _check_former(conn: Connection, former: str, request: EnrolRequest) -> None:
    """A recovery code serves the machine it was made for, wherever else it is read."""
    before = find_device(conn, former)
    try:
        if before is None or request.former != former:
            raise BadSignature("former")
        payload = enrol_payload(request.code, request.device_key)
        verify(before.public_key, payload, request.former_signature)
    except BadSignature as error:
        raise Refused(
            403, "other_machine", "这个恢复码是发给另一台工作站的，没有登记。请管理员核对后重新发码。"
        ) from error
    if before.status == "revoked":  # since the code was given out
        raise _revoked(conn, former, "本机的登记已被管理员撤销，没有恢复。办件都在本机。请联系管理员。")


def _revoked(conn: Connection, device: str, message: str) -> Refused:
    told = revocation(conn, lineage(conn, device))
    return Refused(403, "device_revoked", message, by=told.by, at_ms=told.at_ms)


def escrow_key(hub: Hub, conn: Connection, device: Device) -> bytes:
    """The data key of that machine's replica, for its own further clerks only."""
    sealed = conn.execute(
        select(t.device.c.escrow).where(t.device.c.scope == device.scope, t.device.c.device == device.device)
    ).scalar_one()
    return unseal(hub.keys.derived("escrow"), sealed, device.device.encode())


def keep_escrow(hub: Hub, device: Device, request: EscrowRequest) -> EscrowReply:
    """Take the new data key of a machine's replica in the place of the former.  Raises Refused."""
    if len(request.escrow_key) != 32:
        raise Refused(400, "bad_request", "换密的内容不完整，中心没有收。办件都在本机。")
    now = hub.now_ms()
    with hub.write() as conn:
        _keep_escrow(hub, conn, device.device, request.escrow_key)
        record(conn, now, device.device, "rekey", target=device.device)
    return EscrowReply(hub_time_ms=now)


def _keep_escrow(hub: Hub, conn: Connection, device: str, key: bytes) -> None:
    sealed = seal(hub.keys.derived("escrow"), key, device.encode())
    conn.execute(update(t.device).where(t.device.c.device == device).values(escrow=sealed))


def open_session(hub: Hub, request: SessionRequest) -> SessionReply:
    """Check possession of the device key.  Raises Refused, also for a desk that went backwards."""
    now = hub.now_ms()
    payload = session_payload(request.device, request.nonce, request.dseq)
    good = nonce_is_good(hub.keys, request.nonce, now)
    device = _found(hub, request.device)
    if device is None and request.registrations and good:
        words = request.registrations
        readmit.readmit(hub, request.device, words, lambda key: verify(key, payload, request.signature))
        device = _found(hub, request.device)
    try:
        if device is not None:
            verify(device.public_key, payload, request.signature)
    except BadSignature as error:
        raise Refused(
            403, "bad_signature", "本机的登记核对不上，没有连接。办件都在本机。请联系管理员。"
        ) from error
    if not good:
        raise Refused(403, "bad_nonce", "连接请求已经过时，没有连接。稍后会自动再试。")
    with hub.read() as conn:
        device = approved_device(conn, request.device)
    if request.protocol < protocol.OLDEST:
        raise Refused(426, "too_old", protocol.TOO_OLD)
    if request.dseq < device.head_dseq:
        _went_backwards(hub, device, request.dseq)
    if request.postings:
        postings.regain(hub, device.device, request.postings)
    facts = session_facts(hub, device, request.registered)
    point = hear(hub, device.device, device.scope, device.public_key, request.audit) if request.audit else b""
    return msgspec.structs.replace(facts, token=make_token(hub.keys, device.device, now), audit=point)


def session_facts(hub: Hub, device: Device, held: bytes = b"") -> SessionReply:
    """What a session tells a desk, without the token that opens it.  ``held``: of its registration."""
    with hub.write() as conn:
        newest = hub.rulebook.current_version(conn)
        present = hub.rulebook.version_on(conn, china_day(hub.now_ms()))
        _SEEN(conn, in_scope=device.scope, of=device.device, now=hub.now_ms())
        place = _enrolled(conn, device)
        hashes = _NEWEST(conn).one()
        return SessionReply(
            token="",
            epoch=hub.epoch(conn),
            hub_time_ms=hub.now_ms(),
            scope=device.scope,
            hall_name=place.hall_name,
            window=place.window,
            window_name=place.window_name,
            division=place.division,
            next_dseq=device.head_dseq + 1,
            catalog_version=newest,
            catalog_effective=present if present != newest else "",
            directory_hash=hashes.directory or "",
            calendar_hash=hashes.calendar or "",
            credit_hash=hashes.credit or "",
            forms_hash=hashes.form_list or "",
            wanted_files=tuple(_WANTED(conn, hall=device.scope, of=device.device).scalars()),
            registration=readmit.registered(hub, conn, device.device, device.scope, held),
            posting=postings.posted(hub, conn, device.device, device.scope, device.window),
        )


def _went_backwards(hub: Hub, device: Device, dseq: int) -> None:
    """No session for a copied or rolled-back desk.  It is not marked frozen on this evidence alone:
    an old session request that the network delivers twice looks the same."""
    message = f"工作站的记录退回到第 {dseq} 步，中心已有 {device.head_dseq} 步：像是复制或者回退过的副本。"
    with hub.write() as conn:
        raise_alarm(conn, hub.now_ms(), "went_backwards", message, scope=device.scope, device=device.device)
        conn.execute(
            update(t.device)
            .where(t.device.c.scope == device.scope, t.device.c.device == device.device)
            .values(reason=message)
        )
    raise Refused(403, "device_frozen", FROZEN)


def _enrolled(conn: Connection, device: Device) -> EnrolReply:
    places = read_places(conn)
    hall, window = places.hall(device.scope), places.window(device.scope, device.window)
    return EnrolReply(
        device=device.device,
        status=device.status,
        scope=device.scope,
        hall_name=hall.name if hall is not None else "",
        window=device.window,
        window_name=window.name if window is not None else "",
        division=hall.division if hall is not None else "",
    )


def _device(row: Row[Any]) -> Device:
    return Device(
        device=row.device,
        scope=row.scope,
        window=row.window,
        status=row.status,
        public_key=row.public_key,
        head_dseq=row.head_dseq,
        head_hash=row.head_hash,
        former=row.former,
        moved_dseq=row.moved_dseq,
    )

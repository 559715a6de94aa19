"""Signing in at the hub: a password against a lease that carries a clerk through days offline."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from models.crypto import KdfParameters, derive_from_password, sign
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.devices import Device, approved_device, escrow_key
from sync.hub.people import ROLES
from sync.hub.refusal import Refused
from sync.hub.text import storable
from sync.hub.upsert import upsert
from sync.protocol import Leases, SignedLease, SignInLease, SignInReply, SignInRequest

LEASE_MS = 7 * 24 * 3600 * 1000
RENEW_MS = 24 * 3600 * 1000
FREE_TRIES = 5
FIRST_WAIT_MS = 30_000
LONGEST_WAIT_MS = 3600_000
CONSOLE = "console"  # stands for the machine where somebody proves a password at the hub itself
WRONG = "工号或者口令不对，没有登录。请重新输入。"


def sign_in(hub: Hub, request: SignInRequest, device_id: str) -> SignInReply:
    """Check the password and give a signed 7-day lease for this machine, with its escrow key.

    Raises Refused: wrong staff or password (one answer for both), disabled, other hall, too many tries.
    """
    if not storable(request.staff, request.password):
        raise Refused(403, "bad_password", WRONG)
    with hub.read() as conn:
        device = approved_device(conn, device_id)
        _throttle(conn, hub.now_ms(), request.staff, device_id)
        row = conn.execute(select(t.staff).where(t.staff.c.staff == request.staff)).first()
    # Derived outside any transaction (0.1 s), and also for an unknown 工号: both take as long.
    good = _password_fits(row, request.password)
    if row is None or not good:
        _note_failure(hub, request.staff, device_id)
        raise Refused(403, "bad_password", WRONG)
    if row.disabled:
        raise Refused(403, "staff_disabled", "这个工号已经停用，没有登录。请联系管理员。")
    if row.scope and row.scope != device.scope:
        raise Refused(403, "other_hall", "您不在本大厅的人员名单里，没有登录。请联系管理员。")
    return _lease(hub, device, row)


def prove(hub: Hub, staff: str, password: str, role: str) -> str:
    """Who acts at the hub's own console, proven by password and role; returns the 工号.  Raises Refused."""
    if not storable(staff, password):
        raise Refused(403, "bad_password", WRONG)
    with hub.read() as conn:
        _throttle(conn, hub.now_ms(), staff, CONSOLE)
        row = conn.execute(select(t.staff).where(t.staff.c.staff == staff)).first()
    good = _password_fits(row, password)
    if row is None or not good:
        _note_failure(hub, staff, CONSOLE)
        raise Refused(403, "bad_password", WRONG)
    if row.disabled:
        raise Refused(403, "staff_disabled", "这个工号已经停用，没有改动。请联系管理员。")
    if role not in json.loads(row.roles):
        with hub.write() as conn:
            record(conn, hub.now_ms(), staff, "not_entitled", target=role)
        raise Refused(403, "role", f"工号“{staff}”不是{ROLES[role]}，没有改动。")
    with hub.write() as conn:
        key = (t.signin_attempt.c.staff == staff, t.signin_attempt.c.device == CONSOLE)
        conn.execute(delete(t.signin_attempt).where(*key))
    return staff


def _lease(hub: Hub, device: Device, row: Row[Any]) -> SignInReply:
    now = hub.now_ms()
    lease = SignInLease(
        lease_id=secrets.token_hex(12),
        device=device.device,
        staff=row.staff,
        name=row.name,
        roles=tuple(json.loads(row.roles)),
        domains=tuple(json.loads(row.domains)),
        scope=device.scope,
        window=device.window,
        issued_ms=now,
        expires_ms=now + LEASE_MS,
    )
    data = msgspec.msgpack.encode(lease)
    with hub.write() as conn:
        conn.execute(
            insert(t.signin_lease).values(
                scope=device.scope,
                lease_id=lease.lease_id,
                device=device.device,
                staff=row.staff,
                issued_ms=now,
                expires_ms=lease.expires_ms,
                data=data,
            )
        )
        key = (t.signin_attempt.c.staff == row.staff, t.signin_attempt.c.device == device.device)
        conn.execute(delete(t.signin_attempt).where(*key))
        record(conn, now, row.staff, "sign_in", target=device.device, detail=lease.lease_id)
        return SignInReply(
            signed=SignedLease(lease=data, signature=sign(hub.keys.signing, data)),
            escrow_key=escrow_key(hub, conn, device),
        )


def _password_fits(row: Row[Any] | None, password: str) -> bool:
    salt, kdf = (
        (row.salt, msgspec.json.decode(row.kdf, type=KdfParameters)) if row else (bytes(16), KdfParameters())
    )
    derived = derive_from_password(password, salt, kdf)
    return row is not None and hmac.compare_digest(derived, row.password)


def _throttle(conn: Connection, now_ms: int, staff: str, device: str) -> None:
    row = conn.execute(
        select(t.signin_attempt).where(t.signin_attempt.c.staff == staff, t.signin_attempt.c.device == device)
    ).first()
    if row is None or row.failures < FREE_TRIES:
        return
    wait = min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** min(row.failures - FREE_TRIES, 16))
    left = row.last_ms + wait - now_ms
    if left > 0:
        raise Refused(429, "too_many_tries", f"口令连续输错，请过 {left // 1000 + 1} 秒再试。办件不受影响。")


def _note_failure(hub: Hub, staff: str, device: str) -> None:
    key = {"staff": staff, "device": device}
    with hub.write() as conn:
        where = [t.signin_attempt.c[name] == value for name, value in key.items()]
        before = conn.execute(select(t.signin_attempt.c.failures).where(*where)).scalar() or 0
        upsert(conn, t.signin_attempt, [{**key, "failures": before + 1, "last_ms": hub.now_ms()}])
        record(conn, hub.now_ms(), "?", "sign_in_failed", target=device)


def renew(hub: Hub, device: Device, staff: Sequence[str]) -> Leases:
    """Renew for who proved a password on this desk and of whom nothing has changed since; end it for who
    has left.  A changed password must first be proven, by signing in.  At most once a day for each."""
    renewed: list[SignedLease] = []
    revoked: list[str] = []
    with hub.write() as conn:
        for one in staff:
            person = conn.execute(select(t.staff).where(t.staff.c.staff == one)).first()
            if person is None or person.disabled or person.scope not in ("", device.scope):
                revoked.append(one)
                continue
            mine = (
                t.signin_lease.c.scope == device.scope,
                t.signin_lease.c.device == device.device,
                t.signin_lease.c.staff == one,
            )
            newest = select(t.signin_lease).where(*mine).order_by(t.signin_lease.c.issued_ms.desc())
            row = conn.execute(newest.limit(1)).first()
            now = hub.now_ms()
            if row is None or person.changed_ms > row.issued_ms:
                continue
            data, end = row.data, row.expires_ms
            if end < now + LEASE_MS - RENEW_MS:
                # It keeps its id and the time of its proof; only its end moves.
                end = now + LEASE_MS
                former = msgspec.msgpack.decode(row.data, type=SignInLease)
                data = msgspec.msgpack.encode(msgspec.structs.replace(former, expires_ms=end))
                conn.execute(
                    update(t.signin_lease)
                    .where(t.signin_lease.c.scope == device.scope, t.signin_lease.c.lease_id == row.lease_id)
                    .values(expires_ms=end, data=data)
                )
                record(conn, now, one, "renew_lease", target=device.device, detail=row.lease_id)
            renewed.append(SignedLease(lease=data, signature=sign(hub.keys.signing, data)))
    return Leases(renewed=tuple(renewed), revoked=tuple(revoked))

"""What administrators do: staff, invitations, approving and revoking machines."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, insert, select, update

from models.crypto import INTERACTIVE, derive_from_password
from models.domain.catalog import Domain
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.closed import REVOKED, heirs_of
from sync.hub.database import Hub
from sync.hub.devices import code_hash, find_device
from sync.hub.places import read_places
from sync.hub.upsert import upsert

INVITE_MS = 72 * 3600 * 1000
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else
CODE_LENGTH = 10
SHORTEST_PASSWORD = 8

ROLES = {
    "window": "窗口人员",
    "lead": "组长",
    "reviewer": "审查人员",
    "supervisor": "督查人员",
    "agent": "代办人员",
    "catalog": "目录管理员",
    "catalog_editor": "目录编辑",
    "legal_reviewer": "法制审核",
    "system_admin": "系统管理员",
    "security_admin": "安全管理员",
    "audit_admin": "审计管理员",
}
# 三员分立: the three administrators are three people (DESIGN §6).
PUBLISHERS = frozenset({"catalog_editor", "legal_reviewer"})  # who drafts does not approve
ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member of staff.  ``scope`` is the hall, "" for all halls."""

    staff: str
    name: str
    scope: str = ""
    window: str = ""
    roles: tuple[str, ...] = ("window",)
    domains: tuple[str, ...] = ()
    disabled: bool = False


class DeviceLine(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    scope: str
    window: str
    label: str
    status: str
    last_dseq: int
    seen_ms: int
    reason: str = ""
    former: str = ""


def role_codes(names: Sequence[str]) -> tuple[str, ...]:
    """Roles written as codes or in Chinese, as codes; an unknown one is left as it is."""
    codes = {chinese: code for code, chinese in ROLES.items()}
    return tuple(codes.get(name.strip(), name.strip()) for name in names)


class HashedPassword(msgspec.Struct, frozen=True, kw_only=True):
    salt: bytes
    value: bytes
    kdf: str

    def __repr__(self) -> str:
        return "HashedPassword(…)"


def hash_password(password: str) -> HashedPassword:
    """Takes about 0.1 s by design.  Raises KnownError for a password that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise KnownError(f"口令至少 {SHORTEST_PASSWORD} 位，没有改动。")
    salt = secrets.token_bytes(16)
    value = derive_from_password(password, salt)
    return HashedPassword(salt=salt, value=value, kdf=msgspec.json.encode(INTERACTIVE).decode())


def add_staff(hub: Hub, line: StaffLine, password: str | HashedPassword, *, actor: str = "cli") -> None:
    """Add a person or replace an entry, with a new password.  Raises KnownError."""
    hashed = hash_password(password) if isinstance(password, str) else password
    with hub.write() as conn:
        _check_staff(conn, line)
        values = {
            "staff": line.staff,
            "name": line.name,
            "scope": line.scope,
            "window": line.window,
            "roles": json.dumps(line.roles),
            "domains": json.dumps(line.domains),
            "kdf": hashed.kdf,
            "salt": hashed.salt,
            "password": hashed.value,
            "disabled": int(line.disabled),
            "changed_ms": hub.now_ms(),
        }
        upsert(conn, t.staff, [values])
        record(conn, hub.now_ms(), actor, "staff_add", target=line.staff, detail=",".join(line.roles))


def _check_staff(conn: Connection, line: StaffLine) -> None:
    if not line.staff.strip() or not line.name.strip() or len(line.staff) > 40:
        raise KnownError("工号和姓名都要填，没有添加。")
    unknown = [role for role in line.roles if role not in ROLES]
    if unknown or not line.roles:
        raise KnownError(f"没有“{'、'.join(unknown)}”这种角色，没有添加。可选：{'、'.join(ROLES)}。")
    strange = [domain for domain in line.domains if domain not in set(Domain)]
    if strange:
        raise KnownError(f"没有“{'、'.join(strange)}”这个领域，没有添加。可选：{'、'.join(Domain)}。")
    if len(ADMINISTRATORS & set(line.roles)) > 1:
        raise KnownError("系统管理员、安全管理员、审计管理员须由三个人分别担任，没有添加。")
    if set(line.roles) >= PUBLISHERS:
        raise KnownError("目录编辑和法制审核须由两个人分别担任，没有添加。")
    if line.scope and read_places(conn).hall(line.scope) is None:
        raise KnownError(f"没有“{line.scope}”这个大厅，没有添加。请先导入大厅资料。")


def disable_staff(hub: Hub, staff: str, *, actor: str = "cli") -> None:
    """No further sign-in; leases already given run out by themselves.  Raises KnownError if unknown."""
    with hub.write() as conn:
        done = conn.execute(
            update(t.staff).where(t.staff.c.staff == staff).values(disabled=1, changed_ms=hub.now_ms())
        )
        if done.rowcount == 0:
            raise KnownError(f"没有工号“{staff}”，没有改动。")
        record(conn, hub.now_ms(), actor, "staff_disable", target=staff)


def list_staff(hub: Hub) -> list[StaffLine]:
    with hub.read() as conn:
        return [
            StaffLine(
                staff=row.staff,
                name=row.name,
                scope=row.scope,
                window=row.window,
                roles=tuple(json.loads(row.roles)),
                domains=tuple(json.loads(row.domains)),
                disabled=bool(row.disabled),
            )
            for row in conn.execute(select(t.staff).order_by(t.staff.c.staff))
        ]


def invite(hub: Hub, hall: str, window: str, *, actor: str = "cli") -> str:
    """A one-time code for one machine at that window, good for 72 hours.  Shown once, kept hashed."""
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    now = hub.now_ms()
    with hub.write() as conn:
        places = read_places(conn)
        if places.hall(hall) is None:
            raise KnownError(f"没有“{hall}”这个大厅，没有发码。请先导入大厅资料。")
        if places.window(hall, window) is None:
            raise KnownError(f"大厅“{hall}”没有“{window}”这个窗口，没有发码。")
        conn.execute(
            insert(t.invite).values(
                code_hash=code_hash(hub, code),
                scope=hall,
                window=window,
                created_ms=now,
                expires_ms=now + INVITE_MS,
                device="",
            )
        )
        record(conn, now, actor, "invite", target=hall, detail=window)
    return f"{code[:5]}-{code[5:]}"


def approve(hub: Hub, device: str, *, actor: str = "cli") -> None:
    """Let an enrolled machine work.  Raises KnownError for one that is unknown, frozen or revoked."""
    _change_status(hub, device, "approved", ("pending", "approved"), actor)


def revoke(hub: Hub, device: str, *, actor: str = "cli") -> None:
    """Nothing it sends from now on is taken in; what came before stays.  Cannot be undone.

    ``actor`` as a 工号 is told to the machine with the name.  Raises KnownError for an unknown machine.
    """
    _change_status(hub, device, "revoked", ("pending", "approved", "frozen", "revoked"), actor)


def list_devices(hub: Hub) -> list[DeviceLine]:
    with hub.read() as conn:
        rows = conn.execute(select(t.device).order_by(t.device.c.scope, t.device.c.window, t.device.c.device))
        return [
            DeviceLine(
                device=row.device,
                scope=row.scope,
                window=row.window,
                label=row.label,
                status=row.status,
                last_dseq=row.head_dseq,
                seen_ms=row.seen_ms,
                reason=row.reason,
                former=row.former,
            )
            for row in rows
        ]


def _change_status(hub: Hub, device: str, status: str, allowed: Sequence[str], actor: str) -> None:
    with hub.write() as conn:
        found = find_device(conn, device)
        if found is None:
            raise KnownError(f"没有“{device}”这台工作站，没有改动。可用 hub device list 查看。")
        # The scope's lock: a batch that is being taken in is decided before or after, never half.
        locked = select(t.scope_seq.c.seq).where(t.scope_seq.c.scope == found.scope).with_for_update()
        conn.execute(locked)
        found = find_device(conn, device)
        if found is None or found.status not in allowed:
            raise KnownError("这台工作站已被撤销或者冻结，没有改动。请发新码，在那台机器上重新登记。")
        conn.execute(
            update(t.device)
            .where(t.device.c.scope == found.scope, t.device.c.device == device)
            .values(status=status)
        )
        if status == "revoked":
            # Before it is done: a revocation that no restore may undo is not told without that.
            hub.closed.add(heirs_of(conn, device), REVOKED)
            _revoke_heirs(conn, device)
        record(conn, hub.now_ms(), actor, f"device_{status}", target=device)


def _revoke_heirs(conn: Connection, device: str) -> None:
    """The machine may have enrolled again with a recovery code, and not have heard of it yet."""
    heirs = [name for name in heirs_of(conn, device) if name != device]
    conn.execute(
        update(t.device)
        .where(t.device.c.device.in_(heirs), t.device.c.status != "moved")
        .values(status="revoked")
    )

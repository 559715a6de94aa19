"""The way out for a machine whose history no longer fits: a new identity that inherits the old one's.

The frozen chain stays closed for ever.  The machine enrols anew with a recovery code, signed also with
its former key, and sends again only the ops that the hub lacks; their ids and numbers stay the same.
"""

from __future__ import annotations

import secrets

from sqlalchemy import insert, select, update

from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.devices import Device, code_hash, find_device, lineage
from sync.hub.people import CODE_LENGTH, CODE_LETTERS, INVITE_MS
from sync.hub.refusal import Refused
from sync.hub.text import storable
from sync.protocol import MAX_BATCH_OPS, OpOutcome, Outcome
from sync.snapshot_protocol import KnownReply, KnownRequest

RELEASED = "管理员已发恢复码，等本机恢复。"


def release(hub: Hub, device: str, *, actor: str = "cli") -> str:
    """A one-time code, good for 72 hours, with which this machine recovers.  Shown once, kept hashed.

    The old identity takes nothing in from now on: of two copies, each needs a code of its own, because
    both may go on printing from the same numbers.  Raises KnownError for a device that is unknown,
    revoked or not approved yet.
    """
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    now = hub.now_ms()
    with hub.write() as conn:
        found = find_device(conn, device)
        if found is None:
            raise KnownError(f"没有“{device}”这台工作站，没有发码。可用 hub device list 查看。")
        locked = select(t.scope_seq.c.seq).where(t.scope_seq.c.scope == found.scope).with_for_update()
        conn.execute(locked)
        found = find_device(conn, device)
        if found is None or found.status not in ("approved", "frozen"):
            raise KnownError("这台工作站已被撤销或者还没有核准，没有发码。请用 hub device invite 重新登记。")
        where = (t.device.c.scope == found.scope, t.device.c.device == device)
        reason = conn.execute(select(t.device.c.reason).where(*where)).scalar_one()
        conn.execute(update(t.device).where(*where).values(status="frozen", reason=reason or RELEASED))
        conn.execute(
            insert(t.invite).values(
                code_hash=code_hash(hub, code),
                scope=found.scope,
                window=found.window,
                created_ms=now,
                expires_ms=now + INVITE_MS,
                device="",
                former=device,
            )
        )
        record(conn, now, actor, "device_release", target=device)
    return f"{code[:5]}-{code[5:]}"


def known(hub: Hub, device: Device, request: KnownRequest) -> KnownReply:
    """Which ops of the machine's former identities are here already, in whatever hall they were made."""
    if len(request.op_ids) > MAX_BATCH_OPS or len(request.numbers) > MAX_BATCH_OPS:
        raise Refused(400, "bad_request", "核对办件的请求太长，没有核对。请升级工作站程序。")
    if not storable(*request.op_ids, *request.numbers):
        raise Refused(400, "bad_request", "核对办件的请求格式不对，没有核对。请升级工作站程序。")
    log = t.op_log.c
    with hub.read() as conn:
        names = lineage(conn, device.device)
        halls = select(t.device.c.scope).where(t.device.c.device.in_(names))
        rows = conn.execute(
            select(log.dseq, log.op_id, log.outcome, log.rev, log.reason).where(
                log.scope.in_(halls), log.device.in_(names), log.op_id.in_(request.op_ids)
            )
        ).all()
        ledger = select(t.number_ledger.c.number, t.number_ledger.c.case_id)
        used = conn.execute(ledger.where(t.number_ledger.c.number.in_(request.numbers))).all()
    ops = tuple(
        OpOutcome(
            dseq=row.dseq, op_id=row.op_id, outcome=Outcome(row.outcome), rev=row.rev, reason=row.reason
        )
        for row in rows
    )
    return KnownReply(
        hub_time_ms=hub.now_ms(), ops=ops, numbers=tuple((row.number, row.case_id) for row in used)
    )

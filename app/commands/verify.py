"""Checking a replica against itself: integrity, op chain, catalogues, audit chain, numbers, projection."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from app.commands.context import Desk
from models.crypto import BadSignature, verify
from models.domain.case import decode_state
from models.domain.numbers import is_valid_number
from models.domain.ops import GENESIS, Op, decode_op, op_hash
from models.duty_list import duty_rows
from models.ops import audit_hash, last_audit
from models.prepared import Prepared
from models.projection import current_state, differences
from models.tables import replica as t
from models.vault import Missing
from sync.audit_head import missing_points
from sync.snapshot_protocol import checkpoint_payload

_DUTIES = Prepared(select(t.case_duty).where(t.case_duty.c.case_id == bindparam("of")))


def verify_replica(desk: Desk) -> list[str]:
    """Plain sentences, one a fault; empty when all is well.  Changes nothing."""
    problems: list[str] = []
    with desk.store.read() as conn:
        for (line,) in conn.execute(text("PRAGMA integrity_check")):
            if line != "ok":
                problems.append(f"副本文件有损坏：{line}")
        prev, expected = _start(conn, desk, problems)
        for row in conn.execute(select(t.op).order_by(t.op.c.dseq)):
            op = _read(row.data)
            if row.dseq != expected or op is None or (op.dseq, op.op_id) != (row.dseq, row.op_id):
                problems.append(f"第 {expected} 个动作的序号对不上")
            if op is None or op.prev_hash != prev or op_hash(row.data) != row.hash:
                problems.append(f"第 {row.dseq} 个动作的留痕链断了")
            prev, expected = row.hash, row.dseq + 1
        problems += _unsigned(conn, desk)
        prev = GENESIS
        for row in conn.execute(select(t.audit).order_by(t.audit.c.aseq)):
            digest = audit_hash(prev, row.aseq, row.at_ms, row.staff, row.act, row.case_id, row.detail)
            if row.prev_hash != prev or row.hash != digest:
                problems.append(f"第 {row.aseq} 条审计记录被改动过")
            prev = row.hash
        problems += _cut_off(conn, desk)
        ops = set(conn.execute(select(t.op.c.op_id)).scalars())
        for row in conn.execute(select(t.number_use)):
            if not is_valid_number(row.number) or row.op_id not in ops:
                problems.append(f"受理编号 {row.number} 没有对应的动作")
        for row in conn.execute(select(t.case_view.c.case_id, t.case_view.c.state)).all():
            try:
                fresh = current_state(conn, desk.rulebook, row.case_id)
                unlike = fresh is None or differences(fresh, decode_state(row.state))
            except msgspec.MsgspecError:
                problems.append(f"办件 {row.case_id} 的内容读不出来，请联网对账，会从中心重新读取")
                continue
            if fresh is None or unlike:
                problems.append(f"办件 {row.case_id} 的显示内容与动作记录不一致")
            elif duty_rows(fresh) != _duties(conn, row.case_id):
                problems.append(f"办件 {row.case_id} 的待办清单与办件不一致")
        files = conn.execute(select(t.file)).all()
    for row in files:
        try:
            data = desk.vault.read(row.file_id)
        except Missing:
            data = b""
        if len(data) != row.size or hashlib.sha256(data).digest() != row.sha256:
            problems.append(f"附件 {row.file_id[:12]} 在本机的内容不全或者损坏，可以从中心取回或者重新附上")
    return problems


def _cut_off(conn: Connection, desk: Desk) -> list[str]:
    """Lines that the chain cannot tell to be missing: those the hub had heard of, and those of the acts kept here."""
    last = last_audit(conn)[0]
    found = [
        f"审计记录的第 {point.aseq} 条中心听到过，本机没有或者不一样了（现在到第 {last} 条），请联系安全管理员"
        for point in missing_points(conn, desk.device)
    ]
    written = set(conn.execute(select(t.audit.c.detail)).scalars())
    bare = [row.dseq for row in conn.execute(select(t.op.c.dseq, t.op.c.op_id)) if row.op_id not in written]
    return found + [f"第 {dseq} 个动作没有审计记录" for dseq in sorted(bare)]


def _unsigned(conn: Connection, desk: Desk) -> list[str]:
    """Versions of the catalogue that are not as the hub signed them: nobody here may change what may be asked."""
    found = []
    for row in conn.execute(select(t.catalog.c.version, t.catalog.c.data, t.catalog.c.signature)):
        try:
            verify(desk.device.hub_key, row.data, row.signature)
        except BadSignature:
            found.append(f"本机的目录版本 {row.version} 与中心的签名对不上，请不要再按它受理，并联系管理员")
    return found


def _read(data: bytes) -> Op | None:
    try:
        return decode_op(data)
    except msgspec.MsgspecError:
        return None


def _duties(conn: Connection, case_id: str) -> list[dict[str, object]]:
    rows = _DUTIES(conn, of=case_id).mappings()
    return sorted((dict(row) for row in rows), key=lambda row: str(row["duty_id"]))


def _start(conn: Connection, desk: Desk, problems: list[str]) -> tuple[bytes, int]:
    """Where the chain of own acts begins: at the first, or after what the hub attested to hold."""
    point = conn.execute(select(t.checkpoint).order_by(t.checkpoint.c.dseq.desc()).limit(1)).first()
    if point is None:
        return GENESIS, 1
    try:
        payload = checkpoint_payload(desk.device.device, point.dseq, point.hash, point.hub_ms)
        verify(desk.device.hub_key, payload, point.signature)
    except BadSignature:
        problems.append(f"第 {point.dseq} 个动作的中心确认签名不对")
    return point.hash, point.dseq + 1

"""Reuse at the hub: a material said to be taken over from an earlier case must have been verified there.

An honest desk takes over only what the hub's feed or its own acts showed it, so what no act has ever said
is forged and refused.  What was so once and is so no longer (withdrawn, revoked, corrected since), or cannot
be looked up, was lawful where the desk stood: it stands, and a person looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, select

from models.domain.case import IN_HAND, CaseState, PointMark, decode_state
from models.domain.catalog import Item, Material
from models.domain.checklist import shown_points
from models.domain.numbers import is_valid_number
from models.domain.ops import Op
from models.domain.procedures import Decision
from models.domain.reuse import held_on, still_valid, verified_on
from models.domain.workdays import is_day
from sync.hub import tables as t
from sync.hub.audit import raise_alarm
from sync.hub.entry import read_op
from sync.hub.numbers import restored_ms
from sync.hub.prepared import Prepared
from sync.hub.sets import RESTORE_SLACK_MS
from sync.hub.text import storable
from sync.hub.work import Work

_MARK = re.compile(r"临-(.+)-(\d{1,15})")
_PASSED = (PointMark.PASS.value, PointMark.NOT_APPLICABLE.value)
_WHO = "applicant.id_number"
_WHOSE = Prepared(
    select(t.number_ledger.c.scope, t.number_ledger.c.case_id).where(
        t.number_ledger.c.number == bindparam("of")
    )
)
_MADE = Prepared(
    select(t.op_log.c.scope, t.op_log.c.case_id, t.op_log.c.data).where(
        t.op_log.c.device == bindparam("of"), t.op_log.c.dseq == bindparam("at")
    )
)
_ENROLLED = Prepared(select(t.device.c.device).where(t.device.c.device == bindparam("of")).limit(1))
_STATE = Prepared(
    select(t.case_head.c.state).where(
        t.case_head.c.scope == bindparam("hall"), t.case_head.c.case_id == bindparam("of")
    )
)
_OPS = Prepared(
    select(t.op_log.c.data).where(
        t.op_log.c.scope == bindparam("hall"), t.op_log.c.case_id == bindparam("of")
    )
)


class _Doubt(msgspec.Struct, frozen=True):
    """``forged``: no honest desk says it; else a person looks."""

    why: str
    forged: bool = False


def forged_source(work: Work, op: Op, item: Item, state: CaseState | None) -> str:
    """Why the act may not stand on what it says of an earlier case, "" where it may; doubts raise an alarm.

    Judged when the source is written, and again when the applicant's identity changes under it.
    """
    before = state.fields if state is not None else {}
    wanted = [m for m in item.materials if (said := op.changes.get(f"material.{m.id}.from")) and said.new]
    if _WHO in op.changes:
        wanted = [m for m in item.materials if _now(op, before, f"material.{m.id}.from")]
    for material in wanted:
        source = _now(op, before, f"material.{material.id}.from")
        doubt = _doubt(work, op, material, source, _now(op, before, _WHO))
        if doubt is None:
            continue
        since = restored_ms(work.conn)
        if doubt.forged and not (since and op.time.anchor_ms < since + RESTORE_SLACK_MS):
            return (
                f"“{material.name}”写成沿用以前的办件，{doubt.why}。这一步没有采用。"
                "请收下申请人带来的材料，或者在窗口重新选用来源。"
            )
        message = (
            f"办件 {op.case_id} 的“{material.name}”写成沿用以前的办件，{doubt.why}。"
            "办件照收。请复核这份材料，不能用的请申请人补交或者依法处理。"
        )
        raise_alarm(work.conn, work.now_ms, "reuse_unsure", message, scope=work.scope, device=op.device)
    return ""


def _now(op: Op, before: dict[str, str], path: str) -> str:
    return op.changes[path].new if path in op.changes else before.get(path, "")


def _doubt(work: Work, op: Op, material: Material, source: str, who: str) -> _Doubt | None:
    parts = [part.replace(" ", "") for part in source.split(" · ")]
    found = _find(work, parts)
    if isinstance(found, _Doubt):
        return found
    scope, case_id = found
    if case_id == op.case_id:
        return _Doubt("来源写的就是这一件", forged=True)
    earlier = _state(work, scope, case_id)
    if scope == work.scope and work.unsettled(case_id):
        return _Doubt("来源那一件还有没处理好的步骤")
    if earlier is None:
        return _Doubt("来源那一件中心还没有采用")
    of = work.hub.rulebook.item(work.conn, earlier.catalog_version, earlier.item_id)
    if of is None:
        return None  # of a version that is not kept; nothing can be said against it
    return _against(work, op, material, of, earlier, parts, who)


def _against(
    work: Work, op: Op, material: Material, of: Item, earlier: CaseState, parts: list[str], who: str
) -> _Doubt | None:
    """What speaks against a source that exists."""
    paper, day = material.canonical, op.time.day
    mine = bool(who) and earlier.value(_WHO).upper() == who.upper()
    verified = held_on(of, earlier, paper, day) or verified_on(of, earlier, paper, day)
    if mine and verified:
        days = {earlier.received_on, earlier.accepted_on, earlier.decided_on}
        told = [part for part in parts if is_day(part)]
        if not told or not set(told) <= days:
            return _Doubt("写的核验日期与那一件不符", forged=bool(told) and told[0] > max(days))
        held = still_valid(material, told[0], day)
        return None if held else _Doubt(f"那次核验已经超过 {material.reuse_days} 天的沿用期限")
    ops = list(_ops(work, earlier.scope, earlier.case_id))
    if not mine and not _ever_of(ops, who):
        return _Doubt("来源那一件不是这个申请人的", forged=True)
    if not verified and not _ever_verified(ops, of, earlier, paper):
        return _Doubt("那一件从来没有核验过或者发给过这份材料", forged=True)
    return _Doubt("来源那一件后来有改动（撤回、撤销、更正等），现在不能证明")


def _find(work: Work, parts: list[str]) -> tuple[str, str] | _Doubt:
    """(hall, case) of the number or provisional mark that a source names."""
    for part in parts:
        if is_valid_number(part):
            case_id = work.ledger.case_of(part)
            if not case_id:
                return _Doubt("写的受理编号没有用在任何办件上", forged=True)
            row = _WHOSE(work.conn, of=part).first()
            return (row.scope if row is not None else work.scope), case_id
        if mark := _MARK.fullmatch(part):
            return _of_mark(work, part, mark[1], int(mark[2]))
    return _Doubt("没有写明是哪一件", forged=True)


def _of_mark(work: Work, mark: str, device: str, dseq: int) -> tuple[str, str] | _Doubt:
    """A provisional mark says which act of which machine gave it out."""
    if not storable(device) or not _ENROLLED(work.conn, of=device).first():
        return _Doubt("写的临时收件号不是登记过的工作站发出的", forged=True)
    for entry in work.fresh:
        if entry.op is not None and entry.op.act.receipt == mark:
            return work.scope, entry.case_id
    row = _MADE(work.conn, of=device, at=dseq).first()
    if row is None:
        return _Doubt("写的临时收件号中心没有收到过")  # it may have come again under a new identity
    op = read_op(row.data)
    if op is None or op.act.receipt != mark:
        return _Doubt("写的临时收件号没有发给任何办件", forged=True)
    return row.scope, row.case_id


def _state(work: Work, scope: str, case_id: str) -> CaseState | None:
    if scope == work.scope:
        work.load([case_id])
        return work.state(case_id)
    data = _STATE(work.conn, hall=scope, of=case_id).scalar()
    return decode_state(data) if data is not None else None


def _ops(work: Work, scope: str, case_id: str) -> Iterable[Op]:
    for data in _OPS(work.conn, hall=scope, of=case_id).scalars():
        if (op := read_op(data)) is not None:
            yield op
    for entry in work.fresh:
        if entry.case_id == case_id and entry.op is not None:
            yield entry.op


def _ever_of(ops: Iterable[Op], who: str) -> bool:
    said = (op.changes[_WHO].new for op in ops if _WHO in op.changes)
    return bool(who) and any(one.upper() == who.upper() for one in said)


def _ever_verified(ops: list[Op], of: Item, earlier: CaseState, paper: str) -> bool:
    """Whether acts of the case ever said what would make it a source, whatever was said later."""
    if of.produces == paper and any(op.act.later.decision == Decision.GRANT for op in ops):
        return True
    return any(
        _ever_said(ops, f"material.{m.id}", IN_HAND)
        and all(
            _ever_said(ops, f"point.{p.id}", _PASSED)
            for p in shown_points(of, earlier.answers)
            if p.material == m.id
        )
        for m in of.materials
        if paper and m.canonical == paper
    )


def _ever_said(ops: Iterable[Op], path: str, values: Iterable[str]) -> bool:
    return any(path in op.changes and op.changes[path].new in values for op in ops)

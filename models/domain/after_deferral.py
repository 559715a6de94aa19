"""Acts that close what an acceptance left owing: 容缺补齐 and 核查.

Both append (class A).  A second 补齐 of the same material gives way to the first (see
:data:`models.domain.merge.GIVES_WAY`); a second finding is for a person to see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from models.domain.case import IN_HAND, STATUS_NAMES, CaseState, CaseStatus, Notice, Receipt
from models.domain.checklist import allowed_receipts
from models.domain.duties import Consequence, Duty, DutyKind, Finding, find_duty
from models.domain.ops import OP_NAMES, Op, OpKind, Trust
from models.domain.verdict import Refusal, Rules
from models.domain.workdays import is_day

_CLOSED = frozenset({CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.VOIDED})


def _told(op: Op) -> Trust:
    return op.act.trust or Trust()


def _owed(before: CaseState, op: Op) -> Duty | Refusal:
    name = OP_NAMES[op.kind]
    if not before.accepted_on or before.status in _CLOSED:
        return Refusal(code="status", message=f"本办件{STATUS_NAMES[before.status]}，不能再{name}。")
    if op.time.day.isoformat() < before.accepted_on:
        return Refusal(
            code="day", message=f"{name}不能早于受理之日（{before.accepted_on}）。请核对本机时间。"
        )
    duty = find_duty(before.duties, _told(op).duty)
    if duty is None:
        return Refusal(code="no_duty", message=f"本办件没有这一项需要{name}的内容。")
    if not duty.open:
        return Refusal(code="duty_done", message=f"“{duty.name}”已于 {duty.done_on} 办结，不用再{name}。")
    return duty


def _deferral_done(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """容缺补齐 at any window of the hall; late ones too: the day tells whether it was in time."""
    duty = _owed(before, op)
    if isinstance(duty, Refusal):
        return duty
    material = rules.item.material(duty.material)
    if duty.kind != DutyKind.DEFERRAL or material is None:
        return Refusal(code="no_duty", message="这一项不是容缺后补的材料，不能这样办结。")
    path = f"material.{material.id}"
    form = op.changes[path].new if set(op.changes) == {path} else ""
    if form not in IN_HAND:
        return Refusal(code="form", message="请写明材料是怎样收到的：纸质、扫描、证照库或者电子件。")
    objection = allowed_receipts(rules.item, material)[Receipt(form)]
    if objection:
        return Refusal(code="form", message=f"{objection}，没有办结。")
    done = msgspec.structs.replace(
        duty, done_on=op.time.day.isoformat(), op_id=op.op_id, staff=op.staff, found=op.act.text.strip()
    )
    notice = Notice(
        op_id=op.op_id,
        kind=op.kind,
        day=op.time.day.isoformat(),
        staff=op.staff,
        device=op.device,
        number=state.number,
        reason=duty.name,
    )
    return msgspec.structs.replace(
        state,
        duties=_replaced(state.duties, done),
        notices=(*state.notices, notice),
    )


def _check(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """核查结果 of a promise (国办发〔2020〕42号): true, or false with what follows.

    限期整改 keeps the duty open until the day set, to be checked again.
    """
    duty = _owed(before, op)
    if isinstance(duty, Refusal):
        return duty
    if op.changes:
        return Refusal(code="not_correctable", message="核查不能同时改动其他内容。")
    if duty.kind == DutyKind.DEFERRAL:
        return Refusal(code="no_duty", message="容缺后补的材料收到后办“容缺补齐”，不用核查。")
    if duty.kind == DutyKind.RATING:
        return Refusal(code="no_duty", message="差评要登记整改情况，不是承诺的核查。")
    if _told(op).finding not in set(Finding) or not op.act.text.strip():
        return Refusal(code="finding", message="请写明核查结果是属实还是不实，以及查到的情况。")
    false = _told(op).finding == Finding.FALSE
    if false != (_told(op).consequence in set(Consequence)):
        return Refusal(
            code="consequence", message="承诺不实的要写明处理：限期整改、撤销或者记入信用；属实的没有处理。"
        )
    today = op.time.day.isoformat()
    rectify = _told(op).consequence == Consequence.RECTIFY
    if rectify and not (is_day(_told(op).due) and _told(op).due >= today):
        return Refusal(code="due_day", message="限期整改要写明期限，不能早于今天。")
    checked = msgspec.structs.replace(
        duty,
        due=_told(op).due if rectify else duty.due,
        done_on="" if rectify else today,
        op_id=op.op_id,
        staff=op.staff,
        finding=_told(op).finding,
        found=op.act.text.strip(),
        outcome=_told(op).consequence,
    )
    revoked = today if _told(op).consequence == Consequence.REVOKE else state.revoked_on
    return msgspec.structs.replace(state, duties=_replaced(state.duties, checked), revoked_on=revoked)


def _replaced(duties: tuple[Duty, ...], changed: Duty) -> tuple[Duty, ...]:
    return tuple(changed if duty.id == changed.id else duty for duty in duties)


AFTER_PROMISES: Mapping[str, Callable[[CaseState, CaseState, Op, Rules], CaseState | Refusal]] = {
    OpKind.DEFERRAL_DONE: _deferral_done,
    OpKind.CHECK: _check,
}

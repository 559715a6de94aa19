"""The act of 当场更正 (see :mod:`models.domain.amendment`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from models.domain.amendment import LONGEST, PLACES, Amendment, ConfirmedBy
from models.domain.case import IN_HAND, PRE_ACCEPTANCE, CaseState
from models.domain.checklist import needed_materials, shown_fields
from models.domain.ops import Op, OpKind
from models.domain.party import PARTY_KEYS, has_agent
from models.domain.verdict import Refusal, Rules, need_status


def amend(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """当场更正, 行政许可法 第三十二条第一款第（三）项: what it said, what it says now, and who confirmed it.

    A field's new value comes with the op; a paper that was corrected is in hand.
    """
    told = op.act.later.amendment
    problem = need_status(before, op, PRE_ACCEPTANCE) or _whole(told) or _confirmed(told, state)
    if problem is not None or told is None:
        return problem or Refusal(code="amendment", message="没有写明更正的内容，没有记录。")
    problem = _so(told, before, state, rules)
    if problem is not None:
        return problem
    kept = msgspec.structs.replace(told, op_id=op.op_id, day=op.time.day.isoformat(), staff=op.staff)
    return msgspec.structs.replace(state, amended=(*state.amended, kept))


def _whole(told: Amendment | None) -> Refusal | None:
    if told is None or not told.path.startswith(PLACES):
        return Refusal(code="amendment", message="没有指明更正的是哪一处，没有记录。请选一处。")
    was, now = told.was.strip(), told.now.strip()
    if not was or not now or was == now:
        return Refusal(code="amendment", message="当场更正要写明原来是什么、更正为什么，没有记录。")
    if max(len(was), len(now)) > LONGEST:
        return Refusal(code="amendment", message=f"更正的内容最长 {LONGEST} 个字，没有记录。请写短一些。")
    return None


def _confirmed(told: Amendment | None, state: CaseState) -> Refusal | None:
    by = told.confirmed_by if told is not None else ""
    agent = has_agent(state.fields)
    if by == ConfirmedBy.APPLICANT or (by == ConfirmedBy.AGENT and agent):
        return None
    said = "本件没有代理人，" if by == ConfirmedBy.AGENT else ""
    message = f"{said}更正须由申请人或者代理人本人作出，并在更正处签名、注明日期。没有记录。请先确认。"
    return Refusal(code="unconfirmed", message=message)


def _so(told: Amendment, before: CaseState, state: CaseState, rules: Rules) -> Refusal | None:
    """Whether the case knows the place and bears the new value, and the old one where it had one."""
    if told.material:
        if told.material not in {one.id for one in needed_materials(rules.item, state.answers)}:
            return Refusal(code="not_listed", message="实施清单里没有这份材料，没有记录。请按清单选。")
        if state.value(told.path) not in IN_HAND:
            message = "更正好的材料还没有收，没有记录。请先写明这份材料怎样收的。"
            return Refusal(code="not_in_hand", message=message)
        return None
    role, _, key = told.path.partition(".")
    known = {f"form.{field.id}" for field in shown_fields(rules.item, state.answers)}
    if told.path not in known and (role == "form" or key not in PARTY_KEYS):
        return Refusal(code="not_listed", message="表里没有这一格，没有记录。请按一表选。")
    old = before.value(told.path)
    if state.value(told.path) != told.now or old not in ("", told.was, told.now):
        message = "写的更正和这一格的内容对不上，没有记录。请核对原来的和更正后的内容。"
        return Refusal(code="not_so", message=message)
    return None


HANDLERS: Mapping[str, Callable[[CaseState, CaseState, Op, Rules], CaseState | Refusal]] = {
    OpKind.AMEND: amend
}

"""What the notices of the acts after acceptance say: 特别程序, 延期, 决定, 送达."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.documents.context import date_cn
from models.domain.case import CaseState, Notice
from models.domain.catalog import Item
from models.domain.ops import OpKind
from models.domain.procedures import PERMIT, WAY_NAMES, Decision, DeliveryWay, Procedure, procedure_name
from models.domain.stoppages import procedure_cap

# From an extension on the legal limit binds, not the promised one (docs/architecture.md 39).
_LEGAL_BINDS = "不再按承诺期限，以延长后的法定期限为准"
LATER_KINDS = frozenset({"pause", "extend", "grant", "deny", "deliver"})


def template_of(notice: Notice) -> str:
    """The template a notice is printed with: that of its act, a decision by its outcome."""
    if notice.kind == OpKind.DECIDE:
        return "deny" if notice.later.decision == Decision.DENY else "grant"
    return notice.kind


def later_context(state: CaseState, notice: Notice, item: Item) -> dict[str, Any]:
    """The values that :data:`LATER_KINDS` may name beside those of every notice."""
    later = notice.later
    permit = PERMIT if item.power_type == PERMIT else "办理"
    denied = state.decision == Decision.DENY
    return {
        "title": "暂停计时告知书" if later.procedure == Procedure.SUSPENSION else "特别程序告知书",
        "procedure": procedure_name(later.procedure),
        "workdays": str(later.workdays),
        "later_basis": _basis(later.basis or "本事项实施清单", later.procedure, item),
        "approver": later.approver,
        "permit": permit,
        "decision_basis": "、".join(item.basis) or "本事项实施清单公布的依据",
        "way": WAY_NAMES[DeliveryWay(later.way)] if later.way in set(DeliveryWay) else later.way,
        "recipient": later.recipient,
        "delivered": _delivered(denied, permit, item.result),
    } | extended_limits(notice, item)


def extended_limits(notice: Notice, item: Item) -> dict[str, str]:
    """The limits of an 延期通知书: the one that grew says by how much, so that its last day can be counted."""
    if notice.kind != OpKind.EXTEND:
        return {}
    tag, limit, due = (
        ("legal", item.legal, notice.due_legal)
        if item.legal.binding
        else ("promised", item.promised, notice.due_promised)
    )
    if not due or limit.days is None:
        return {}
    until = date_cn(dt.date.fromisoformat(due))
    said = {tag: f"{limit.days} 个工作日，延长 {notice.later.workdays} 个工作日，至 {until}"}
    return {"promised": _LEGAL_BINDS} | said


def _basis(basis: str, procedure: str, item: Item) -> str:
    """What the act rests on, with the most time that the list allows its procedure."""
    cap = procedure_cap(item, procedure) if procedure else None
    return f"{basis}；实施清单：{procedure_name(procedure)}不超过 {cap[0]} 个工作日" if cap else basis


def _delivered(denied: bool, permit: str, result: str) -> str:
    if denied:
        return f"不予{permit}决定书"
    return f"准予{permit}决定书" + (f"、{result}" if result else "")

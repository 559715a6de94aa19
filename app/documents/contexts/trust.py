"""容缺受理承诺书, 容缺受理通知书, 告知承诺书, 照后办证承诺书: what the applicant promises, and what was told before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.documents.context import date_cn
from models.domain.case import CaseState, Notice
from models.domain.catalog import Item
from models.domain.duties import Duty, DutyKind
from models.domain.licence_first import DUE
from models.domain.ops import OpKind
from models.domain.rule_documents import Rule


@dataclass(frozen=True)
class Deferred:
    """A secondary material that comes later: how, and by which day."""

    name: str
    way: str
    due: dt.date


@dataclass(frozen=True)
class Commitment:
    """What 告知承诺 must tell (国办发〔2020〕42号); ``basis`` is "" where the list names none."""

    obligation: str
    content: str
    manner: str
    consequence: str
    basis: str = ""


def deferral_context(deferred: Sequence[Deferred], consequence: str) -> dict[str, Any]:
    """For ``defer_promise`` and ``defer_notice``, beside the values of every notice."""
    lines = [
        {"no": place, "name": one.name, "way": one.way, "due_cn": f"{date_cn(one.due)}止"}
        for place, one in enumerate(deferred, start=1)
    ]
    return {"deferred_lines": lines, "consequence": consequence, "rule_document": ""}


def commitment_context(told: Commitment) -> dict[str, Any]:
    """For ``commitment``, beside the values of every notice."""
    return {
        "obligation": told.obligation,
        "content": told.content,
        "manner": told.manner,
        "consequence": told.consequence,
        "promise_basis": told.basis or "以证明事项清单公布为准",
    }


COMMITMENT = "commitment"
LICENCE = "licence_promise"
Documents = Mapping[Rule, str]
NONE: Documents = {}
_RULES = {COMMITMENT: Rule.COMMITMENT, LICENCE: Rule.LICENCE_FIRST}
_MANNER = "书面承诺，签名或者盖章"


def trust_papers(state: CaseState, notice: Notice) -> tuple[str, ...]:
    """What an acceptance is printed with beside its notice: ``defer_promise``, ``defer_notice``, a
    ``commitment:<material>`` for each promise, and ``licence_promise`` where the permit follows the
    licence; () where nothing was taken on trust."""
    if notice.kind not in (OpKind.ACCEPT, OpKind.DEEM):
        return ()
    deferrals = ("defer_promise", "defer_notice") if _duties(state, DutyKind.DEFERRAL) else ()
    promises = _duties(state, DutyKind.COMMITMENT)
    licence = (LICENCE,) if _duties(state, DutyKind.LICENCE) else ()
    return (*deferrals, *(f"{COMMITMENT}:{duty.material}" for duty in promises), *licence)


def trust_context(state: CaseState, item: Item, paper: str, documents: Documents = NONE) -> dict[str, Any]:
    """The values of one of :func:`trust_papers`, from what the acceptance put on record.

    ``documents`` are those that set the rules on the day of the receipt.
    """
    kind, _, material_id = paper.partition(":")
    document = documents.get(_RULES.get(kind, Rule.DEFERRAL), "")
    return _trust_context(state, item, kind, material_id, document) | {"rule_document": document}


def _trust_context(
    state: CaseState, item: Item, kind: str, material_id: str, document: str
) -> dict[str, Any]:
    if kind == LICENCE:
        duty = _duties(state, DutyKind.LICENCE)[0]
        told = Commitment(duty.obligation, duty.name, _MANNER, duty.consequence)
        return commitment_context(told) | {"licence_due": date_cn(_told_due(state, duty))}
    if kind != COMMITMENT:
        owed = _duties(state, DutyKind.DEFERRAL)
        deferred = [Deferred(d.name, d.way, dt.date.fromisoformat(d.due)) for d in owed]
        return deferral_context(deferred, "；".join(dict.fromkeys(d.consequence for d in owed)))
    duty = next(d for d in _duties(state, DutyKind.COMMITMENT) if d.material == material_id)
    material = item.material(material_id)
    content = duty.name + (f"（{'；'.join(material.standard)}）" if material and material.standard else "")
    named = (material.basis if material is not None else "", document)
    basis = "；".join(text for text in named if text)
    return commitment_context(Commitment(duty.obligation, content, _MANNER, duty.consequence, basis))


def _told_due(state: CaseState, duty: Duty) -> dt.date:
    """The day that was promised at the acceptance, whatever a later 限期整改 made of it."""
    return dt.date.fromisoformat(state.value(DUE) or duty.due)


def _duties(state: CaseState, kind: DutyKind) -> list[Duty]:
    return [duty for duty in state.duties if duty.kind == kind]

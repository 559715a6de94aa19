"""One 送达回证 and one 交接单 for the results of a set that were handed over together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.documents.contexts.handing import Handed
from app.documents.contexts.later import later_context
from models.domain.case import CaseState, Notice
from models.domain.catalog import Item
from models.domain.numbers import group_number

Members = Sequence[tuple[CaseState, Notice, Item]]


def joint_context(members: Members) -> dict[str, Any]:
    """Replaces ``item``, ``mark`` and ``delivered``; {} for a case that was handed over alone."""
    if len(members) < 2:
        return {}
    parts = [later_context(state, notice, item)["delivered"] for state, notice, item in members]
    return {
        "item": "；".join(state.item_name for state, _, _ in members),
        "mark": together(state.number for state, _, _ in members),
        "delivered": "；".join(f"{place}. {part}" for place, part in enumerate(parts, start=1)),
    }


def together(numbers: Iterable[str]) -> str:
    """Several numbers, two in a line, so that no line end cuts one in two."""
    shown = [group_number(number) for number in numbers]
    return "、\n".join("、".join(shown[at : at + 2]) for at in range(0, len(shown), 2))


def handed_papers(members: Members) -> list[Handed]:
    """The results that go out, one line each."""
    return [Handed(name=item.result or item.name) for _, _, item in members]

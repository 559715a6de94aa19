"""The cases of one 一件事 as each of them records the others, and which of them can still come to anything."""

from __future__ import annotations

from collections.abc import Mapping

from models.domain.case import CaseState, CaseStatus
from models.domain.procedures import Decision

# Nothing more is handed over of these.
OVER = frozenset({CaseStatus.DELIVERED, CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.VOIDED})
States = Mapping[str, CaseState | None]


def member_cases(state: CaseState) -> dict[str, str]:
    """Item id → case id of every member, as each member case records it; {} for a case taken in alone."""
    pairs = (part.partition("=") for part in state.value("bundle.cases").split(";") if part)
    return {item: case_id for item, _, case_id in pairs}


def waits_for(state: CaseState) -> tuple[str, ...]:
    """The items whose decision the member was kept for when the set was taken in."""
    return tuple(part for part in state.value("bundle.after").split(";") if part)


def failed(state: CaseState, states: States, seen: frozenset[str] = frozenset()) -> bool:
    """Ended without a grant, or waiting for what has.  ``states`` are the members by item id."""
    if state.decision == Decision.GRANT or state.item_id in seen:
        return False
    if state.closed_on or state.decision == Decision.DENY:
        return True
    before = (one for key in waits_for(state) if (one := states.get(key)) is not None)
    waits = state.status is CaseStatus.OPEN
    return waits and any(failed(one, states, seen | {state.item_id}) for one in before)


def hopeless(state: CaseState, states: States) -> bool:
    """Not begun, and what it waits for was not granted."""
    before = (one for key in waits_for(state) if (one := states.get(key)) is not None)
    return state.status is CaseStatus.OPEN and any(failed(one, states) for one in before)


def to_come(state: CaseState, states: States) -> tuple[CaseState, ...]:
    """一同发证: the other members whose result is still to be decided, those that can never come left out."""
    return tuple(
        one
        for one in states.values()
        if one is not None
        and one.case_id != state.case_id
        and one.status not in OVER
        and one.status is not CaseStatus.DECIDED
        and not hopeless(one, states)
    )

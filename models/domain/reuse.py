"""Reuse: a material verified in an earlier case of the same applicant, or a certificate that such a case issued,
is not asked for again.

The list says how long it holds (``Material.reuse_days``); the hall's own rule, no law sets it.
"""

from __future__ import annotations

import datetime as dt

from models.domain.case import IN_HAND, CaseState, CaseStatus, PointMark, Receipt
from models.domain.catalog import Item, Material
from models.domain.checklist import allowed_receipts, shown_points
from models.domain.procedures import Decision

_PASSED = frozenset({PointMark.PASS.value, PointMark.NOT_APPLICABLE.value})
_NEVER = frozenset({CaseStatus.OPEN, CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.VOIDED})


def reuse_receipt(item: Item, material: Material) -> Receipt | None:
    """How a material taken over is entered; None when the list wants the paper itself."""
    allowed = allowed_receipts(item, material)
    return next((r for r in (Receipt.CERTIFICATE, Receipt.ELECTRONIC) if not allowed[r]), None)


def verified_on(item: Item, state: CaseState, canonical: str, today: dt.date) -> str:
    """The day on which a material of this kind was verified in the case, ISO 8601; "" when it was not.

    It is in hand itself (not taken over), every review point on it passed, and the case was not
    withdrawn, refused, voided or revoked.  ``item`` is the case's own.
    """
    day = state.accepted_on or state.received_on
    if state.status in _NEVER or state.revoked_on or not canonical or not day or day > today.isoformat():
        return ""
    points = shown_points(item, state.answers)
    for material in item.materials:
        path = f"material.{material.id}"
        if (
            material.canonical == canonical
            and state.value(path) in IN_HAND
            and not state.value(f"{path}.from")
            and all(state.value(f"point.{p.id}") in _PASSED for p in points if p.material == material.id)
        ):
            return day
    return ""


def held_on(item: Item, state: CaseState, canonical: str, today: dt.date) -> str:
    """The day on which the case issued the certificate that this material is, ISO 8601; "" when it issued none."""
    granted = state.decision == Decision.GRANT and not state.revoked_on
    issued = bool(canonical) and item.produces == canonical and granted
    return state.decided_on if issued and state.decided_on <= today.isoformat() else ""


def given_up_on(item: Item, state: CaseState, canonical: str) -> str:
    """The day on which the case took the certificate off the applicant (注销), ISO 8601; "" when it did not."""
    cancels = "注销" in item.name and any(m.canonical == canonical for m in item.materials)
    return state.decided_on if cancels and canonical and state.decision == Decision.GRANT else ""


def still_valid(material: Material, day: str, today: dt.date) -> bool:
    """Whether what was verified on ``day`` may stand for ``material`` today."""
    return 0 <= (today - dt.date.fromisoformat(day)).days <= material.reuse_days

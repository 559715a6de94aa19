"""容缺受理承诺书, 容缺受理通知书, 告知承诺书: what the applicant promises, and what was told before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.documents.context import date_cn


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
        {"no": place, "name": one.name, "way": one.way, "due_cn": f"{date_cn(one.due)}前"}
        for place, one in enumerate(deferred, start=1)
    ]
    return {"deferred_lines": lines, "consequence": consequence}


def commitment_context(told: Commitment) -> dict[str, Any]:
    """For ``commitment``, beside the values of every notice."""
    return {
        "obligation": told.obligation,
        "content": told.content,
        "manner": told.manner,
        "consequence": told.consequence,
        "promise_basis": told.basis or "以证明事项清单公布为准",
    }

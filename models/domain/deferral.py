"""容缺受理: secondary materials that come after acceptance, each until a day and in a way that is told.

Only materials that the list marks as 容缺后补, of items that allow it, never of 红线 items, within the
promised limit, and not for persons on the 失信名单 (domain facts §2.7).  Which receipts are allowed is
:func:`models.domain.checklist.allowed_receipts`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from models.domain.case import Receipt
from models.domain.catalog import Item
from models.domain.checklist import needed_materials
from models.domain.deferral_limit import deferral_limit
from models.domain.due_days import last_day
from models.domain.duties import Duty, DutyKind
from models.domain.verdict import Refusal
from models.domain.workdays import Calendar

DEFAULT_WAY = "到受理窗口补交"
CONSEQUENCE = "逾期未补齐的，不能作出准予决定，由审查人员依法处理。"


def deferral_duties(
    item: Item,
    answers: Mapping[str, str],
    fields: Mapping[str, str],
    day: dt.date,
    calendar: Calendar,
    since: str = "",
) -> tuple[Duty, ...] | Refusal:
    """What is owed for the materials taken as 容缺后补 in an acceptance on ``day``.

    The promised limit runs from ``since`` where the case counts as accepted from an earlier day; what it
    leaves may be over already, and then the material is overdue at once.
    """
    found: list[Duty] = []
    start = dt.date.fromisoformat(since) if since else day
    for material in needed_materials(item, answers):
        if fields.get(f"material.{material.id}") != Receipt.DEFERRED:
            continue
        limit = deferral_limit(item)
        if limit is None:
            return Refusal(code="no_limit", message="本事项没有定下承诺时限，不能容缺受理。")
        due = last_day(fields, f"material.{material.id}.due", start, limit, calendar)
        if isinstance(due, Refusal):
            return due
        found.append(
            Duty(
                id=f"{DutyKind.DEFERRAL}:{material.id}",
                kind=DutyKind.DEFERRAL,
                due=due,
                days=limit,
                material=material.id,
                name=material.name,
                way=fields.get(f"material.{material.id}.way", "") or DEFAULT_WAY,
                consequence=CONSEQUENCE,
            )
        )
    return tuple(found)

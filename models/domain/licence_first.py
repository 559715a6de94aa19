"""照后办证承诺制: the licence first, the permit promised for afterwards (domain facts §5 row 24).

Which items take it, and in how many workdays the permit follows, is catalogue data
(``Item.licence_first``).  A 红线 item takes no promise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from models.domain.catalog import Item
from models.domain.due_days import last_day
from models.domain.duties import Duty, DutyKind
from models.domain.verdict import Refusal
from models.domain.workdays import Calendar

PROMISE = "promise.licence"
DUE = "promise.licence.due"
YES = "yes"
CONSEQUENCE = "逾期未取得许可或者承诺不实的，依法撤销，并记入信用记录。"


def licence_objection(item: Item) -> str:
    """Why the permit of this item cannot be promised after the licence, "" where it can."""
    if item.licence_first is None:
        return "本事项不在照后办证范围"
    return "安全、质量、环保类事项，不适用照后办证" if item.red_line else ""


def is_promised(fields: Mapping[str, str]) -> bool:
    return bool(fields.get(PROMISE))


def licence_duties(
    item: Item, fields: Mapping[str, str], day: dt.date, calendar: Calendar
) -> tuple[Duty, ...] | Refusal:
    """The check that an acceptance on ``day`` owes when the permit was promised."""
    if not is_promised(fields):
        return ()
    objection = licence_objection(item)
    if objection or item.licence_first is None or fields[PROMISE] != YES:
        return Refusal(code="licence_first", message=f"{objection or '照后办证的选择不成立'}，没有受理。")
    due = last_day(fields, DUE, day, max(0, item.licence_first), calendar)
    if isinstance(due, Refusal):
        return due
    return (
        Duty(
            id=DutyKind.LICENCE.value,
            kind=DutyKind.LICENCE,
            due=due,
            days=max(0, item.licence_first),
            name=item.result or item.name,
            obligation=f"承诺在 {due} 前取得{item.result or item.name}",
            consequence=CONSEQUENCE,
        ),
    )

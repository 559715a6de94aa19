"""Everything that an acceptance leaves owing, and the days it sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from models.domain.catalog import Item
from models.domain.checklist import material_settled
from models.domain.commitment import commitment_duties
from models.domain.deferral import deferral_duties
from models.domain.duties import Duty, DutyKind
from models.domain.licence_first import DUE, PROMISE, YES, licence_duties, licence_objection
from models.domain.verdict import Refusal
from models.domain.workdays import Calendar


def promised_duties(
    item: Item, fields: Mapping[str, str], day: dt.date, calendar: Calendar, since: str = ""
) -> tuple[Duty, ...] | Refusal:
    """What is owed after an acceptance on ``day``; a Refusal when a day entered lies outside its limit.

    ``since``: the day from which the case counts as accepted, where that is another one.
    """
    answers = {path[7:]: text for path, text in fields.items() if path.startswith("answer.")}
    found: tuple[Duty, ...] = ()
    for part in (
        deferral_duties(item, answers, fields, day, calendar, since),
        commitment_duties(item, answers, fields, day, calendar),
        licence_duties(item, fields, day, calendar),
    ):
        if isinstance(part, Refusal):
            return part
        found += part
    return found


def silent_duties(item: Item, fields: Mapping[str, str], since: str, calendar: Calendar) -> tuple[Duty, ...]:
    """What is owed where silence made the acceptance (行政许可法 第三十二条第一款第（四）项), from the receipt on.

    Nobody took a promise in writing, so every day is the last that the rules allow, and what the item may
    not take on trust is not owed but still wanting.  Unlike an acceptance by word this is never refused.
    """
    kept = dict(fields)
    for material in item.materials:
        path = f"material.{material.id}"
        kept.pop(f"{path}.due", None)
        if not material_settled(item, material, kept.get(path, "")):
            kept.pop(path, None)
    kept.pop(DUE, None)
    if licence_objection(item) or kept.get(PROMISE) != YES:
        kept.pop(PROMISE, None)
    duties = promised_duties(item, kept, dt.date.fromisoformat(since), calendar, since)
    return () if isinstance(duties, Refusal) else duties


def with_due_days(
    item: Item, fields: Mapping[str, str], day: dt.date, calendar: Calendar, since: str = ""
) -> dict[str, str]:
    """``fields`` with every last day written out, as it is printed; nothing else is chosen for anybody."""
    duties = promised_duties(item, fields, day, calendar, since)
    if isinstance(duties, Refusal):
        return dict(fields)
    return {
        **fields,
        **{
            DUE if duty.kind == DutyKind.LICENCE else f"material.{duty.material}.due": duty.due
            for duty in duties
        },
    }

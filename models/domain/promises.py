"""Everything that an acceptance leaves owing, and the days it sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from models.domain.catalog import Item
from models.domain.commitment import commitment_duties
from models.domain.deferral import deferral_duties
from models.domain.duties import Duty, DutyKind
from models.domain.licence_first import DUE, licence_duties
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

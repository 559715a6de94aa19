"""证明事项告知承诺 (国办发〔2020〕42号): the applicant may promise instead of proving.

It is offered, free to decline and never preselected.  What is promised is checked afterwards; the days
for the check are the hall's own (``Item.check_days``), no law sets them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from models.domain.case import Receipt
from models.domain.catalog import Item, Material
from models.domain.checklist import needed_materials
from models.domain.due_days import last_day
from models.domain.duties import Duty, DutyKind
from models.domain.verdict import Refusal
from models.domain.workdays import Calendar

CONSEQUENCE = "承诺不实的，依法终止办理、责令限期整改、撤销决定或者予以处罚，并记入信用记录。"


def obligation(material: Material) -> str:
    """What the applicant promises in place of ``material``: that it meets every point of its standard."""
    return f"承诺已符合“{material.name}”所证明的要求" + "".join(f"；{line}" for line in material.standard)


def commitment_duties(
    item: Item, answers: Mapping[str, str], fields: Mapping[str, str], day: dt.date, calendar: Calendar
) -> tuple[Duty, ...] | Refusal:
    """The checks that an acceptance on ``day`` owes for what was promised."""
    found: list[Duty] = []
    for material in needed_materials(item, answers):
        if fields.get(f"material.{material.id}") != Receipt.COMMITTED:
            continue
        due = last_day(fields, f"material.{material.id}.due", day, max(0, item.check_days), calendar)
        if isinstance(due, Refusal):
            return due
        found.append(
            Duty(
                id=f"{DutyKind.COMMITMENT}:{material.id}",
                kind=DutyKind.COMMITMENT,
                due=due,
                days=max(0, item.check_days),
                material=material.id,
                name=material.name,
                obligation=obligation(material),
                consequence=CONSEQUENCE,
            )
        )
    return tuple(found)

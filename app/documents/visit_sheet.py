"""What the record sheet of a 一并勘验 says: the members visited together and what to look at for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from app.documents.bundle_notice import circled
from app.documents.context import Office, date_cn
from app.documents.contexts.joint import together
from app.queries.bundles import MemberState, SetState
from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.checklist import shown_points
from models.domain.numbers import group_number
from models.domain.procedures import procedure_name
from models.domain.terms import stopped

_PLACES = ("form.premises.address", "form.project.site")


def visit_context(
    found: SetState,
    visited: Sequence[MemberState],
    states: Mapping[str, CaseState],
    items: Mapping[str, Item],
    office: Office,
    day: dt.date,
) -> dict[str, Any]:
    """Everything the template ``visit.docx`` may name.  ``day`` is the day it is made, not that of the visit."""
    lines = []
    for place, member in enumerate(visited, start=1):
        state, item = states.get(member.item_id), items.get(member.item_id)
        points = shown_points(item, state.answers) if item is not None and state is not None else []
        lines.append(
            {
                "no": circled(place),
                "name": member.name,
                "mark": group_number(member.number) if member.number else member.receipt,
                "points": "\n".join(f"{n}. {point.text}" for n, point in enumerate(points, start=1)) or "—",
            }
        )
    paused = [one for m in visited if (s := states.get(m.item_id)) is not None and (one := stopped(s))]
    where = (s.value(path) for s in states.values() for path in _PLACES)
    number = next((m.number for m in visited if m.number), "")
    return {
        "organ": office.hall,
        "hall": office.hall,
        "window": office.window,
        "staff": office.staff,
        "phone": office.phone or "见大厅公示",
        "event": found.name,
        "applicant": found.applicant,
        "mark": together(m.number or m.receipt for m in visited),
        "place": next((text for text in where if text), "") or "________________________",
        "day_cn": date_cn(day),
        "procedure": f"{procedure_name(paused[0].procedure)}，自 {paused[0].start} 起暂停计时"
        if paused
        else "—",
        "visits": lines,
        "qr_text": f"扫码核对编号：{group_number(number)}" if number else "",
    }

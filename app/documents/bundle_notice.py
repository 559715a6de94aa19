"""What the 综合受理通知书 of a 一件事 says: each member with its own number, state and limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from app.documents.context import Office, date_cn
from app.queries.bundles import KEPT, STATE_NAMES, WAITING, SetState
from models.domain.case import CaseStatus
from models.domain.catalog import DayLimit, Item
from models.domain.notice_basis import set_basis
from models.domain.numbers import group_number

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
CLOCK = "表中“已受理”各项自受理之日的次日起按工作日计算期限。"
WAITING_RULE = (
    "“待前置办结”各项以前置事项的决定为条件，现在尚未收件、受理，不计算期限；"
    "前置事项准予之日视为您提出申请，窗口当日收件，符合条件的当日受理并从次日起计算期限。"
    "您也可以不等前置事项，另行单独申请。"
)


def circled(place: int) -> str:
    return CIRCLED[place - 1] if 0 < place <= len(CIRCLED) else f"({place})"


def bundle_context(
    done: SetState, items: Mapping[str, Item], office: Office, day: dt.date, materials: list[dict[str, Any]]
) -> dict[str, Any]:
    """Everything the template ``bundle.docx`` may name.  ``day`` is the day of the combined acceptance.

    ``materials`` are lines with ``no``, ``name``, ``form``, ``copies`` and ``members``.
    """
    places = {m.item_id: circled(n) for n, m in enumerate(done.members, start=1)}
    first = next((m for m in done.members if m.number), None)
    receipt = next((m.receipt for m in done.members if m.receipt), "—")
    lines = []
    for member in done.members:
        item = items.get(member.item_id)
        after = "、".join(places.get(one, one) for one in member.waits_for)
        lines.append(
            {
                "no": places[member.item_id],
                "name": member.name,
                "mark": group_number(member.number) if member.number else member.receipt or "受理时编号",
                "state": STATE_NAMES[member.status] + (f"（等 {after}）" if after else ""),
                "promised": _limit(item.promised if item else DayLimit(), member.due_promised),
                "legal": _limit(item.legal if item else DayLimit(), member.due_legal),
                "reason": member.reason,
            }
        )
    return {
        "organ": office.hall,
        "hall": office.hall,
        "window": office.window,
        "staff": office.staff,
        "phone": office.phone or "见大厅公示",
        "address": office.address or "见大厅公示",
        "event": done.name,
        "applicant": done.applicant,
        "mark": group_number(first.number) if first is not None else receipt,
        "mark_label": "受理编号" if first is not None else "临时收件号",
        "day_cn": date_cn(day),
        "basis": set_basis(items[m.item_id] for m in done.members if m.item_id in items),
        "members": lines,
        "count": str(len(lines)),
        "accepted": str(done.accepted),
        "flagged": [line for line in lines if line["reason"]],
        "any_waiting": any(m.status == WAITING for m in done.members),
        "any_open": any(m.status in (KEPT, CaseStatus.RECEIVED) for m in done.members),
        "clock": CLOCK,
        "waiting_rule": WAITING_RULE,
        "received": materials,
        "qr_text": f"扫码核对编号：{group_number(first.number)}" if first is not None else "",
    }


def _limit(limit: DayLimit, due: str) -> str:
    """A limit as printed: with its last day once it runs; never one that the catalogue doubts."""
    if not limit.binding or limit.days is None:
        return "以实施清单公布为准"
    if limit.days == 0:
        return "当场办结"
    return f"{limit.days} 个工作日" + (f"，至 {due}" if due else "，受理后起算")

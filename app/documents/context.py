"""What a notice says, from the recorded act: printing it again prints the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from models.domain.case import IN_HAND, RECEIPT_NAMES, CaseState, Notice, Receipt
from models.domain.catalog import DayLimit, Item
from models.domain.deadlines import due_date
from models.domain.duties import DutyKind
from models.domain.notice_basis import notice_basis, silence_rule
from models.domain.numbers import group_number
from models.domain.ops import CLAUSE_NAMES, OpKind, RefusalClause
from models.domain.terms import counting_basis
from models.domain.workdays import Calendar, weekday_name


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues the notice."""

    organ: str
    hall: str
    window: str
    staff: str
    address: str = ""
    phone: str = ""


def phrases(override: bytes | None = None) -> dict[str, str]:
    """The wording a hall may change; what an override does not name stays as built in."""
    built_in = msgspec.json.decode(
        files("resources").joinpath("templates", "phrases.json").read_bytes(), type=dict[str, str]
    )
    return built_in | (msgspec.json.decode(override, type=dict[str, str]) if override else {})


def notice_context(
    state: CaseState,
    notice: Notice,
    item: Item,
    office: Office,
    calendar: Calendar,
    wording: Mapping[str, str],
    issued: dt.datetime,
) -> dict[str, Any]:
    """Everything the template of ``notice.kind`` may name.  Values are text, lists or flags.

    ``issued`` is the local time of the act.
    """
    day = dt.date.fromisoformat(notice.day)
    number = notice.number or state.number
    received = _received(state, item)
    paper = any(m["form"] == RECEIPT_NAMES[Receipt.PAPER] for m in received)
    context: dict[str, Any] = {
        "organ": office.organ,
        "hall": office.hall,
        "window": office.window,
        "staff": office.staff,
        "phone": office.phone or "见大厅公示",
        "address": office.address or "见大厅公示",
        "mark": group_number(number) if number else notice.receipt,
        "mark_label": "受理编号" if number else "临时收件号",
        "provisional": not number,
        "applicant": state.value("applicant.name"),
        "agent": state.value("agent.name") or "无",
        "item": state.item_name,
        "received_cn": date_cn(dt.date.fromisoformat(state.received_on or notice.day)),
        "received_time": issued.strftime("%Y-%m-%d %H:%M"),
        "accepted_cn": date_cn(dt.date.fromisoformat(state.accepted_on or notice.day)),
        "day_cn": date_cn(day),
        "basis": notice_basis(item, notice.kind, notice.clause),
        "silence_rule": silence_rule(item),
        "clause": CLAUSE_NAMES[RefusalClause(notice.clause)] if notice.clause in set(RefusalClause) else "",
        "reason": notice.reason,
        "redirect": notice.redirect,
        "failed": list(notice.failed_points),
        "remedy": wording["remedy"],
        "supplement_limit": wording["supplement_limit"],
        "kept": wording["kept_paper"] if paper else wording["kept_none"],
        "received": received,
        "missing": [
            {"no": i, "name": m.name, "reason": m.reason, "standard": m.standard or "见办事指南"}
            for i, m in enumerate(notice.missing, start=1)
        ],
        "promised": _limit_text(item.promised, notice.due_promised),
        "legal": _limit_text(item.legal, notice.due_legal),
        "explanation": _explanation(item, dt.date.fromisoformat(state.accepted_on or notice.day), calendar)
        if notice.kind == OpKind.ACCEPT
        else [],
        "not_counted": "、".join(item.not_counted) or "无",
        "result": item.result or "—",
        "delivery": state.value("form.delivery.way") or wording["delivery"],
        "fee": item.fee or "不收费",
        "deferred": _names(state, item, Receipt.DEFERRED),
        "committed": _names(state, item, Receipt.COMMITTED),
        "qr_text": f"扫码核对编号：{group_number(number)}" if number else "",
    }
    return context


def qr_payload(state: CaseState, notice: Notice) -> str:
    """What the QR says: the number with its check digit and the kind of notice; nothing personal."""
    number = notice.number or state.number
    return f"THB1|{number}|{notice.kind}|{notice.day}" if number else ""


def date_cn(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日（{weekday_name(day)}）"


def _limit_text(limit: DayLimit, due: str) -> str:
    """A limit as printed; what the source does not settle is said to be unsettled, never guessed."""
    if not limit.binding or limit.days is None:
        return "以实施清单公布为准"
    if limit.days == 0:
        return "当场办结"
    text = f"{limit.days} 个工作日（次日起算）"
    return f"{text}，至 {date_cn(dt.date.fromisoformat(due))}" if due else text


def _explanation(item: Item, day: dt.date, calendar: Calendar) -> list[str]:
    limit = item.promised if item.promised.binding else item.legal
    if not limit.binding or not limit.days:
        return []
    return list(due_date(day, limit.days, calendar, counted_by=counting_basis(item, limit)).explanation)


def _received(state: CaseState, item: Item) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for material in item.materials:
        receipt = state.value(f"material.{material.id}")
        if receipt in set(Receipt) and Receipt(receipt) in IN_HAND:
            lines.append(
                {
                    "no": len(lines) + 1,
                    "name": material.name,
                    "original": "原件" if material.original else "复印件",
                    "form": RECEIPT_NAMES[Receipt(receipt)] + _taken_over(state, material.id),
                    "copies": state.value(f"material.{material.id}.copies") or str(material.copies),
                    "pages": state.value(f"material.{material.id}.pages") or "—",
                }
            )
    return lines


def _taken_over(state: CaseState, material: str) -> str:
    """Where a material that was not brought again comes from, and when it was verified there."""
    source = state.value(f"material.{material}.from")
    return f"（沿用：{source}）" if source else ""


def _names(state: CaseState, item: Item, receipt: Receipt) -> str:
    """With the day and the way in which a deferred one will come."""
    due = {d.material: f"（{d.due} 前{d.way}）" for d in state.duties if d.kind == DutyKind.DEFERRAL}
    return "、".join(
        m.name + due.get(m.id, "") for m in item.materials if state.value(f"material.{m.id}") == receipt
    )

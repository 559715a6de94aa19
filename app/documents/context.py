"""What a notice says, from the recorded act: printing it again prints the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from models.domain.case import IN_HAND, RECEIPT_NAMES, CaseState, Notice, Receipt
from models.domain.catalog import DayLimit, Item
from models.domain.correction import correct_by
from models.domain.deadlines import due_date
from models.domain.duties import DutyKind
from models.domain.notice_basis import notice_basis, silence_rule, silent_words
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


def phrases() -> dict[str, str]:
    """The built-in wording, which a hall may change (:func:`own_wording`)."""
    return msgspec.json.decode(
        files("resources").joinpath("templates", "phrases.json").read_bytes(), type=dict[str, str]
    )


_ENDS = "。！？；…!?;.”）"

# Without these a notice would not say what it must (domain facts §2.7).
_NEVER_EMPTY = frozenset({"remedy", "supplement_limit", "kept_paper", "kept_here", "kept_none", "delivery"})


def own_wording(folder: Path | None) -> tuple[dict[str, str], str]:
    """The wording with that of the hall's ``phrases.json``, and a warning ("" when there is none).

    A file that cannot be used changes nothing; the warning names it.
    """
    file = folder / "phrases.json" if folder is not None else None
    built_in = phrases()
    if file is None or not file.exists():
        return built_in, ""
    try:
        said = msgspec.json.decode(file.read_text("utf-8-sig"), type=dict[str, str])
    except (OSError, ValueError):
        return built_in, "文书用语“phrases.json”读不懂，已改用内置用语。办件不受影响。请改正这个文件。"
    for key, text in said.items():
        if key not in built_in or (key in _NEVER_EMPTY and not text.strip()):
            what = "程序不认识" if key not in built_in else "是空的"
            text = f"文书用语“phrases.json”里的“{key}”{what}，已改用内置用语。办件不受影响。请改正这个文件。"
            return built_in, text
    return built_in | said, ""


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
    last = correct_by(state)
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
        "how_complete": _how_complete(state),
        "basis": notice_basis(item, notice.kind, notice.clause),
        "silence_rule": silence_rule(item),
        "silent_since": silent_words(item),
        "rule_document": "",
        "clause": CLAUSE_NAMES[RefusalClause(notice.clause)] if notice.clause in set(RefusalClause) else "",
        "reason": sentence(notice.reason),
        "redirect": notice.redirect,
        "failed": list(notice.failed_points),
        "remedy": wording["remedy"],
        "supplement_limit": f"至{date_cn(last)}止" if last is not None else wording["supplement_limit"],
        "kept": _kept(state, notice, received, wording),
        "received": received,
        "missing": [
            {"no": i, "name": m.name, "reason": m.reason, "standard": m.standard or "见办事指南"}
            for i, m in enumerate(notice.missing, start=1)
        ],
        "promised": _limit_text(item.promised, notice.due_promised),
        "legal": _limit_text(item.legal, notice.due_legal),
        "explanation": _explanation(item, dt.date.fromisoformat(state.accepted_on or notice.day), calendar)
        if notice.kind in (OpKind.ACCEPT, OpKind.DEEM)
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
    return f"{_day_cn(day)}（{weekday_name(day)}）"


def _day_cn(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def sentence(text: str) -> str:
    """What a clerk typed as it stands on paper: ended like a sentence."""
    return text if not text.strip() or text.rstrip()[-1] in _ENDS else f"{text.rstrip()}。"


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


def _kept(
    state: CaseState, notice: Notice, received: Sequence[Mapping[str, Any]], wording: Mapping[str, str]
) -> str:
    """Which papers stay at the window and against what they are given back; the notice itself is the proof
    (凭据) where no 收件凭证 was given out before."""
    papers = [m["name"] for m in received if m["form"] == RECEIPT_NAMES[Receipt.PAPER]]
    if not papers:
        return wording["kept_none"]
    given = any(n.kind == OpKind.RECEIVE and n.op_id != notice.op_id for n in state.notices)
    return f"{'、'.join(papers)}，{wording['kept_paper' if given else 'kept_here']}"


def _how_complete(state: CaseState) -> str:
    """What an acceptance may say of the materials: those taken on trust are not there yet."""
    on_trust = any(d.kind in (DutyKind.DEFERRAL, DutyKind.COMMITMENT) for d in state.duties)
    return "除下列容缺后补、告知承诺的以外，材料齐全、符合法定形式" if on_trust else "材料齐全、符合法定形式"


def _taken_over(state: CaseState, material: str) -> str:
    """Where a material that was not brought again comes from, and when it was verified there."""
    source = state.value(f"material.{material}.from")
    return f"（沿用：{source}）" if source else ""


def _names(state: CaseState, item: Item, receipt: Receipt) -> str:
    """With the day and the way in which a deferred one will come."""
    due = {
        d.material: f"（{_day_cn(dt.date.fromisoformat(d.due))}止，{d.way}）"
        for d in state.duties
        if d.kind == DutyKind.DEFERRAL
    }
    return "、".join(
        m.name + due.get(m.id, "") for m in item.materials if state.value(f"material.{m.id}") == receipt
    )

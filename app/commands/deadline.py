"""``main.py deadline``: a due date with its reasoning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from models.domain.deadlines import COUNTED_BY, LAW_82, Extension, Pause, correction_deadline, due_date
from models.domain.fields import parse_date
from models.domain.ids import half_width
from models.domain.procedures import (
    LAW_32_4,
    LAW_42,
    LAW_45,
    PROCEDURE_NAMES,
    REAL_ESTATE_RULE,
    Procedure,
)
from models.domain.stoppages import days_out
from models.domain.terms import EXTENSION, JOINT_EXTENSION, JOINT_LIMIT
from models.domain.workdays import Calendar, builtin_calendar, day_cn
from models.errors import KnownError

MAX_WORKDAYS = 10_000
CORRECTION = "补正"
# What the limit is of: 行政许可法 is law for permits only (decision of app.queries and notices alike).
PERMIT, REAL_ESTATE, OTHER = KINDS = ("许可", "不动产", "其他")
_OWN = "实施清单写明的依据"
_COUNTED = {PERMIT: LAW_82, REAL_ESTATE: f"按工作日计算；{REAL_ESTATE_RULE}", OTHER: "按工作日计算"}


def explain_deadline(
    start_text: str,
    workdays_text: str,
    calendar: Calendar | None = None,
    *,
    pauses: Sequence[str] = (),
    extend: str = "",
    received: bool = False,
    kind: str = "",
) -> dict[str, Any]:
    """The keys of DESIGN §8: start, due, provisional, explanation.  Raises KnownError on bad input.

    Without a ``calendar`` the built-in one (2004–2026) is used.  ``pauses`` are written
    ``程序:起:止`` (stopped on, resumed on), without a 止 while they last; ``received`` also tells until when the office must speak
    (``tell_by``); while a pause lasts, ``paused`` is true and ``due`` only the earliest day it can be.
    ``kind`` is one of KINDS, so that the article that applies is cited; "" cites what permits rest on and says so.
    ``provisional`` covers ``tell_by`` too.
    """
    if kind and kind not in KINDS:
        raise KnownError(f"不认识的事项类别“{_short(kind)}”。没有推算。可以写：{'、'.join(KINDS)}。")
    known = calendar or builtin_calendar()
    start = read_day(start_text, "起算日")
    workdays = _count(workdays_text, "工作日数", MAX_WORKDAYS, least=0)
    stops = _taken_out([_pause(text, start, kind) for text in pauses], start, known)
    longer = []
    if extend:
        longer.append(_extension(extend, workdays, kind))
    counted = _COUNTED.get(kind, COUNTED_BY)
    try:
        answer = due_date(start, workdays, known, stops, longer, counted_by=counted)
        spot = kind == REAL_ESTATE
        told = correction_deadline(start.isoformat(), known, on_the_spot=spot) if received else None
    except OverflowError as error:
        raise KnownError("推算的日期超出了公历能写的范围。没有推算。请核对起算日。") from error
    facts: dict[str, Any] = {
        "start": answer.start.isoformat(),
        "due": answer.due.isoformat(),
        "provisional": answer.provisional,
        "explanation": list(answer.explanation),
    }
    if pauses:
        facts["paused"] = answer.paused
    if told is not None:
        facts["tell_by"] = told.isoformat()
        facts["explanation"][1:1] = _silence(told, kind, known)
        facts["provisional"] = answer.provisional or not known.known(told)
    return facts


def read_day(text: str, what: str) -> dt.date:
    """A day as people write it.  Raises KnownError, naming ``what`` it should have been."""
    try:
        day = parse_date(text)
    except ValueError as error:
        raise KnownError(f"“{_short(text)}”这一天不存在。没有推算。请核对{what}。") from error
    if day is None:
        raise KnownError(f"“{_short(text)}”不是日期。没有推算。请写成 2026-09-18 这样。")
    return day


def _count(text: str, what: str, most: int, *, least: int) -> int:
    digits = half_width(text).strip()
    if not re.fullmatch(r"[0-9]{1,9}", digits):
        raise KnownError(f"“{_short(text)}”不是{what}。没有推算。请写 {least} 到 {most} 的整数。")
    if not least <= int(digits) <= most:
        raise KnownError(f"{what}要在 {least} 到 {most} 之间。没有推算。")
    return int(digits)


def _silence(last: dt.date, kind: str, known: Calendar) -> list[str]:
    """Until when the office must say what is missing, and on what that rests."""
    basis = {
        PERMIT: f"（{LAW_32_4}）",
        REAL_ESTATE: f"（{REAL_ESTATE_RULE}：当场书面告知）",
        OTHER: "",
    }.get(kind, f"（行政许可依{LAW_32_4}；不动产登记当场告知）")
    lines = [f"最迟 {day_cn(last)} 受理或者一次性告知补正，逾期自收件之日起视为受理{basis}"]
    if not known.known(last):
        lines.append(f"告知的最后一天待 {last.year} 年日历：节假日安排下发后重算")
    return lines


def _extension(text: str, workdays: int, kind: str) -> Extension:
    """第四十二条: ten workdays more, fifteen where the limit is the joint one of 45; elsewhere by the list alone."""
    own = kind in (REAL_ESTATE, OTHER)
    most = JOINT_EXTENSION if own or workdays == JOINT_LIMIT else EXTENSION
    added = _count(text, "延期的工作日数", most, least=1)
    basis = _OWN if own else LAW_42 if kind == PERMIT else f"行政许可依{LAW_42}"
    return Extension(workdays=added, approved_by="负责人", basis=basis)


def _taken_out(told: Sequence[Pause], start: dt.date, calendar: Calendar) -> list[Pause]:
    """The days that stops take out, as a case counts them: the 止 of each is the day of the resumption."""
    found: list[Pause] = []
    for one in sorted(told, key=lambda pause: pause.start):
        if one.end is None:
            found.append(one)
            continue
        out = [(pause.start, pause.end) for pause in found]
        first, last = days_out(one.start, one.end, start, calendar, out)
        found.append(Pause(kind=one.kind, start=first, end=last, basis=one.basis))
    return [one for one in found if one.end is None or one.end >= one.start]


def _pause(text: str, start: dt.date, kind: str) -> Pause:
    """``专家评审:2026-09-21:2026-09-25``; also with the procedure's code, also without an end."""
    parts = half_width(text).split(":")
    if len(parts) not in (2, 3) or not parts[0].strip():
        raise KnownError(
            f"“{_short(text)}”看不懂。没有推算。请写成 专家评审:2026-09-21:2026-09-25，还没结束的不写止日。"
        )
    name = parts[0].strip()
    codes = {procedure.value: PROCEDURE_NAMES[procedure] for procedure in Procedure}
    name = codes.get(name, name)
    if name not in (CORRECTION, *codes.values()):
        known = "、".join((CORRECTION, *codes.values()))
        raise KnownError(f"不认识的程序“{_short(name)}”。没有推算。可以写：{known}。")
    first = read_day(parts[1], "暂停的起日")
    last = read_day(parts[2], "暂停的止日") if len(parts) == 3 and parts[2].strip() else None
    if last is not None and last < first:
        raise KnownError(f"{name}的止日早于起日。没有推算。请核对。")
    if first < start:
        raise KnownError(f"{name}的起日早于起算日。没有推算。请核对。")
    law = name not in (CORRECTION, PROCEDURE_NAMES[Procedure.SUSPENSION])
    basis = {PERMIT: LAW_45, REAL_ESTATE: _OWN, OTHER: _OWN}.get(kind, f"行政许可依{LAW_45}")
    return Pause(kind=name, start=first, end=last, basis=basis if law else "")


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"

"""``main.py deadline``: a due date with its reasoning."""

from __future__ import annotations

import re
from typing import Any

from models.domain.deadlines import due_date
from models.domain.fields import parse_date
from models.domain.ids import half_width
from models.domain.workdays import Calendar, builtin_calendar
from models.errors import KnownError

MAX_WORKDAYS = 10_000


def explain_deadline(start_text: str, workdays_text: str, calendar: Calendar | None = None) -> dict[str, Any]:
    """The keys of DESIGN §8: start, due, provisional, explanation.  Raises KnownError on bad input.

    Without a ``calendar`` the built-in one (2004–2026) is used.
    """
    try:
        start = parse_date(start_text)
    except ValueError as error:
        raise KnownError(f"“{_short(start_text)}”这一天不存在。没有推算。请核对起算日。") from error
    if start is None:
        raise KnownError(f"“{_short(start_text)}”不是日期。没有推算。请写成 2026-09-18 这样。")
    digits = half_width(workdays_text).strip()
    if not re.fullmatch(r"[0-9]{1,9}", digits):
        raise KnownError(
            f"“{_short(workdays_text)}”不是工作日数。没有推算。请写 0 到 {MAX_WORKDAYS} 的整数。"
        )
    workdays = int(digits)
    if not 0 <= workdays <= MAX_WORKDAYS:
        raise KnownError(f"工作日数要在 0 到 {MAX_WORKDAYS} 之间。没有推算。")
    try:
        answer = due_date(start, workdays, calendar or builtin_calendar())
    except OverflowError as error:
        raise KnownError("推算的日期超出了公历能写的范围。没有推算。请核对起算日。") from error
    return {
        "start": answer.start.isoformat(),
        "due": answer.due.isoformat(),
        "provisional": answer.provisional,
        "explanation": list(answer.explanation),
    }


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"

"""``main.py deadline``: a due date with its reasoning."""

from __future__ import annotations

import datetime as dt
from typing import Any

from models.domain.deadlines import due_date
from models.domain.workdays import Calendar, builtin_calendar
from models.errors import KnownError

MAX_WORKDAYS = 10_000


def explain_deadline(start_text: str, workdays_text: str, calendar: Calendar | None = None) -> dict[str, Any]:
    """The keys of DESIGN §8: start, due, provisional, explanation.  Raises KnownError on bad input."""
    try:
        start = dt.date.fromisoformat(start_text.strip())
    except ValueError as error:
        raise KnownError(f"“{start_text}”不是日期。没有推算。请写成 2026-09-18 这样。") from error
    try:
        workdays = int(workdays_text)
    except ValueError as error:
        raise KnownError(
            f"“{workdays_text}”不是工作日数。没有推算。请写 0 到 {MAX_WORKDAYS} 的整数。"
        ) from error
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

"""The last day of a duty, as entered with the act that promises it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from models.domain.deadlines import due_day
from models.domain.verdict import Refusal
from models.domain.workdays import Calendar


def last_day(
    fields: Mapping[str, str], path: str, start: dt.date, workdays: int, calendar: Calendar
) -> str | Refusal:
    """The day in ``fields[path]``, which must lie within ``workdays`` after ``start``; the last such
    day when nothing was entered (行政许可法 第八十二条: counted in workdays)."""
    limit = due_day(start, workdays, calendar)
    text = fields.get(path, "")
    if not text:
        return limit.isoformat()
    try:
        wanted = dt.date.fromisoformat(text)
    except ValueError:
        return Refusal(code="due_day", message="补齐或者核查的日期不成立，没有采用。请改正日期。")
    if not start <= wanted <= limit:
        return Refusal(
            code="due_day",
            message=f"补齐或者核查的日期应在 {start.isoformat()} 至 {limit.isoformat()} 之间。请改正日期。",
        )
    return wanted.isoformat()

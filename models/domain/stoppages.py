"""Which days a stop of the clock takes out of a limit, and how long it may last.

行政许可法 第四十五条: the time that a hearing, an inspection, an expert review needs is not counted.  A stop that takes
N workdays (the day it begins is none of them, as with every term) moves the end by N workdays; one that is over
on the day it began moves nothing; and a limit that was open at the stop is never over at the resumption.  So of a
stop that begins on a day of the limit, that day is taken out and the day of the resumption counts; of one that
begins on a day that does not count anyway, the days after it, with that of the resumption.

A list may cap a procedure (专家评审 不超过 20 个工作日): time beyond the cap counts, whether or not anybody resumes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import msgspec

from models.domain.case import CaseState, Stoppage
from models.domain.catalog import Item
from models.domain.deadlines import Pause, due_date
from models.domain.procedures import procedure_name
from models.domain.workdays import Calendar

_DAY = dt.timedelta(days=1)
_DIGITS = {word: value for value, word in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_CAP = re.compile(r"不(?:得)?(?:超过|多于)\s*([0-9]{1,3}|[一二三四五六七八九十]{1,3})\s*个?工作日")


def procedure_cap(item: Item, procedure: str) -> tuple[int, str] | None:
    """The most workdays that the list allows for a procedure, and the words of the list; None where it says none."""
    name = procedure_name(procedure)
    stages = (f"{stage.name}{stage.note}" for stage in item.stages if not stage.counted)
    for text in (*item.special_procedures, *item.not_counted, *stages):
        found = _CAP.search(text) if name in text else None
        if found is not None:
            return _number(found[1]), text
    return None


def _number(text: str) -> int:
    """Arabic or Chinese up to 99."""
    if text.isdigit():
        return int(text)
    tens, mark, ones = text.rpartition("十")
    if not mark:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def resume_by(start: dt.date, workdays: int, calendar: Calendar) -> dt.date:
    """The day on which the clock runs again when a stop from ``start`` takes ``workdays`` workdays."""
    return due_date(start, workdays, calendar).due


def told_until(one: Stoppage, calendar: Calendar) -> dt.date | None:
    """The day on which the clock runs again by what was told in writing; None where no time was told."""
    start = dt.date.fromisoformat(one.start)
    return resume_by(start, one.workdays, calendar) if one.workdays else None


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One stop and the days it takes out, from ``first`` to ``last``; ``last`` before ``first``: none, None: open.

    ``until`` is the day from which it stops nothing any more, whatever was told; None without a cap.
    ``taken`` counts its workdays so far as it is over.
    """

    stop: Stoppage
    first: dt.date
    last: dt.date | None
    until: dt.date | None
    taken: int = 0


def days_out(
    start: dt.date,
    end: dt.date,
    begun: dt.date,
    calendar: Calendar,
    earlier: Sequence[tuple[dt.date, dt.date | None]] = (),
) -> tuple[dt.date, dt.date]:
    """First and last of the days that a stop from ``start``, resumed on ``end``, takes out of a limit from
    ``begun``; the last before the first: none.  ``earlier`` are the days that other stops took out before."""
    gone = any(first <= start and (last is None or start <= last) for first, last in earlier)
    if start > begun and calendar.is_workday(start) and not gone:
        return start, end - _DAY
    return start + _DAY, end


def spans_of(
    state: CaseState, item: Item, calendar: Calendar, begun: dt.date, today: dt.date | None = None
) -> list[Span]:
    """The stops of a limit from ``begun``, in order.

    ``today`` ends an open stop whose cap is over; without it that stays open.
    """
    found: list[Span] = []
    for one in state.stoppages:
        start, end = dt.date.fromisoformat(one.start), dt.date.fromisoformat(one.end) if one.end else None
        cap = procedure_cap(item, one.procedure)
        used = sum(s.taken for s in found if s.stop.procedure == one.procedure)
        until = resume_by(start, max(0, cap[0] - used), calendar) if cap is not None else None
        if until is not None and (end or today or dt.date.min) > until:
            end = until
        if end is None:
            found.append(Span(stop=one, first=start, last=None, until=until))
            continue
        out = [(span.first, span.last) for span in found]
        first, last = days_out(start, end, begun, calendar, out)
        taken = sum(calendar.is_workday(first + n * _DAY) for n in range((last - first).days + 1))
        found.append(Span(stop=one, first=first, last=last, until=until, taken=taken))
    return found


def pauses_of(
    state: CaseState, item: Item, calendar: Calendar, begun: dt.date, today: dt.date | None = None
) -> list[Pause]:
    """The days that do not count in a limit from ``begun``; see :func:`spans_of`."""
    return [
        Pause(
            kind=procedure_name(span.stop.procedure), start=span.first, end=span.last, basis=span.stop.basis
        )
        for span in spans_of(state, item, calendar, begun, today)
        if span.last is None or span.last >= span.first
    ]


def cap_left(state: CaseState, item: Item, procedure: str, calendar: Calendar) -> int | None:
    """Workdays that a procedure may still take, after those it took before; None without a cap."""
    cap = procedure_cap(item, procedure)
    if cap is None:
        return None
    spans = spans_of(state, item, calendar, dt.date.fromisoformat(state.accepted_on))
    return max(0, cap[0] - sum(span.taken for span in spans if span.stop.procedure == procedure))

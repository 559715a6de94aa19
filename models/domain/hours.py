"""When a hall is open, and what the clock says of an act outside of that (五+二+X, 延时服务).

The mark is worked out from the time of the act by the one law that desk and hub run; no screen, command
or file can set it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from models.domain.ops import OpTime
from models.domain.workdays import Calendar

_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DAY_END = 24 * 60


class ServiceMark(StrEnum):
    """How an act stands to the opening hours."""

    REGULAR = ""
    WEEKEND = "weekend"  # 双休日、节假日
    OVERTIME = "overtime"  # 延时: a workday, outside of the opening hours


SERVICE_NAMES: Mapping[ServiceMark, str] = {
    ServiceMark.REGULAR: "工作时间",
    ServiceMark.WEEKEND: "双休日、节假日服务",
    ServiceMark.OVERTIME: "延时服务",
}


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Opening hours of a workday as (from, to) in minutes of the day; ``to`` is shut already."""

    spans: tuple[tuple[int, int], ...] = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))

    def open_at(self, minute: int) -> bool:
        return any(start <= minute < end for start, end in self.spans)


DEFAULT_HOURS = Hours()


def parse_hours(text: str) -> Hours:
    """``09:00-12:00,13:00-17:00`` as hours; empty text gives the default.

    Full-width marks and 、；or spaces between spans are taken too.  Raises ValueError for anything else:
    a time that does not exist, a span that ends before it begins, spans that overlap.
    """
    plain = text.translate(str.maketrans("：～—－，、；;", ":---,,,,")).replace("--", "-").strip()
    if not plain:
        return DEFAULT_HOURS
    spans: list[tuple[int, int]] = []
    for part in re.split(r"[,\s]+", plain):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError(f"not a span of hours: {part}")
        h1, m1, h2, m2 = map(int, found.groups())
        start, end = h1 * 60 + m1, h2 * 60 + m2
        if m1 > 59 or m2 > 59 or not start < end <= _DAY_END or (spans and start < spans[-1][1]):
            raise ValueError(f"not a span of hours: {part}")
        spans.append((start, end))
    return Hours(spans=tuple(spans))


def hours_by_hall(told: Iterable[tuple[str, str]]) -> dict[str, Hours]:
    """(hall, hours as text) as hours; a hall without any, or with some that make no sense, is left out."""
    found: dict[str, Hours] = {}
    for hall, text in told:
        if not text.strip():
            continue
        try:
            found[hall] = parse_hours(text)
        except ValueError:
            continue  # the import has named it; the default hours hold
    return found


def service_mark(time: OpTime, hours: Hours, calendar: Calendar) -> ServiceMark:
    """The mark of an act done at ``time``: the day's first, then the hour's."""
    if not calendar.is_workday(time.day):
        return ServiceMark.WEEKEND
    return ServiceMark.REGULAR if hours.open_at(time.minute) else ServiceMark.OVERTIME

"""The workday calendar: what the State Council has announced, and nothing guessed beyond it."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import msgspec

_WEEKDAYS = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def weekday_name(day: dt.date) -> str:
    return _WEEKDAYS[day.weekday()]


def day_cn(day: dt.date) -> str:
    """``2026-09-24 周四``."""
    return f"{day.isoformat()} {weekday_name(day)}"


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """``years`` are those announced.  ``holidays`` maps a day off to its name; ``makeup`` are
    weekend days worked (调休上班).  Encodes to JSON, for the way from hub to desk.
    """

    years: frozenset[int]
    holidays: dict[dt.date, str]
    makeup: frozenset[dt.date]

    def known(self, day: dt.date) -> bool:
        """Whether the day's year has been announced; if not, Monday to Friday is only assumed."""
        return day.year in self.years

    def is_workday(self, day: dt.date) -> bool:
        if day in self.makeup:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def why_off(self, day: dt.date) -> str:
        return self.holidays.get(day, "周末")

    def between(self, day: dt.date, end: dt.date) -> int:
        """How many workdays lie after ``day`` up to ``end``; negative where ``end`` is the earlier one."""
        if end < day:
            return -self.between(end, day)
        span = (end - day).days
        return sum(self.is_workday(day + dt.timedelta(days=i)) for i in range(1, span + 1))

    def with_year(self, year: int, holidays: dict[dt.date, str], makeup: frozenset[dt.date]) -> Calendar:
        """The calendar with one year's notice added or replaced.

        Raises ValueError when a day lies in another year or is both off and worked.
        """
        if any(d.year != year for d in (*holidays, *makeup)) or makeup & holidays.keys():
            raise ValueError("calendar days contradict each other")
        return Calendar(
            years=self.years | {year},
            holidays={d: n for d, n in self.holidays.items() if d.year != year} | holidays,
            makeup=frozenset(d for d in self.makeup if d.year != year) | makeup,
        )


@lru_cache(maxsize=1)
def builtin_calendar() -> Calendar:
    """2004–2026 from chinesecalendar (the State Council's yearly notices)."""
    from chinese_calendar import constants

    return Calendar(
        years=frozenset(range(2004, 2027)),
        holidays={day: _NAMES.get(name, name) for day, name in constants.holidays.items()},
        makeup=frozenset(constants.workdays),
    )


def is_day(text: str) -> bool:
    """Whether ``text`` is a day of the calendar, written 2026-09-24."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

"""The workday calendar: announced years, make-up days, and nothing guessed beyond."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.workdays import Calendar, builtin_calendar, day_cn

CALENDAR = builtin_calendar()


@pytest.mark.parametrize("day", ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"])
def test_makeup_days_of_2026_are_worked(day: str) -> None:
    date = dt.date.fromisoformat(f"2026-{day}")
    assert date.weekday() >= 5
    assert CALENDAR.is_workday(date)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-01-01", "元旦"),
        ("2026-02-17", "春节"),
        ("2026-04-06", "清明节"),
        ("2026-05-01", "劳动节"),
        ("2026-06-19", "端午节"),
        ("2026-09-25", "中秋节"),
        ("2026-10-05", "国庆节"),
        ("2015-09-03", "抗战胜利纪念日"),
        ("2026-11-21", "周末"),
    ],
)
def test_days_off_have_a_name(day: str, why: str) -> None:
    date = dt.date.fromisoformat(day)
    assert not CALENDAR.is_workday(date)
    assert CALENDAR.why_off(date) == why


def test_every_built_in_day_off_has_a_chinese_name() -> None:
    assert not {name for name in CALENDAR.holidays.values() if name.isascii()}


def test_a_day_is_never_both_off_and_worked() -> None:
    assert not CALENDAR.makeup & CALENDAR.holidays.keys()
    assert {d.year for d in (*CALENDAR.holidays, *CALENDAR.makeup)} <= CALENDAR.years


@pytest.mark.parametrize(("year", "known"), [(2003, False), (2004, True), (2026, True), (2027, False)])
def test_known_years(year: int, known: bool) -> None:
    assert CALENDAR.known(dt.date(year, 6, 1)) is known


@given(st.dates(dt.date(2027, 1, 1)))
def test_beyond_the_notices_monday_to_friday_is_assumed(day: dt.date) -> None:
    assert CALENDAR.is_workday(day) == (day.weekday() < 5)
    assert not CALENDAR.known(day)


def test_an_announced_year_replaces_what_was_known_of_it_only() -> None:
    new_year, sunday = dt.date(2027, 1, 1), dt.date(2027, 1, 3)
    first = CALENDAR.with_year(2027, {new_year: "元旦"}, frozenset({sunday}))
    assert first.known(new_year)
    assert not first.is_workday(new_year)
    assert first.is_workday(sunday)
    again = first.with_year(2027, {}, frozenset())
    assert again.is_workday(new_year)
    assert not again.is_workday(sunday)
    assert again.known(new_year)
    assert again.holidays == CALENDAR.holidays
    assert again.makeup == CALENDAR.makeup
    assert not CALENDAR.known(new_year)


@pytest.mark.parametrize(
    ("holidays", "makeup"),
    [
        ({dt.date(2028, 1, 1): "元旦"}, frozenset()),
        ({}, frozenset({dt.date(2026, 1, 4)})),
        ({dt.date(2027, 1, 1): "元旦"}, frozenset({dt.date(2027, 1, 1)})),
    ],
)
def test_a_contradictory_notice_is_refused(holidays: dict[dt.date, str], makeup: frozenset[dt.date]) -> None:
    with pytest.raises(ValueError, match="contradict"):
        CALENDAR.with_year(2027, holidays, makeup)


def test_the_calendar_travels_as_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(CALENDAR), type=Calendar) == CALENDAR


def test_a_day_is_written_with_its_weekday() -> None:
    assert day_cn(dt.date(2026, 9, 24)) == "2026-09-24 周四"

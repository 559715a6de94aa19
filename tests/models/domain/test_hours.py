"""The mark of an act outside of opening hours comes from the clock."""

from __future__ import annotations

import datetime as dt

import pytest

from models.domain.hours import DEFAULT_HOURS, Hours, ServiceMark, hours_by_hall, parse_hours, service_mark
from models.domain.ops import OpTime
from models.domain.workdays import builtin_calendar

CHINA = dt.timezone(dt.timedelta(hours=8))


def at(text: str) -> OpTime:
    return OpTime(wall_ms=int(dt.datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000))


@pytest.mark.parametrize(
    ("when", "mark"),
    [
        ("2026-09-18 09:00", ServiceMark.REGULAR),
        ("2026-09-18 08:59", ServiceMark.OVERTIME),
        ("2026-09-18 11:59", ServiceMark.REGULAR),
        ("2026-09-18 12:00", ServiceMark.OVERTIME),
        ("2026-09-18 17:00", ServiceMark.OVERTIME),
        ("2026-09-19 10:00", ServiceMark.WEEKEND),
        ("2026-09-20 10:00", ServiceMark.REGULAR),  # a Sunday worked
        ("2026-10-01 10:00", ServiceMark.WEEKEND),
    ],
)
def test_the_mark_follows_from_the_clock_alone(when: str, mark: ServiceMark) -> None:
    assert service_mark(at(when), DEFAULT_HOURS, builtin_calendar()) is mark


@pytest.mark.parametrize(
    "text", ["09:00-12:00,13:00-17:00", "09：00－12：00、13:00—17:00", " 9:00-12:00 13:00-17:00 ", ""]
)
def test_hours_are_read_as_offices_write_them(text: str) -> None:
    assert parse_hours(text) == DEFAULT_HOURS


@pytest.mark.parametrize(
    "text", ["9-17", "17:00-09:00", "09:00-12:00,11:00-17:00", "09:60-12:00", "09:00-25:00", "x"]
)
def test_hours_that_make_no_sense_are_named_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="span of hours"):
        parse_hours(text)
    assert hours_by_hall([("h", text)]) == {}


def test_a_hall_has_its_own_hours() -> None:
    own = hours_by_hall([("a", "08:00-20:00"), ("b", "")])
    assert own == {"a": Hours(spans=((480, 1200),))}
    assert service_mark(at("2026-09-18 19:00"), own["a"], builtin_calendar()) is ServiceMark.REGULAR

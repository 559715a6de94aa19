"""Deadlines: the computed vectors of domain facts §2.6 and the properties any count must have."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.deadline import explain_deadline
from models.domain.deadlines import Extension, Pause, correction_deadline, day_cells, due_date
from models.domain.workdays import builtin_calendar
from models.errors import KnownError

CALENDAR = builtin_calendar()
DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2025, 6, 30))


@pytest.mark.parametrize(
    ("start", "workdays", "due"),
    [
        ("2025-09-26", 5, "2025-10-10"),
        ("2025-09-30", 5, "2025-10-14"),
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-04-30", 10, "2026-05-18"),
        ("2026-09-18", 5, "2026-09-24"),
    ],
)
def test_vectors(start: str, workdays: int, due: str) -> None:
    answer = explain_deadline(start, str(workdays))
    assert answer["due"] == due
    assert answer["provisional"] is False


def test_on_the_spot_is_the_same_day_also_on_a_weekend() -> None:
    saturday = dt.date(2026, 9, 19)
    answer = due_date(saturday, 0, CALENDAR)
    assert (answer.start, answer.due) == (saturday, saturday)


def test_a_weekend_receipt_is_not_moved_to_monday() -> None:
    answer = due_date(dt.date(2026, 9, 12), 1, CALENDAR)
    assert answer.start == dt.date(2026, 9, 12)
    assert answer.due == dt.date(2026, 9, 14)


def test_makeup_days_count_and_are_named() -> None:
    answer = due_date(dt.date(2026, 9, 18), 5, CALENDAR)
    assert any("2026-09-20 周日 调休上班" in line for line in answer.explanation)
    assert [c.kind for c in day_cells(dt.date(2026, 9, 18), 5, CALENDAR)] == [
        "start", "off", "makeup", "work", "work", "work", "due",
    ]  # fmt: skip


def test_beyond_the_known_calendar_is_provisional_and_says_so() -> None:
    answer = due_date(dt.date(2026, 12, 28), 20, CALENDAR)
    assert answer.provisional
    assert any("2027" in line for line in answer.explanation)
    announced = CALENDAR.with_year(2027, {dt.date(2027, 1, 1): "元旦"}, frozenset())
    again = due_date(dt.date(2026, 12, 28), 20, announced)
    assert not again.provisional
    assert again.due == answer.due + dt.timedelta(days=1)


def test_an_open_pause_makes_the_end_provisional() -> None:
    answer = due_date(dt.date(2026, 3, 2), 10, CALENDAR, [Pause(kind="补正", start=dt.date(2026, 3, 5))])
    assert answer.provisional


def test_extension_adds_days_with_its_article() -> None:
    plain = due_date(dt.date(2026, 3, 2), 30, CALENDAR)
    extended = due_date(
        dt.date(2026, 3, 2), 20, CALENDAR, extensions=[Extension(workdays=10, approved_by="样例局长")]
    )
    assert extended.due == plain.due
    assert any("第四十二条" in line for line in extended.explanation)


@given(DAYS, st.integers(1, 60))
def test_due_is_a_workday_after_exactly_n_of_them(start: dt.date, n: int) -> None:
    due = due_date(start, n, CALENDAR).due
    between = [start + dt.timedelta(days=i) for i in range(1, (due - start).days + 1)]
    assert sum(CALENDAR.is_workday(day) for day in between) == n
    assert CALENDAR.is_workday(due)


@given(DAYS, st.integers(1, 40), st.integers(1, 10), st.integers(1, 5))
def test_a_pause_moves_the_end_by_its_workdays(start: dt.date, n: int, after: int, length: int) -> None:
    first = start + dt.timedelta(days=after)
    last = first + dt.timedelta(days=length)
    plain = due_date(start, n, CALENDAR)
    paused = due_date(start, n, CALENDAR, [Pause(kind="特别程序", start=first, end=last)])
    if first > plain.due:
        assert paused.due == plain.due
    else:
        lost = sum(CALENDAR.is_workday(first + dt.timedelta(days=i)) for i in range((last - first).days + 1))
        assert paused.due == due_date(start, n + lost, CALENDAR).due


def test_correction_window_is_five_workdays() -> None:
    assert correction_deadline("2026-09-18", CALENDAR) == dt.date(2026, 9, 24)


@pytest.mark.parametrize(
    ("start", "days"),
    [
        ("", "5"),
        ("2026-02-30", "5"),
        ("2026-02-13", "x"),
        ("2026-02-13", "-1"),
        ("2026-02-13", "10001"),
        ("9999-12-01", "100"),
    ],
)
def test_bad_input_is_one_sentence(start: str, days: str) -> None:
    with pytest.raises(KnownError, match="没有推算"):
        explain_deadline(start, days)


def test_a_very_long_limit_ends() -> None:
    assert explain_deadline("2026-01-05", "10000")["provisional"] is True

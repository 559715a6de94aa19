"""Deadlines: the computed vectors of domain facts §2.6 and the properties any count must have."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.deadline import explain_deadline
from models.domain.deadlines import Extension, Pause, correction_deadline, day_cells, due_date, due_day
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


def test_a_year_before_the_calendar_begins_is_provisional_too() -> None:
    answer = due_date(dt.date(2003, 12, 29), 5, CALENDAR)
    assert answer.due.year == 2004
    assert answer.provisional
    assert any("待 2003 年日历" in line for line in answer.explanation)


def test_many_unknown_years_are_one_line() -> None:
    answer = due_date(dt.date(2026, 12, 28), 800, CALENDAR)
    assert sum("年日历" in line for line in answer.explanation) == 1
    assert any("待 2027 至 2030 年日历" in line for line in answer.explanation)


@pytest.mark.parametrize("began", ["2026-03-05", "2026-03-02", "2026-02-26"])
def test_while_a_pause_is_open_no_end_is_stated(began: str) -> None:
    pause = Pause(kind="特别程序", start=dt.date.fromisoformat(began))
    answer = due_date(dt.date(2026, 3, 2), 10, CALENDAR, [pause])
    counted = 2 if began == "2026-03-05" else 0
    assert answer.paused
    assert answer.provisional
    assert answer.due == dt.date(2026, 3, 17)  # the 10th workday is 03-16; the pause took at least a day
    assert f"已计 {counted} 个工作日，还有 {10 - counted} 个" in answer.explanation[-1]
    assert not any(line.startswith("办结期限：") for line in answer.explanation)


def test_an_open_pause_after_the_end_changes_nothing() -> None:
    pause = Pause(kind="补正", start=dt.date(2026, 4, 1))
    assert due_date(dt.date(2026, 3, 2), 10, CALENDAR, [pause]) == due_date(dt.date(2026, 3, 2), 10, CALENDAR)


def test_a_pause_is_named_with_its_article() -> None:
    pause = Pause(
        kind="特别程序",
        start=dt.date(2026, 3, 5),
        end=dt.date(2026, 3, 9),
        basis="《中华人民共和国行政许可法》第四十五条",
    )
    answer = due_date(dt.date(2026, 3, 2), 10, CALENDAR, [pause])
    assert (
        "2026-03-05 周四 至 2026-03-09 周一 特别程序（《中华人民共和国行政许可法》第四十五条），不计"
        in answer.explanation
    )
    assert not answer.paused
    assert not answer.provisional


def test_the_explanation_word_for_word() -> None:
    assert due_date(dt.date(2026, 9, 26), 10, CALENDAR).explanation == (
        "起算：2026-09-26 周六（中秋节收件，收件日不变，当日不计，次日起算）",
        "2026-09-27 周日 中秋节，不计",
        "2026-10-01 周四 至 2026-10-07 周三 国庆节，不计",
        "其余周末 1 天，不计",
        "2026-10-10 周六 调休上班，计入",
        "办结期限：2026-10-15 周四，第 10 个工作日"
        "（按工作日计算，不含法定节假日；行政许可依《中华人民共和国行政许可法》第八十二条）",
    )


def test_a_negative_limit_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="negative"):
        due_date(dt.date(2026, 3, 2), -1, CALENDAR)


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


@given(st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)), st.integers(0, 90))
def test_the_day_alone_is_the_day_that_is_explained(start: dt.date, n: int) -> None:
    assert due_day(start, n, CALENDAR) == due_date(start, n, CALENDAR).due


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


@given(DAYS, st.integers(0, 60), st.integers(0, 60))
def test_a_longer_limit_never_ends_earlier(start: dt.date, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert due_date(start, less, CALENDAR).due <= due_date(start, more, CALENDAR).due


@given(DAYS, st.integers(0, 30), st.integers(0, 30))
def test_a_later_start_never_ends_earlier(start: dt.date, later: int, n: int) -> None:
    again = due_date(start + dt.timedelta(days=later), n, CALENDAR)
    assert due_date(start, n, CALENDAR).due <= again.due


@given(DAYS, st.integers(1, 60), st.integers(3, 20), st.integers(0, 25))
def test_cells_begin_at_receipt_and_end_at_the_end(start: dt.date, n: int, limit: int, after: int) -> None:
    first = start + dt.timedelta(days=after)
    pauses = [Pause(kind="特别程序", start=first, end=first + dt.timedelta(days=3))]
    cells = day_cells(start, n, CALENDAR, limit, pauses=pauses)
    assert len(cells) <= max(limit, 2)
    assert (cells[0].day, cells[0].kind) == (start, "start")
    assert (cells[-1].day, cells[-1].kind) == (due_date(start, n, CALENDAR, pauses).due, "due")
    assert [c.day for c in cells] == sorted({c.day for c in cells})


def test_cells_show_pauses_and_stop_at_an_open_one() -> None:
    monday = dt.date(2026, 3, 2)
    closed = Pause(kind="补正", start=dt.date(2026, 3, 4), end=dt.date(2026, 3, 4))
    assert [(c.label, c.kind) for c in day_cells(monday, 3, CALENDAR, pauses=[closed])] == [
        ("收件", "start"), ("1", "work"), ("停", "paused"), ("2", "work"), ("3", "due"),
    ]  # fmt: skip
    opened = Pause(kind="补正", start=dt.date(2026, 3, 4))
    assert [c.label for c in day_cells(monday, 3, CALENDAR, pauses=[opened])] == ["收件", "1", "停"]


def test_on_the_spot_has_one_cell() -> None:
    assert [c.kind for c in day_cells(dt.date(2026, 3, 2), 0, CALENDAR)] == ["start"]


def test_correction_window_is_five_workdays_or_the_same_day() -> None:
    assert correction_deadline("2026-09-18", CALENDAR) == dt.date(2026, 9, 24)
    assert correction_deadline("2026-09-18", CALENDAR, on_the_spot=True) == dt.date(2026, 9, 18)


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

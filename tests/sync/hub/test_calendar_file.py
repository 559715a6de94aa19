"""A holiday notice is taken whole or not at all; a hole in it is named by its day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from models.domain.deadlines import due_date
from models.domain.workdays import Calendar, builtin_calendar
from models.errors import KnownError
from sync.hub.calendar_file import read_calendar

# Made up for the test: nobody has announced 2027 or 2028 yet.
SPRING = [f"2027-02-{day:02},休,春节" for day in range(5, 12)]
AUTUMN = [f"2027-10-{day:02},休,国庆节" for day in range(1, 8)]
MAY = [f"2027-05-{day:02},休,劳动节" for day in range(1, 6)]
LUNAR = ["2027-04-05,休,清明节", "2027-06-09,休,端午节", "2027-09-15,休,中秋节"]
YEAR = ["2027-01-01,休,元旦", *SPRING, "2027-02-13,班,", *LUNAR, *MAY, "2027-05-08,班,", *AUTUMN]


def read(
    tmp_path: Path, lines: list[str], known: Calendar | None = None, encoding: str = "utf-8"
) -> tuple[Calendar, list[int]]:
    file = tmp_path / "放假安排.csv"
    file.write_bytes("\r\n".join(["日期,类型,名称", *lines]).encode(encoding))
    return read_calendar(file, known or builtin_calendar())


def fault(tmp_path: Path, lines: list[str], known: Calendar | None = None) -> str:
    with pytest.raises(KnownError) as caught:
        read(tmp_path, lines, known)
    assert "没有导入，原日历不变" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_whole_year_makes_deadlines_final(tmp_path: Path, encoding: str) -> None:
    calendar, years = read(tmp_path, YEAR, encoding=encoding)
    assert years == [2027]
    start = dt.date(2026, 12, 28)
    assert due_date(start, 30, builtin_calendar()).provisional
    final = due_date(start, 30, calendar)
    assert not final.provisional
    assert final.due == dt.date(2027, 2, 15)  # the 5th to 11th off, Saturday the 13th worked


def test_a_hole_is_named_by_its_day(tmp_path: Path) -> None:
    assert "2027-10-01 周五（国庆节）没有写休" in fault(tmp_path, [d for d in YEAR if "10-01" not in d])
    assert "春节假期缺一天：2027-02-09 周二" in fault(tmp_path, [d for d in YEAR if "02-09" not in d])
    skipped = [line.replace("2027-", "2028-") for line in YEAR if "班" not in line]
    assert "2027-01-01 至 2027-12-31" in fault(tmp_path, [*skipped, "2028-10-02,休,国庆节"][:-1])


@pytest.mark.parametrize("name", ["春节", "清明节", "端午节", "中秋节"])
def test_a_holiday_left_out_whole_is_named_too(tmp_path: Path, name: str) -> None:
    assert f"2027 年不全：没有{name}" in fault(tmp_path, [line for line in YEAR if not line.endswith(name)])


@pytest.mark.parametrize("year", range(2008, 2027))
def test_every_announced_year_is_whole(tmp_path: Path, year: int) -> None:
    known = builtin_calendar()
    off = [f"{day},休,{name}" for day, name in known.holidays.items() if day.year == year]
    worked = [f"{day},班," for day in known.makeup if day.year == year]
    assert read(tmp_path, [*off, *worked])[0] == known


def test_two_years_in_one_file_leave_no_gap(tmp_path: Path) -> None:
    second = [line.replace("2027-", "2028-") for line in YEAR if "班" not in line]
    assert read(tmp_path, [*YEAR, *second])[1] == [2027, 2028]


def test_a_weekday_cannot_be_made_up_and_no_day_is_told_twice(tmp_path: Path) -> None:
    assert "第 2 行的 2027-03-03 周三 本来就上班" in fault(tmp_path, ["2027-03-03,班,", *YEAR])
    assert "写了两次" in fault(tmp_path, [*YEAR, "2027-01-01,休,元旦"])


def test_the_eve_of_a_new_year_adds_to_the_known_one(tmp_path: Path) -> None:
    calendar, years = read(tmp_path, ["2026-12-31,休,元旦", "2026-12-26,班,", *YEAR])
    assert years == [2027]
    assert not calendar.is_workday(dt.date(2026, 12, 31))
    assert calendar.is_workday(dt.date(2026, 12, 26))
    assert not calendar.is_workday(dt.date(2026, 10, 1))  # what was known of 2026 stands


def test_a_later_notice_takes_the_place_of_the_former(tmp_path: Path) -> None:
    first, _ = read(tmp_path, YEAR)
    second, _ = read(tmp_path, [line for line in YEAR if "05-08" not in line], first)
    assert first.is_workday(dt.date(2027, 5, 8))
    assert not second.is_workday(dt.date(2027, 5, 8))

"""Reading a year's holiday notice from the CSV file that an office keeps.

Columns 日期, 类型 (休 or 班), 名称; one line a day off or a weekend day worked.  Every year that occurs
in the file replaces what was known of it, but for the last days of a known year that a notice for the
next one names too (元旦 often begins on 30 December).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from itertools import pairwise
from pathlib import Path

from models.domain.workdays import Calendar, day_cn
from models.errors import KnownError

COLUMNS = ("日期", "类型", "名称")
KEPT = "没有导入，原日历不变。"
EARLIEST, LATEST = 2000, 2100
# Days that are off every year by their date; a notice without one of them is not whole.
_ALWAYS_OFF = ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"), (10, 2, "国庆节"), (10, 3, "国庆节"))
# The others move with the moon; a notice names some day between these, be it a Sunday.
_MOVING = (
    ("春节", (1, 21), (2, 27)),
    ("清明节", (4, 2), (4, 8)),
    ("端午节", (5, 25), (6, 28)),
    ("中秋节", (9, 6), (9, 30)),
)
_SINCE = 2008  # before, some of them were no holidays
_MERGED_DAYS = 8  # 中秋节 in the week of 国庆节 makes it that long
_LONGEST_HOLIDAY = 10
_UNNAMED = "节假日"


def read_calendar(file: Path, known: Calendar) -> tuple[Calendar, list[int]]:
    """``known`` with the years of the file added or replaced, and those years.

    Raises KnownError, naming the line or the day, and then nothing of the file counts.
    """
    holidays: dict[dt.date, str] = {}
    makeup: set[dt.date] = set()
    for number, row in enumerate(_rows(file), start=2):
        day = _day(file, number, row.get("日期") or "")
        kind = (row.get("类型") or "").strip()
        if day in holidays or day in makeup:
            raise KnownError(f"“{file.name}”第 {number} 行的 {day_cn(day)} 写了两次。{KEPT}")
        if kind == "休":
            holidays[day] = (row.get("名称") or "").strip() or _UNNAMED
        elif kind == "班":
            if day.weekday() < 5:
                raise KnownError(
                    f"“{file.name}”第 {number} 行的 {day_cn(day)} 本来就上班，不能写成调休上班。{KEPT}"
                )
            makeup.add(day)
        else:
            raise KnownError(f"“{file.name}”第 {number} 行的类型是“{kind}”，只能写休或者班。{KEPT}")
    if not holidays and not makeup:
        raise KnownError(f"“{file.name}”里一天也没有，{KEPT}")
    return _with_years(file, known, holidays, makeup)


def _with_years(
    file: Path, known: Calendar, holidays: dict[dt.date, str], makeup: set[dt.date]
) -> tuple[Calendar, list[int]]:
    mentioned = sorted({day.year for day in (*holidays, *makeup)})
    eves = {year for year in mentioned if _only_eve(year, known, holidays, makeup) and year + 1 in mentioned}
    years = [year for year in mentioned if year not in eves]
    _complain(file, known, years, holidays)
    for year in mentioned:
        off = {day: name for day, name in holidays.items() if day.year == year}
        worked = {day for day in makeup if day.year == year}
        if year in eves:
            off = {d: n for d, n in known.holidays.items() if d.year == year and d not in worked} | off
            worked |= {day for day in known.makeup if day.year == year and day not in off}
        known = known.with_year(year, off, frozenset(worked))
    return known, years


def _only_eve(year: int, known: Calendar, holidays: dict[dt.date, str], makeup: set[dt.date]) -> bool:
    """Whether the file has of this known year only days at its end."""
    return year in known.years and all(
        day >= dt.date(year, 12, 20) for day in (*holidays, *makeup) if day.year == year
    )


def _complain(file: Path, known: Calendar, years: list[int], holidays: dict[dt.date, str]) -> None:
    """A calendar with a hole would count days that are off: the first such day is named."""
    for year in years:
        for month, day, name in _ALWAYS_OFF:
            date = dt.date(year, month, day)
            if date.weekday() < 5 and date not in holidays:
                raise KnownError(f"“{file.name}”里 {year} 年不全：{day_cn(date)}（{name}）没有写休。{KEPT}")
        name = _left_out(year, holidays)
        if name:
            raise KnownError(f"“{file.name}”里 {year} 年不全：没有{name}的放假安排。{KEPT}")
    days = sorted(holidays)
    for before, after in pairwise(days):
        same = holidays[before] == holidays[after] != _UNNAMED and (after - before).days < _LONGEST_HOLIDAY
        for step in range(1, (after - before).days if same else 0):
            missing = before + dt.timedelta(days=step)
            if missing.weekday() < 5:
                raise KnownError(
                    f"“{file.name}”里{holidays[before]}假期缺一天：{day_cn(missing)} 没有写休。{KEPT}"
                )
    every = known.years | set(years)
    for year in range(min(every), max(every)):
        if year not in every:
            raise KnownError(
                f"日历会有空缺：{year}-01-01 至 {year}-12-31 还没有安排。请先导入 {year} 年，或者写在同一个文件里。{KEPT}"
            )


def _left_out(year: int, holidays: dict[dt.date, str]) -> str:
    """The moving holiday of which the year has no day at all, "" when none is left out."""
    if year < _SINCE:
        return ""
    for name, first, last in _MOVING:
        if not any(dt.date(year, *first) <= day <= dt.date(year, *last) for day in holidays):
            week = (dt.date(year, 9, 30) + dt.timedelta(days=i) for i in range(9))
            if name != "中秋节" or sum(day in holidays or day.weekday() >= 5 for day in week) < _MERGED_DAYS:
                return name
    return ""


def _rows(file: Path) -> list[dict[str, str | None]]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise KnownError(
            f"“{file.name}”读不出来，{KEPT}请核对路径和权限。", detail=type(error).__name__
        ) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            reader = csv.DictReader(io.StringIO(text, newline=""))
            if not set(COLUMNS[:2]) <= set(reader.fieldnames or ()):
                raise KnownError(f"“{file.name}”的表头要有“日期、类型、名称”，{KEPT}")
            return list(reader)
        except csv.Error as error:
            raise KnownError(f"“{file.name}”不是完好的 CSV，{KEPT}") from error
    raise KnownError(f"“{file.name}”的文字编码认不出，{KEPT}请存成 UTF-8 的 CSV。")


def _day(file: Path, number: int, text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError as error:
        raise KnownError(
            f"“{file.name}”第 {number} 行的日期“{text}”不对，要写成 2027-01-01。{KEPT}"
        ) from error
    if not EARLIEST <= day.year <= LATEST:
        raise KnownError(f"“{file.name}”第 {number} 行的 {text} 不在 {EARLIEST} 到 {LATEST} 年之间。{KEPT}")
    return day

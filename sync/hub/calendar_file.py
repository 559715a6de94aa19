"""Reading a year's holiday notice from the CSV file that an office keeps.

Columns 日期, 类型 (休 or 班), 名称; one line a day off or a weekend day worked.  Every year that occurs
in the file replaces what was known of it.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from pathlib import Path

from models.domain.workdays import Calendar
from models.errors import KnownError

COLUMNS = ("日期", "类型", "名称")


def read_calendar(file: Path, known: Calendar) -> tuple[Calendar, list[int]]:
    """``known`` with the years of the file added or replaced, and those years.

    Raises KnownError, naming the line, and then nothing of the file counts.
    """
    holidays: defaultdict[int, dict[dt.date, str]] = defaultdict(dict)
    makeup: defaultdict[int, set[dt.date]] = defaultdict(set)
    for number, row in enumerate(_rows(file), start=2):
        day = _day(file, number, row.get("日期") or "")
        kind = (row.get("类型") or "").strip()
        if kind == "休":
            holidays[day.year][day] = (row.get("名称") or "").strip() or "节假日"
        elif kind == "班":
            makeup[day.year].add(day)
        else:
            raise KnownError(
                f"“{file.name}”第 {number} 行的类型是“{kind}”，只能写休或者班。没有导入，原日历不变。"
            )
    years = sorted(holidays.keys() | makeup.keys())
    if not years:
        raise KnownError(f"“{file.name}”里一天也没有，没有导入，原日历不变。")
    try:
        for year in years:
            known = known.with_year(year, holidays[year], frozenset(makeup[year]))
    except ValueError as error:
        raise KnownError(f"“{file.name}”里同一天又是休又是班，没有导入，原日历不变。") from error
    return known, years


def _rows(file: Path) -> list[dict[str, str | None]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if not set(COLUMNS[:2]) <= set(reader.fieldnames or ()):
                raise KnownError(f"“{file.name}”的表头要有“日期、类型、名称”，没有导入，原日历不变。")
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KnownError(
            f"“{file.name}”读不出来，没有导入，原日历不变。请存成 UTF-8 的 CSV。", detail=type(error).__name__
        ) from error


def _day(file: Path, number: int, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError as error:
        raise KnownError(
            f"“{file.name}”第 {number} 行的日期“{text}”不对，要写成 2027-01-01。没有导入，原日历不变。"
        ) from error

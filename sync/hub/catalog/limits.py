"""法定时限 and 承诺时限: workdays, or nothing.  What is not clearly workdays never becomes law."""

from __future__ import annotations

import re

from models.domain.catalog import DayLimit, ItemKind
from sync.hub.catalog.report import NOTE, WARNING, Report
from sync.hub.catalog.rows import Row
from sync.hub.catalog.vocabulary import yes

LONGEST = 3650
_AT_ONCE = frozenset(
    ("即办", "当场", "当场办结", "即时", "即时办结", "即时办理", "立即办理", "当日", "当日办结")
)
_WORKDAYS = re.compile(r"(\d{1,5})(个?工作日)?")
_DAYS = re.compile(r"(\d{1,5})(日|天)")
# A unit of its own column.  What is not one of the first never binds.
_WORKDAY_UNITS = frozenset(("", "工作日", "个工作日"))
_DAY_UNITS = frozenset(("日", "天", "自然日", "个自然日"))


def odd_unit(row: Row, which: str) -> str:
    """The list's word for the unit of a limit where it is not workdays, else ""."""
    unit = row.code(f"{which}单位")
    return "" if unit in _WORKDAY_UNITS else unit


def read_limit(row: Row, which: str, report: Report) -> DayLimit:
    """``which``: 法定 or 承诺.  A limit that cannot be read is reported and left missing."""
    column = f"{which}时限"
    text = row.code(column)
    basis = row.get(f"{which}依据")
    approximate = yes(row, f"{which}存疑", report, unclear=True)
    days: int | None = None
    if text in _AT_ONCE:
        days = 0
    elif found := _WORKDAYS.fullmatch(text):
        days = int(found[1])
    elif found := _DAYS.fullmatch(text):
        days, approximate = int(found[1]), True
        report.add(row, column, f"“{text}”没有写明是工作日，按 {days} 个工作日存疑读入", WARNING)
    elif text:
        report.add(row, column, f"“{text[:40]}”不是工作日天数，按没有写时限处理", WARNING)
    if (unit := odd_unit(row, which)) and days:
        if unit in _DAY_UNITS:
            approximate = True
            reason = f"单位是“{unit}”，不是工作日，按 {days} 个工作日存疑读入"
        else:
            days, reason = None, f"单位是“{unit[:20]}”，不是工作日，按没有写时限处理"
        report.add(row, f"{which}单位", reason, WARNING)
    if days is not None and days > LONGEST:
        report.add(row, column, f"{days} 个工作日太长，按没有写时限处理", WARNING)
        days = None
    return DayLimit(days=days, approximate=approximate, basis=basis)


def tell_limits(row: Row, kind: ItemKind, legal: DayLimit, promised: DayLimit, report: Report) -> None:
    """Doubts about the two limits of one item together."""
    if legal.days is None and promised.days is None and (row.has("法定时限") or row.has("承诺时限")):
        report.add(row, "法定时限", "没有写时限，受理后不推算办结日期", WARNING)
    if legal.binding and not legal.basis and row.has("法定依据"):
        report.add(row, "法定依据", "法定时限没有写依据，请补上或者注明存疑", NOTE)
    if legal.days is not None and promised.days is not None and promised.days > legal.days:
        report.add(row, "承诺时限", "承诺时限长于法定时限，请核对", WARNING)
    for which, limit in (("法定", legal), ("承诺", promised)):
        if limit.days == 0 and kind is ItemKind.UNKNOWN and row.code(f"{which}时限") not in _AT_ONCE:
            reason = "时限写的是 0，按当场办结读入；清单没有写是即办件，请核对"
            report.add(row, f"{which}时限", reason, WARNING)
    if kind is ItemKind.COMMITTED and promised.days == 0:
        report.add(row, "承诺时限", "办件类型是承诺件，承诺时限却是 0（即办），请核对", WARNING)
    if kind is ItemKind.INSTANT and promised.days:
        report.add(
            row, "承诺时限", f"办件类型是即办件，承诺时限却是 {promised.days} 个工作日，请核对", WARNING
        )

"""Deadlines as a ledger of intervals, explained line by line.

Limits run in workdays (行政许可法 第八十二条); the first day is not counted; a day received on a
weekend stays that day.  Time of 补正, 特别程序 (第四十五条) or 挂起 is not counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from models.domain.workdays import Calendar, day_cn

# 行政许可法 第三十二条第一款第（四）项: five days to say everything that is missing.
CORRECTION_WORKDAYS = 5
LAW_82 = "《中华人民共和国行政许可法》第八十二条：期限以工作日计算，不含法定节假日"


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Days from ``start`` to ``end``, both included, that do not count; ``end`` None: still open."""

    kind: str
    start: dt.date
    end: dt.date | None = None
    basis: str = ""


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """Workdays added with the head's approval and reasons told (第四十二条)."""

    workdays: int
    approved_by: str
    basis: str = "《中华人民共和国行政许可法》第四十二条"


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """``provisional``: the end lies in a year whose calendar is not announced, or a pause is open."""

    start: dt.date
    due: dt.date
    provisional: bool
    explanation: tuple[str, ...]


class DayCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the deadline strip.  ``kind``: start, work, makeup, off, paused, due."""

    day: dt.date
    label: str
    kind: str
    count: int


def due_date(
    start: dt.date,
    workdays: int,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> Deadline:
    """When ``workdays`` after ``start`` are over, and how that was counted.

    0 means on the spot: the same day.  Raises ValueError for a negative limit and OverflowError
    when the end lies beyond the year 9999.
    """
    if workdays < 0:
        raise ValueError("a limit cannot be negative")
    total = workdays + sum(e.workdays for e in extensions)
    lines = [f"起算：{day_cn(start)}（当日不计，次日起算）"]
    if total == 0:
        return Deadline(
            start=start, due=start, provisional=False, explanation=(f"当场办结：{day_cn(start)}",)
        )
    lines += [f"延长 {e.workdays} 个工作日，经{e.approved_by}批准（{e.basis}）" for e in extensions]
    skipped: list[tuple[dt.date, str]] = []
    worked: list[dt.date] = []
    day, counted, open_pause = start, 0, False
    while counted < total:
        day += dt.timedelta(days=1)
        pause = _pause_on(day, pauses)
        if pause is not None and pause.end is None:
            open_pause = True
            break
        if pause is not None:
            skipped.append((day, pause.kind))
        elif calendar.is_workday(day):
            counted += 1
            if day.weekday() >= 5:
                worked.append(day)
        else:
            skipped.append((day, calendar.why_off(day)))
    lines += _skipped_lines(skipped)
    lines += [f"{day_cn(d)} 调休上班，计入" for d in worked]
    provisional = open_pause or not calendar.known(day)
    if open_pause:
        lines.append("时限暂停中，恢复后重新推算")
    unknown = sorted({d.year for d in (day, *[s for s, _ in skipped]) if not calendar.known(d)})
    lines += [f"待 {year} 年日历：暂按周一至周五推算，节假日安排下发后重算" for year in unknown]
    lines.append(f"办结期限：{day_cn(day)}，第 {counted} 个工作日（{LAW_82}）")
    return Deadline(start=start, due=day, provisional=provisional, explanation=tuple(lines))


def correction_deadline(received_on: str, calendar: Calendar) -> dt.date:
    """Last day to say what is missing; after it the case counts as accepted from its receipt."""
    return due_date(dt.date.fromisoformat(received_on), CORRECTION_WORKDAYS, calendar).due


def day_cells(start: dt.date, workdays: int, calendar: Calendar, limit: int = 8) -> tuple[DayCell, ...]:
    """Cells for the strip: every day when there are at most ``limit``, else only what is skipped."""
    due = due_date(start, workdays, calendar).due
    cells = [DayCell(day=start, label="收件", kind="start", count=0)]
    count, day = 0, start
    while day < due:
        day += dt.timedelta(days=1)
        if calendar.is_workday(day):
            count += 1
            kind = "due" if day == due else "makeup" if day.weekday() >= 5 else "work"
            cells.append(
                DayCell(
                    day=day, label=f"班{count}" if kind == "makeup" else str(count), kind=kind, count=count
                )
            )
        else:
            cells.append(DayCell(day=day, label="休", kind="off", count=count))
    if len(cells) > limit:
        kept = [c for c in cells if c.kind in ("start", "makeup", "off", "due")]
        cells = [*kept[: limit - 1], kept[-1]] if len(kept) > limit else kept
    return tuple(cells)


def _pause_on(day: dt.date, pauses: Sequence[Pause]) -> Pause | None:
    return next((p for p in pauses if p.start <= day and (p.end is None or day <= p.end)), None)


def _skipped_lines(skipped: Sequence[tuple[dt.date, str]]) -> list[str]:
    """Runs of days with one reason, as one line each; plain weekends are counted, not listed."""
    lines: list[str] = []
    weekends = sum(reason == "周末" for _, reason in skipped)
    run: list[tuple[dt.date, str]] = []
    for day, reason in [*[s for s in skipped if s[1] != "周末"], (dt.date.max, "")]:
        if run and (reason != run[-1][1] or day != run[-1][0] + dt.timedelta(days=1)):
            first, last = run[0][0], run[-1][0]
            span = day_cn(first) if first == last else f"{day_cn(first)} 至 {day_cn(last)}"
            lines.append(f"{span} {run[0][1]}，不计")
            run = []
        run.append((day, reason))
    if weekends:
        lines.append(f"其余周末 {weekends} 天，不计")
    return lines

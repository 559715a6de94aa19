"""Counting workdays from a day over intervals that do not count, explained line by line.

Limits run in workdays (行政许可法 第八十二条 for permits); the first day is not counted; a day received on a
weekend stays that day.  Time of 补正, 特别程序 (第四十五条) or 挂起 is not counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from models.domain.workdays import Calendar, day_cn

# 行政许可法 第三十二条第一款第（四）项: five days to say everything that is missing.
CORRECTION_WORKDAYS = 5
LAW_82 = "《中华人民共和国行政许可法》第八十二条：期限以工作日计算，不含法定节假日"
# Said where it is not known whether the limit is that of a permit.
COUNTED_BY = "按工作日计算，不含法定节假日；行政许可依《中华人民共和国行政许可法》第八十二条"


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
    """``provisional``: a counted year's calendar is not announced, or the clock is ``paused``.

    While ``paused`` the clock stands still and ``due`` is only the earliest end: the one if the pause
    had lasted a day.  Nothing is overdue then.
    """

    start: dt.date
    due: dt.date
    provisional: bool
    explanation: tuple[str, ...]
    paused: bool = False


class DayCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the deadline strip.  ``kind``: start, work, makeup, off, paused, due."""

    day: dt.date
    label: str
    kind: str
    count: int


class _Day(msgspec.Struct, frozen=True):
    """One day after the start.  ``count`` is how many workdays have counted by its end."""

    day: dt.date
    kind: str  # work, makeup, off, paused
    reason: str
    count: int
    open_pause: bool = False


def due_date(
    start: dt.date,
    workdays: int,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    *,
    counted_by: str = COUNTED_BY,
) -> Deadline:
    """When ``workdays`` after ``start`` are over, and how that was counted.

    ``counted_by`` says why in workdays (see models.domain.ledger.counting_basis for that of an item).
    0 means on the spot: the same day.  Raises ValueError for a negative limit and OverflowError
    when the end lies beyond the year 9999.
    """
    total = _total(workdays, extensions)
    if total == 0:
        return Deadline(
            start=start, due=start, provisional=False, explanation=(f"当场办结：{day_cn(start)}",)
        )
    days = list(_walk(start, total, calendar, pauses))
    due, stopped = days[-1].day, next((d for d in days if d.open_pause), None)
    unknown = [y for y in range(days[0].day.year, due.year + 1) if y not in calendar.years]
    lines = [_start_line(start, calendar)]
    lines += [f"延长 {e.workdays} 个工作日，经{e.approved_by}批准（{e.basis}）" for e in extensions]
    shown = days if stopped is None else [d for d in days if d.day < stopped.day]
    lines += _skipped_lines([(d.day, d.reason) for d in shown if d.kind in ("off", "paused")])
    lines += [f"{day_cn(d.day)} 调休上班，计入" for d in shown if d.kind == "makeup"]
    lines += [f"待 {span} 年日历：暂按周一至周五推算，节假日安排下发后重算" for span in _runs(unknown)]
    if stopped is None:
        lines.append(f"办结期限：{day_cn(due)}，第 {total} 个工作日（{counted_by}）")
    else:
        lines.append(
            f"{day_cn(stopped.day)} 起{stopped.reason}，时限暂停：已计 {stopped.count} 个工作日，"
            f"还有 {total - stopped.count} 个，恢复后接着计，办结期限到时推算"
        )
    return Deadline(
        start=start,
        due=due,
        provisional=stopped is not None or bool(unknown),
        explanation=tuple(lines),
        paused=stopped is not None,
    )


def due_day(start: dt.date, workdays: int, calendar: Calendar) -> dt.date:
    """The end that :func:`due_date` gives, without pauses and without telling how it was counted."""
    day, left = start, _total(workdays, ())
    while left:
        day += dt.timedelta(days=1)
        left -= calendar.is_workday(day)
    return day


def correction_deadline(received_on: str, calendar: Calendar, *, on_the_spot: bool = False) -> dt.date:
    """Last day to say what is missing; after it the case counts as accepted from its receipt.

    ``on_the_spot``: registers that must say so at once (不动产登记暂行条例), hence the same day.
    """
    workdays = 0 if on_the_spot else CORRECTION_WORKDAYS
    return due_day(dt.date.fromisoformat(received_on), workdays, calendar)


def day_cells(
    start: dt.date,
    workdays: int,
    calendar: Calendar,
    limit: int = 8,
    *,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> tuple[DayCell, ...]:
    """Cells for the strip: every day when there are at most ``limit``, else only what is skipped.

    The last cell is the end, except while an open pause stops the clock: then it is the pause.
    """
    cells = [DayCell(day=start, label="收件", kind="start", count=0)]
    total = _total(workdays, extensions)
    for d in _walk(start, total, calendar, pauses):
        kind = "due" if d.count == total else d.kind
        label = {"off": "休", "paused": "停", "makeup": f"班{d.count}"}.get(kind, str(d.count))
        cells.append(DayCell(day=d.day, label=label, kind=kind, count=d.count))
        if d.open_pause:
            break
    if len(cells) > limit:
        kept = [c for c in cells if c.kind != "work"]
        cells = [*kept[: limit - 1], kept[-1]] if len(kept) > limit else kept
    return tuple(cells)


def _total(workdays: int, extensions: Sequence[Extension]) -> int:
    if workdays < 0:
        raise ValueError("a limit cannot be negative")
    return workdays + sum(e.workdays for e in extensions)


def _walk(start: dt.date, total: int, calendar: Calendar, pauses: Sequence[Pause]) -> Iterator[_Day]:
    """Every day after ``start`` until ``total`` have counted; an open pause takes up one day only."""
    day, count = start, 0
    while count < total:
        day += dt.timedelta(days=1)
        pause = _pause_on(day, pauses, start) if pauses else None
        if pause is not None:
            reason = f"{pause.kind}（{pause.basis}）" if pause.basis else pause.kind
            yield _Day(day, "paused", reason, count, pause.end is None)
        elif calendar.is_workday(day):
            count += 1
            yield _Day(day, "makeup" if day.weekday() >= 5 else "work", "", count)
        else:
            yield _Day(day, "off", calendar.why_off(day), count)


def _start_line(start: dt.date, calendar: Calendar) -> str:
    if calendar.is_workday(start):
        return f"起算：{day_cn(start)}（当日不计，次日起算）"
    return f"起算：{day_cn(start)}（{calendar.why_off(start)}收件，收件日不变，当日不计，次日起算）"


def _runs(years: Sequence[int]) -> list[str]:
    """``2027`` or ``2027 至 2029`` for each run of years."""
    every = set(years)
    firsts = [y for y in years if y - 1 not in every]
    lasts = [y for y in years if y + 1 not in every]
    return [str(a) if a == b else f"{a} 至 {b}" for a, b in zip(firsts, lasts, strict=True)]


def _pause_on(day: dt.date, pauses: Sequence[Pause], start: dt.date) -> Pause | None:
    """The pause that covers ``day``.  An open one, whose end nobody knows, covers its first counted day."""
    tomorrow = start + dt.timedelta(days=1)
    for pause in pauses:
        if pause.end is None and day == max(pause.start, tomorrow):
            return pause
    return next((p for p in pauses if p.end is not None and p.start <= day <= p.end), None)


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

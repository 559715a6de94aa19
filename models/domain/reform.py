"""三减一并: what an item asked before, what it asks now, and what that saves.

No article of law stands behind the figures; they are a hall's account of its own work.  The two rates of
speed are kept apart: (法定 − 承诺) / 法定 is a promise, (承诺 − 实际) / 承诺 is what was done.  A figure
that became worse is a negative saving, named in ``Total.increases``; it never hides in a sum.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec

from models.domain.case import CaseState
from models.domain.catalog import DayLimit, Domain, Item
from models.domain.deadlines import day_cells
from models.domain.stoppages import pauses_of
from models.domain.workdays import Calendar

_EVERY_DAY = 1_000_000  # cells: no day of a case is left out
MEASURES = ("materials", "stages", "workdays", "visits")


class Change(msgspec.Struct, frozen=True):
    """One count before and after."""

    before: int
    after: int

    @property
    def saved(self) -> int:
        """Negative where the count grew."""
        return self.before - self.after

    @property
    def share(self) -> float | None:
        """The part saved, negative where it grew; None where there was nothing before."""
        return self.saved / self.before if self.before else None

    @property
    def percent(self) -> int | None:
        """``share`` as whole per cent, halves rounded up; exact, without floats."""
        return (200 * self.saved + self.before) // (2 * self.before) if self.before else None

    def __add__(self, other: Change) -> Change:
        return Change(self.before + other.before, self.after + other.after)


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """One item before and after.  A measure is None where one side of the list does not say it.

    ``promise`` is 法定 → 承诺 in workdays, None unless both limits are settled: an approximate limit is
    never computed with.  ``demo`` marks rows made up for the demo city.
    """

    item: str
    name: str
    domain: Domain
    materials: Change
    stages: Change | None
    workdays: Change | None
    visits: Change | None
    merged: int
    promise: Change | None
    demo: bool
    source: str

    def measure(self, name: str) -> Change | None:
        """The change of one of :data:`MEASURES`."""
        found: Change | None = getattr(self, name)
        return found


class Increase(msgspec.Struct, frozen=True):
    """An item that asks more than before: ``measure`` is one of MEASURES, ``more`` at least 1."""

    item: str
    measure: str
    more: int


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over items.  ``silent`` counts, by measure, the items that do not say it and are left out."""

    items: int
    materials: Change
    stages: Change
    workdays: Change
    visits: Change
    merged: int
    promise: Change
    promised_items: int
    increases: tuple[Increase, ...]
    silent: dict[str, int]
    demo: int


def compare(item: Item) -> Reduction | None:
    """The item against its own state before the reform; None where the list has none."""
    former = item.former
    if former is None:
        return None
    days = _days(item.promised)
    return Reduction(
        item=item.id,
        name=item.name,
        domain=item.domain,
        materials=Change(former.materials, len(item.materials)),
        stages=Change(former.stages, len(item.stages)) if item.stages else None,
        workdays=Change(former.workdays, days) if days is not None else None,
        visits=Change(former.visits, item.visits) if item.visits is not None else None,
        merged=former.merged,
        promise=_promise(item),
        demo=former.demo,
        source=former.source,
    )


def compare_versions(before: Item, after: Item) -> Reduction:
    """One item in two published versions.  ``merged``: mergers the later version has registered beyond."""
    old, new = _days(before.promised), _days(after.promised)
    rows = [one.former for one in (before, after) if one.former is not None]
    return Reduction(
        item=after.id,
        name=after.name,
        domain=after.domain,
        materials=Change(len(before.materials), len(after.materials)),
        stages=Change(len(before.stages), len(after.stages)) if before.stages and after.stages else None,
        workdays=Change(old, new) if old is not None and new is not None else None,
        visits=(
            Change(before.visits, after.visits)
            if before.visits is not None and after.visits is not None
            else None
        ),
        merged=_merged(after) - _merged(before),
        promise=_promise(after),
        demo=any(row.demo for row in rows),
        source="",
    )


def total(reductions: Iterable[Reduction]) -> Total:
    """The sums, with every increase named and every silence counted."""
    rows = tuple(reductions)
    sums = {name: _sum(row.measure(name) for row in rows) for name in MEASURES}
    increases = tuple(
        Increase(row.item, name, -change.saved)
        for row in rows
        for name in MEASURES
        if (change := row.measure(name)) is not None and change.saved < 0
    )
    return Total(
        items=len(rows),
        materials=sums["materials"],
        stages=sums["stages"],
        workdays=sums["workdays"],
        visits=sums["visits"],
        merged=sum(row.merged for row in rows),
        promise=_sum(row.promise for row in rows),
        promised_items=sum(row.promise is not None for row in rows),
        increases=increases,
        silent={name: sum(row.measure(name) is None for row in rows) for name in MEASURES},
        demo=sum(row.demo for row in rows),
    )


def by_domain(reductions: Iterable[Reduction]) -> dict[Domain, Total]:
    """Totals by domain, in the order of Domain; domains without an item are left out."""
    rows = tuple(reductions)
    parts = {domain: [row for row in rows if row.domain is domain] for domain in Domain}
    return {domain: total(part) for domain, part in parts.items() if part}


def used_workdays(state: CaseState, item: Item, calendar: Calendar) -> int | None:
    """Workdays the office used from acceptance to decision, pauses not counted; None before both.

    Counted by the same walk as the deadline (行政许可法 第四十五条、第八十二条).
    """
    if not state.accepted_on or not state.decided_on:
        return None
    start, end = dt.date.fromisoformat(state.accepted_on), dt.date.fromisoformat(state.decided_on)
    most = calendar.between(start, end)
    if most <= 0:
        return 0
    pauses = pauses_of(state, item, calendar, start)
    cells = day_cells(start, most, calendar, limit=_EVERY_DAY, pauses=pauses)
    return max(cell.count for cell in cells if cell.day <= end)


def actual(cases: Iterable[tuple[Item, CaseState]], calendar: Calendar) -> tuple[Change, int]:
    """承诺 → 实际 over the decided cases whose promise is settled, and how many these are."""
    changes: list[Change] = []
    for item, state in cases:
        promised, used = _days(item.promised), used_workdays(state, item, calendar)
        if promised is not None and used is not None:
            changes.append(Change(promised, used))
    return _sum(changes), len(changes)


def _sum(changes: Iterable[Change | None]) -> Change:
    known: Sequence[Change] = [change for change in changes if change is not None]
    return sum(known, Change(0, 0))


def _days(limit: DayLimit) -> int | None:
    return limit.days if limit.binding else None


def _promise(item: Item) -> Change | None:
    legal, promised = _days(item.legal), _days(item.promised)
    return Change(legal, promised) if legal is not None and promised is not None else None


def _merged(item: Item) -> int:
    return item.former.merged if item.former is not None else 0

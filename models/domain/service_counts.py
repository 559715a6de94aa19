"""延时, 双休日 and free services in numbers, counted from the recorded acts; every total is the sum of its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from models.domain.case import CaseState
from models.domain.hours import ServiceMark
from models.domain.visit import AGENCY, PRIORITY, STEP


class FreeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of free service at one price."""

    kind: str
    name: str
    unit: str
    unit_fen: int
    count: int
    fen: int


class ServiceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """``*_cases`` are received under the mark (件), ``*_acts`` are notices given under it (次).

    ``priority`` by ground; ``steps`` by step; money in 1/100 yuan.
    """

    cases: int
    weekend_cases: int
    weekend_acts: int
    overtime_cases: int
    overtime_acts: int
    agency_cases: int
    priority_cases: int
    priority: dict[str, int]
    steps: dict[str, int]
    free: tuple[FreeLine, ...]
    free_count: int
    free_fen: int


def count_services(states: Iterable[CaseState], since: str = "", until: str = "") -> ServiceCounts:
    """Of what was done from ``since`` to ``until``, both ISO 8601 and included; "" has no end.

    A case belongs to the day of its receipt, an act and a free piece to its own day.
    """
    cases: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    grounds: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    pieces: Counter[tuple[str, str, str, int]] = Counter()

    def within(day: str) -> bool:
        return bool(day) and since <= day and (not until or day <= until)

    for state in states:
        acts.update(one.later.service for one in state.notices if one.later.service and within(one.day))
        for given in state.given:
            if within(given.day):
                pieces[(given.kind, given.name or given.kind, given.unit, given.unit_fen)] += given.count
        if not within(state.received_on):
            continue
        cases["all"] += 1
        cases[state.service] += 1
        cases["agency"] += state.value(AGENCY) == "yes"
        if ground := state.value(PRIORITY):
            grounds[ground] += 1
        steps.update(
            path[len(STEP) :] for path, value in state.fields.items() if path.startswith(STEP) and value
        )
    free = tuple(
        FreeLine(kind=kind, name=name, unit=unit, unit_fen=fen, count=count, fen=fen * count)
        for (kind, name, unit, fen), count in sorted(pieces.items())
    )
    return ServiceCounts(
        cases=cases["all"],
        weekend_cases=cases[ServiceMark.WEEKEND.value],
        weekend_acts=acts[ServiceMark.WEEKEND.value],
        overtime_cases=cases[ServiceMark.OVERTIME.value],
        overtime_acts=acts[ServiceMark.OVERTIME.value],
        agency_cases=cases["agency"],
        priority_cases=sum(grounds.values()),
        priority=dict(sorted(grounds.items())),
        steps=dict(sorted(steps.items())),
        free=free,
        free_count=sum(line.count for line in free),
        free_fen=sum(line.fen for line in free),
    )

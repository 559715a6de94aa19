"""``main.py simulate``: the simulator of sync.sim with clerks who use the window's own commands."""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache

import msgspec

from app.city_hall import CITY
from app.sample import takes_trust
from app.sim_clerk import SimClerk
from app.sim_sets import bundle_of
from models.domain.catalog import DayLimit
from models.errors import KnownError
from sync.hub.catalog import read_catalog
from sync.sim.runner import Verdict, run_many, run_seed, whole
from sync.sim.scenery import build, pick_items
from sync.sim.world import Scenery

ITEMS = 7


class SimulateReport(msgspec.Struct, kw_only=True):
    """``seeds_per_second``: of one core's processor time, so that a busy machine says the same.

    ``violations`` have their seed's shortened trace; ``faults`` says how often each took effect.
    """

    seeds: int
    first: int
    desks: int
    steps: int
    violations: list[dict[str, object]]
    seeds_per_second: float
    acts: int
    faults: dict[str, int]


def simulate(
    seeds: int, first: int, *, desks: int, steps: int, jobs: int, stop: bool = False, upkeep: bool = False
) -> SimulateReport:
    """Run ``seeds`` seeds from ``first`` on ``jobs`` processes; ``stop`` at the first violation."""
    wanted = list(range(first, first + seeds))
    jobs = max(1, min(jobs, seeds))
    parts = [(wanted[i::jobs], desks, steps, stop, upkeep) for i in range(jobs)]
    if jobs == 1:
        results = [_part(parts[0])]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            results = list(pool.map(_part, parts))
    failing = sorted((v for found, _, _, _ in results for v in found), key=lambda v: v.seed)
    spent = sum(seconds for _, seconds, _, _ in results)
    faults = sum((struck for _, _, _, struck in results), Counter[str]())
    return SimulateReport(
        seeds=seeds,
        first=first,
        desks=desks,
        steps=steps,
        violations=[_told(verdict) for verdict in failing],
        seeds_per_second=round(seeds / spent, 2) if spent else 0.0,
        acts=sum(acts for _, _, acts, _ in results),
        faults=dict(sorted(faults.items())),
    )


def run_simulate(
    seeds: int,
    first: int,
    desks: int,
    steps: int,
    jobs: int,
    *,
    stop: bool,
    as_json: bool,
    upkeep: bool = False,
    seed: int | None = None,
) -> int:
    """The command: prints the violations and the seed that shows each; 0 only when there is none.

    ``seed``: this one alone, with all that happens in it told in words.
    """
    if seed is not None:
        seeds, first, jobs = 1, seed, 1
    if seeds < 1 or first < 0 or not 1 <= desks <= 32 or steps < 1:
        raise KnownError("种子数、步数至少为 1，工作站 1 到 32 台。没有运行。请改后再试。")
    jobs = jobs or os.cpu_count() or 1
    report = simulate(seeds, first, desks=desks, steps=steps, jobs=jobs, stop=stop, upkeep=upkeep)
    if as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        if seed is not None:
            told = run_seed(seed, steps, *ready(desks, upkeep=upkeep), quick=not whole(seed))
            print("\n".join(told.trace))
        for one in report.violations:
            print(f"种子 {one['seed']}：{one['invariant']}。{one['detail']}")
            for line in one["trace"] if isinstance(one["trace"], tuple) else ():
                print(f"    {line}")
        print(
            f"{seeds} 个种子（{desks} 台 × {steps} 步，办成 {report.acts} 步），违反 {len(report.violations)} 处，"
            f"每核每秒 {report.seeds_per_second} 个。"
        )
    return 1 if report.violations else 0


def _told(verdict: Verdict) -> dict[str, object]:
    worst = verdict.violations[0]
    return {
        "seed": verdict.seed,
        "invariant": worst.invariant,
        "detail": worst.detail,
        "trace": verdict.trace,
    }


def _part(part: tuple[list[int], int, int, bool, bool]) -> tuple[list[Verdict], float, int, Counter[str]]:
    seeds, desks, steps, stop, upkeep = part
    scenery, clerk = ready(desks, upkeep=upkeep)
    return run_many(seeds, steps, scenery, clerk, stop=stop)


@lru_cache(maxsize=2)
def ready(desks: int, *, upkeep: bool = False) -> tuple[Scenery, SimClerk]:
    """A world of the demo city's smallest items and one that takes deferrals and promises, and a clerk who
    knows them; made once a process.  ``upkeep``: administrators move, recover, rekey and compact in it."""
    city = read_catalog(CITY)
    trusting = next(item for item in pick_items(city.items, len(city.items)) if takes_trust(item))
    # Its limit is approximate in the city's list, and what is approximate is never prolonged.
    trusting = msgspec.structs.replace(trusting, legal=DayLimit(days=20))
    items = (*pick_items(city.items, ITEMS - 1), trusting)
    bundle = bundle_of(items)
    return replace(build(city.departments, items, desks, bundle), upkeep=upkeep), SimClerk(items, bundle)

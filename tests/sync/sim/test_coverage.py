"""The tables of docs/architecture.md name what the simulator has, all of it, and all of it happens."""

from __future__ import annotations

import re
from functools import lru_cache

import pytest

import sync.sim.disk
import sync.sim.invariants
import sync.sim.network
import sync.sim.runner
import sync.sim.world
from app.simulate import ready
from models.domain.ops import OpKind
from sync.sim.events import ALWAYS, FAULTS, HANDLERS
from sync.sim.invariants import INVARIANTS
from sync.sim.runner import Verdict, run_seed
from sync.sim.world import MIDST
from tests.house.tree import ROOT

pytestmark = pytest.mark.slow

# The later ones are for what comes about seldom.
SEEDS = (*range(500, 512), 512, 514, 533, 543, 544, 548, 567, 638, 1007, 1047, 1394)
LONG = (601, 602, 604, 605, 607, 610)  # disagreements take many hands, later acts take many days
TOLD_BY_THE_RUNNER = {"终会传完", "没有尽头", "程序出错"}
MODULES = (sync.sim.disk, sync.sim.invariants, sync.sim.network, sync.sim.runner, sync.sim.world)


def rows(first: str) -> list[list[str]]:
    """The rows of the table in the simulator's chapter whose head begins with this word."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.split(f"| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def exists(name: str) -> bool:
    """Whether a module of the simulator has this name, with dots for a name within."""
    for module in MODULES:
        found: object = module
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return True
    return False


@lru_cache
def seeds() -> tuple[Verdict, ...]:
    return tuple(run_seed(seed, 120, *ready(4, upkeep=True)) for seed in SEEDS)


def test_the_faults_of_the_table_are_events_and_no_event_is_missing() -> None:
    cells = [cell for _, cell, _ in rows("fault")]
    named = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert set(HANDLERS) == {*ALWAYS, *FAULTS} == named & set(HANDLERS)
    assert [name for name in named - set(HANDLERS) if not exists(name)] == []


def test_the_invariants_of_the_table_are_checked_and_none_is_missing() -> None:
    table = {name: code.strip("`") for _, name, code in rows("invariant")}
    assert set(table) == {*INVARIANTS, *TOLD_BY_THE_RUNNER}
    assert {name: table[name] for name in INVARIANTS} == {n: f.__name__ for n, f in INVARIANTS.items()}
    assert [code for code in table.values() if not exists(code)] == []


def test_every_event_comes_about_within_a_few_seeds() -> None:
    happened = {kind for verdict in seeds() for kind in verdict.happened}
    assert happened == set(HANDLERS)


def test_every_fault_of_the_table_strikes() -> None:
    """An event that is only armed, or meets nothing, would prove nothing."""
    named = {name for _, _, cell in rows("fault") for name in re.split(r", (?!later)", cell)}
    struck = {name for verdict in seeds() for name, times in verdict.effects if times}
    assert named - struck == set()
    assert struck - named <= {f"in a round: {kind}" for kind in MIDST}


def test_every_kind_of_act_is_made_and_stands() -> None:
    """A kind that no clerk of the simulator makes would meet no fault."""
    long = [run_seed(seed, 400, *ready(4, upkeep=True)) for seed in LONG]
    assert [verdict.violations for verdict in long] == [()] * len(LONG)
    stood = {kind for verdict in (*seeds(), *long) for kind in verdict.stood}
    assert stood == set(OpKind)


def test_moves_recoveries_rekeys_and_compaction_take_effect() -> None:
    """An event that always objects would cover nothing."""
    told = "\n".join(line for verdict in seeds() for line in verdict.trace)
    for words in ("被调到", "以新的身份恢复", "换了密", "收起", "从备份恢复", "被撤销登记", "旧备份覆盖"):
        assert words in told
    assert re.search(r"收起[1-9]", told)
    assert any(verdict.dropped for verdict in seeds())

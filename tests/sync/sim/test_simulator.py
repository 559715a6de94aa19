"""The simulator itself: seeds hold, replay exactly, and a planted bug is found and made short."""

from __future__ import annotations

import pytest

from app.simulate import ready, simulate
from sync.hub.work import Work
from sync.pull import Puller
from sync.sim import disk
from sync.sim.events import FAULTS, schedule
from sync.sim.runner import run_events, run_seed, shrink

pytestmark = pytest.mark.slow

STEPS = 160


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_invariant_holds_under_every_fault(seed: int) -> None:
    verdict = run_seed(seed, STEPS, *ready(6))
    assert verdict.violations == (), "\n".join(verdict.trace)
    assert verdict.acts > 10  # a world in which nothing is done proves nothing


def test_a_seed_replays_exactly() -> None:
    first = run_seed(11, STEPS, *ready(6))
    again = run_seed(11, STEPS, *ready(6))
    assert first == again


@pytest.mark.parametrize("seed", [3, 14, 27, 33])
def test_the_quick_connection_changes_nothing_but_the_time(seed: int) -> None:
    quick = run_seed(seed, STEPS, *ready(6), quick=True)
    assert quick == run_seed(seed, STEPS, *ready(6), quick=False)
    assert quick.acts > 10


def test_the_schedules_of_a_few_seeds_hold_every_fault() -> None:
    kinds = {event.kind for seed in range(40) for event in schedule(seed, 8, 400, upkeep=True)}
    assert kinds == {"act", "sync", *FAULTS}


def test_a_planted_bug_is_found_and_its_trace_made_short(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Work.step

    def forgetful(self: Work, entry: object, conflicts: object = (), resolved: object = ()) -> None:
        step(self, entry, (), resolved)  # type: ignore[arg-type]  # a disagreement nobody is told of

    monkeypatch.setattr(Work, "step", forgetful)
    for seed in range(1, 30):
        found = run_seed(seed, STEPS, *ready(6))
        if found.violations:
            break
    assert found.violations[0].invariant in ("不被暗改", "分歧可见")
    short = shrink(found, STEPS, *ready(6))
    assert len(short.places) < 25
    kept = [e for e in schedule(seed, 6, STEPS) if e.place in short.places]
    assert run_events(seed, kept, *ready(6)) == short


def test_a_loop_without_an_end_is_told_with_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "MOST", 1_000)
    assert run_seed(12, 40, *ready(2)).violations == ()  # no honest round comes near
    monkeypatch.setattr(Puller, "_taken", lambda self, reply, done: False)  # every page is asked for again
    found = run_seed(12, 40, *ready(2))
    assert [one.invariant for one in found.violations] == ["没有尽头"]
    short = shrink(found, 40, *ready(2))
    assert short.violations[0].invariant == "没有尽头"
    assert len(short.places) <= 1


def test_the_report_counts_what_was_run() -> None:
    report = simulate(3, 21, desks=4, steps=60, jobs=1)
    assert (report.seeds, report.first, report.violations) == (3, 21, [])
    assert report.acts > 10
    assert report.seeds_per_second > 0
    assert report.faults["line cut"] > 0

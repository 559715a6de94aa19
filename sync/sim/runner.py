"""Running seeds, and making a failing one short."""

from __future__ import annotations

import gc
import random
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from sync.sim.chance import simulated
from sync.sim.disk import Endless
from sync.sim.events import HANDLERS, has_upkeep, schedule
from sync.sim.invariants import Violation, check, dropped_by, kinds_that_stood
from sync.sim.upkeep import finish_recoveries
from sync.sim.world import Clerk, Event, Scenery, World

WHOLE_EVERY = 10  # the others run over sync.sim.quick; both give the same verdict
TRIES = 120  # replays spent on making one failing seed short


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One seed.  ``trace`` is what happened, in words; it is short when the seed was shrunk."""

    seed: int
    violations: tuple[Violation, ...]
    trace: tuple[str, ...]
    acts: int
    rounds: int
    happened: tuple[str, ...] = ()  # the kinds of events that came about
    effects: tuple[tuple[str, int], ...] = ()  # faults that took effect, and how often
    dropped: int = 0  # ops that desks had let go, with the hub's word for them
    stood: tuple[str, ...] = ()  # the kinds of acts that the hub has applied or merged
    places: tuple[int, ...] = ()  # of the schedule's events, those that were let happen


def run_events(
    seed: int, events: Sequence[Event], scenery: Scenery, clerk: Clerk, *, quick: bool = True
) -> Verdict:
    """Let the events happen, heal the world, check it.  The same arguments give the same verdict."""
    rng = random.Random(seed)
    with simulated(rng, scenery.signing):
        upkeep = has_upkeep(seed, always=scenery.upkeep)
        world = World(scenery, clerk, HANDLERS, quick=quick, upkeep=upkeep)
        rounds = dropped = 0
        stood: tuple[str, ...] = ()
        try:
            world.run(events)
            world.mend()
            finish_recoveries(world)
            rounds = world.heal()
            found = check(world)
            dropped = sum(dropped_by(desk) for desk in world.desks)
            stood = kinds_that_stood(world)
            if not rounds:
                found.insert(0, Violation(invariant="终会传完", detail=world.tell[-1]))
            world.meter.effects["acts dropped by a desk"] += dropped
        except Endless:
            found = [Violation(invariant="没有尽头", detail=f"第{world.step}步里的一轮停不下来")]
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
            found = [Violation(invariant="程序出错", detail=f"{type(error).__name__} {where} {error}")]
        finally:
            world.close()
    return Verdict(
        seed=seed,
        violations=tuple(found),
        trace=tuple(world.tell),
        acts=sum(len(desk.done) for desk in world.desks),
        rounds=rounds,
        dropped=dropped,
        happened=tuple(sorted(world.happened)),
        effects=tuple(sorted(world.meter.effects.items())),
        stood=stood,
        places=tuple(event.place for event in events),
    )


def _events(seed: int, steps: int, scenery: Scenery) -> list[Event]:
    return schedule(seed, len(scenery.desks), steps, upkeep=scenery.upkeep)


def run_seed(seed: int, steps: int, scenery: Scenery, clerk: Clerk, *, quick: bool = True) -> Verdict:
    return run_events(seed, _events(seed, steps, scenery), scenery, clerk, quick=quick)


def shrink(verdict: Verdict, steps: int, scenery: Scenery, clerk: Clerk) -> Verdict:
    """A verdict with the same broken invariant and as few events as a bounded search finds."""
    wanted = verdict.violations[0].invariant
    events = _events(verdict.seed, steps, scenery)
    best = verdict
    tries = TRIES
    size = max(1, len(events) // 2)
    while size >= 1 and tries > 0:
        start = 0
        while start < len(events) and tries > 0:
            fewer = events[:start] + events[start + size :]
            tries -= 1
            result = run_events(verdict.seed, fewer, scenery, clerk)
            if any(v.invariant == wanted for v in result.violations):
                events, best = fewer, result
            else:
                start += size
        size //= 2
    return best


def whole(seed: int) -> bool:
    """Whether a seed of a long run goes over SQLAlchemy's own connection: one in ten does."""
    return seed % WHOLE_EVERY == 0


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Catalogue and program stay for ever: no collection of garbage need look at them again, nor often at
    anything: a seed makes much that is soon let go, and little of it in circles."""
    former = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*former)


def run_many(
    seeds: Sequence[int], steps: int, scenery: Scenery, clerk: Clerk, *, stop: bool = False
) -> tuple[list[Verdict], float, int, Counter[str]]:
    """The failing ones, each made short; the seconds of processor the seeds took (without shrinking); acts done;
    the faults that took effect.

    ``stop`` ends at the first failing seed and leaves it as it is.
    """
    failing: list[Verdict] = []
    spent, acts = 0.0, 0
    effects: Counter[str] = Counter()
    with rarely_collected():
        for seed in seeds:
            started = time.process_time()
            verdict = run_seed(seed, steps, scenery, clerk, quick=not whole(seed))
            spent += time.process_time() - started
            acts += verdict.acts
            effects.update(dict(verdict.effects))
            if verdict.violations and stop:
                return [verdict], spent, acts, effects
            if verdict.violations:
                failing.append(shrink(verdict, steps, scenery, clerk))
    return failing, spent, acts, effects

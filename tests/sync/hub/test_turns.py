"""Turns of a crowd: what is urgent first, nobody left behind, each sent away to a time of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest

from sync.hub.refusal import Refused
from sync.hub.turns import MOST_PUSHES, PLACES, PUSHES_AT_ONCE, Kind, Turns


class Stopwatch:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def _begin(turns: Turns, kind: Kind, work: Callable[[], object]) -> asyncio.Task[object]:
    task = asyncio.create_task(turns.take(kind, work))
    await asyncio.sleep(0)
    return task


def _again(task: asyncio.Task[object]) -> int:
    error = task.exception()
    assert isinstance(error, Refused)
    assert (error.status, error.code) == (503, "busy")
    return error.again_ms


def test_batches_go_before_pages_and_pages_before_newcomers() -> None:
    order: list[str] = []

    async def crowd() -> None:
        turns, go_on = Turns(), threading.Event()
        held = [await _begin(turns, Kind.INSIDE, go_on.wait) for _ in range(PLACES)]
        late = [
            await _begin(turns, kind, partial(order.append, name))
            for name, kind in (
                ("page", Kind.INSIDE),
                ("newcomer", Kind.DOOR),
                ("batch", Kind.PUSH),
            )
        ]
        turns._free = lambda: sum(q.at_work for q in turns._queues.values()) < 1  # type: ignore[method-assign]  # one by one
        go_on.set()
        await asyncio.gather(*held, *late)

    asyncio.run(crowd())
    assert order == ["batch", "page", "newcomer"]


def test_a_page_is_read_while_batches_fill_their_places() -> None:
    async def crowd() -> object:
        turns, go_on = Turns(), threading.Event()
        held = [await _begin(turns, Kind.PUSH, go_on.wait) for _ in range(PUSHES_AT_ONCE + 1)]
        read = await turns.take(Kind.INSIDE, lambda: "page")
        go_on.set()
        await asyncio.gather(*held)
        return read

    assert asyncio.run(crowd()) == "page"


def test_who_is_sent_away_comes_back_one_after_the_other() -> None:
    async def crowd() -> list[int]:
        clock, go_on = Stopwatch(), threading.Event()
        turns = Turns(clock)

        def slow() -> None:
            clock.now += 3.0

        await turns.take(Kind.PUSH, slow)
        held = [await _begin(turns, Kind.PUSH, go_on.wait) for _ in range(PUSHES_AT_ONCE)]
        away = [await _begin(turns, Kind.PUSH, go_on.wait) for _ in range(4)]  # they would have waited 1.5 s
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*held)
        return [_again(task) for task in away]

    # A visit: 3 s for a batch, 0.1 s each for the three others, of which none came yet; told in haste.
    assert asyncio.run(crowd()) == pytest.approx([550, 1100, 1650, 2200], abs=2)


def test_a_crowd_before_the_door_is_sent_away_too() -> None:
    async def crowd() -> tuple[int, list[int]]:
        clock, go_on = Stopwatch(), threading.Event()
        turns = Turns(clock)

        def slow() -> None:
            clock.now += 14.4

        await turns.take(
            Kind.DOOR, slow
        )  # a visit takes (14.4 + 3 × 0.1) / 3 s, so three may wait before one
        come = [await _begin(turns, Kind.DOOR, go_on.wait) for _ in range(PLACES + 6)]
        await asyncio.sleep(0)
        away = [task for task in come if task.done()]
        go_on.set()
        await asyncio.gather(*come, return_exceptions=True)
        return len(come) - len(away), [_again(task) for task in away]

    taken, told = asyncio.run(crowd())
    assert taken == PLACES + 4
    assert told == pytest.approx([12_250, 14_700], abs=2)


def test_nobody_is_told_to_stay_away_for_longer_than_a_minute() -> None:
    async def crowd() -> int:
        clock, go_on = Stopwatch(), threading.Event()
        turns = Turns(clock)

        def slow() -> None:
            clock.now += 600.0

        await turns.take(Kind.PUSH, slow)
        held = [await _begin(turns, Kind.PUSH, go_on.wait) for _ in range(PUSHES_AT_ONCE)]
        away = [await _begin(turns, Kind.PUSH, go_on.wait) for _ in range(3)]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*held)
        return max(_again(task) for task in away)

    assert asyncio.run(crowd()) == 60_000


def test_a_place_comes_back_whatever_becomes_of_the_request() -> None:
    async def crowd() -> None:
        turns, go_on = Turns(), threading.Event()

        def fails() -> None:
            raise KeyError

        for _ in range(2 * MOST_PUSHES):
            with pytest.raises(KeyError):
                await turns.take(Kind.PUSH, fails)
        held = [await _begin(turns, Kind.PUSH, go_on.wait) for _ in range(PUSHES_AT_ONCE)]
        gone = await _begin(turns, Kind.PUSH, fails)  # the desk hangs up while it waits
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert gone.cancelled()
        go_on.set()
        await asyncio.gather(*held)
        assert await turns.take(Kind.PUSH, lambda: "taken") == "taken"
        assert all(queue.at_work == 0 and not queue.waiting for queue in turns._queues.values())

    asyncio.run(crowd())

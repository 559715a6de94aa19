"""Who is served first when hundreds of desks come back at once.

The worker has one processor: whatever it does at the same time only makes each wait longer, and the slowest
longest.  So requests that take long wait for a place, in the event loop, where they hold no thread: batches
first, then what else those ask for who have come in, and the first question of a newcomer last.  Who would have
to wait long is sent away with the time at which there will be room, each desk with a later one: they come back
as fast as the worker can serve them.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from sync.hub.refusal import Refused

T = TypeVar("T")

_BUSY = "中心正忙，这批办件还没有收，都还在本机。稍后会自动再传，不用您管。"

PLACES = 3  # of one worker; while one waits for the database another computes
PUSHES_AT_ONCE = 2  # a place is left for the others, whatever comes
MOST_PUSHES = 4  # at work and waiting
# A desk that waited long would give up and send its batch a second time while the first is still being decided.
LONGEST_WAIT_S = 0.5
# At the door more of them wait, so that the worker never lacks work; desks give up after a minute.
LONGEST_WAIT_OUTSIDE_S = 15.0
# In the first seconds of a storm everything takes longer than later on: who comes too early is told anew, which
# costs next to nothing, and a worker that waits for desks costs the crowd's time.
HASTE = 0.5
LAST_AGAIN_S = 60.0
WEIGHT = 0.1  # of the newest request in what a request of its kind takes
FIRST_GUESS_S = 0.1


class Kind(IntEnum):
    """What waits, the most urgent first."""

    PUSH = 0
    INSIDE = 1  # a session, a page
    DOOR = 2  # what every desk asks first


@dataclass
class _Queue:
    most_at_work: int
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    at_work: int = 0
    seconds: float = FIRST_GUESS_S  # what one of them takes at its place, on average
    served: int = 0


class Turns:
    """The places of one worker.  Used from its event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._queues = {kind: _Queue(PUSHES_AT_ONCE if kind is Kind.PUSH else PLACES) for kind in Kind}
        self._promised = 0.0  # the latest time at which somebody was told to come again

    async def take(self, kind: Kind, work: Callable[[], T]) -> T:
        """What ``work`` gives, on a thread of the pool.  Raises Refused 503 ``busy``, and what it raises."""
        queue = self._queues[kind]
        if not self._has_room(kind, queue):
            raise Refused(503, "busy", _BUSY, again_ms=int(self._appointment() * 1000))
        await self._place(queue)
        started = self._clock()
        try:
            return await run_in_threadpool(work)
        finally:
            taken = self._clock() - started
            queue.served += 1
            queue.seconds += (taken - queue.seconds) * max(WEIGHT, 1 / queue.served)
            queue.at_work -= 1
            self._next()

    def _has_room(self, kind: Kind, queue: _Queue) -> bool:
        waiting = sum(not one.done() for one in queue.waiting)
        if kind is Kind.DOOR:
            return waiting * self._visit() <= LONGEST_WAIT_OUTSIDE_S
        if kind is Kind.INSIDE:
            return True
        here = queue.at_work + waiting
        ahead = max(0, here + 1 - PUSHES_AT_ONCE)
        return here < MOST_PUSHES and ahead * queue.seconds / PUSHES_AT_ONCE <= LONGEST_WAIT_S

    def _visit(self) -> float:
        """Seconds of the worker that a desk takes: the first question, a session, a batch, a page."""
        of = {kind: queue.seconds for kind, queue in self._queues.items()}
        return (of[Kind.DOOR] + 2 * of[Kind.INSIDE] + of[Kind.PUSH]) / PLACES

    def _appointment(self) -> float:
        """Seconds until the worker may be through with all who are here or were told to come before."""
        visit, now = self._visit() * HASTE, self._clock()
        here = len(self._queues[Kind.DOOR].waiting) * visit
        self._promised = max(self._promised, now + here) + visit
        return min(self._promised - now, LAST_AGAIN_S)

    async def _place(self, queue: _Queue) -> None:
        if not queue.waiting and self._free() and queue.at_work < queue.most_at_work:
            queue.at_work += 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # the place was given, and nobody is there to take it
                queue.at_work -= 1
                self._next()
            raise

    def _free(self) -> bool:
        return sum(queue.at_work for queue in self._queues.values()) < PLACES

    def _next(self) -> None:
        """Give free places to those who wait."""
        for queue in self._queues.values():
            while queue.waiting and self._free() and queue.at_work < queue.most_at_work:
                following = queue.waiting.popleft()
                if not following.done():  # else it has hung up
                    queue.at_work += 1
                    following.set_result(None)

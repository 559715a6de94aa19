"""Who is served first when hundreds of desks come back at once.

The worker has one processor: whatever it does at the same time only makes each wait longer, and the slowest
longest.  So the long requests take turns, and they wait in the event loop, where they hold no thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from sync.hub.refusal import Refused

T = TypeVar("T")


class Turns:
    """Lets ``at_once`` requests of one kind work at the same time, first come first served.

    ``most``: those at work and waiting together; who comes then is sent away.  0: everybody waits.
    """

    def __init__(self, at_once: int, most: int = 0) -> None:
        self._working = asyncio.Semaphore(at_once)
        self._most = most
        self._here = 0

    async def take(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, on a thread of the pool.  Raises Refused 503 ``busy``, and what it raises."""
        if self._most and self._here >= self._most:
            raise Refused(503, "busy", "中心正忙，这批办件还没有收，都还在本机。稍后会自动再传，不用您管。")
        self._here += 1
        try:
            async with self._working:
                return await run_in_threadpool(work)
        finally:
            self._here -= 1

"""Pure decisions of the sync: what goes into a batch, and when to try again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sync.protocol import MAX_BATCH_BYTES, MAX_BATCH_OPS

LEASE_DAYS = 7
LEAST_WANTED = 100
MOST_WANTED = 20_000
FIRST_RETRY_S = 2.0
LAST_RETRY_S = 300.0


def batch_length(sizes: Sequence[int]) -> int:
    """How many of the waiting ops (sizes in bytes, in order) the next batch takes; at least one."""
    total = 0
    for count, size in enumerate(sizes[:MAX_BATCH_OPS]):
        total += size
        if total > MAX_BATCH_BYTES and count > 0:
            return count
    return min(len(sizes), MAX_BATCH_OPS)


def consecutive(dseqs: Sequence[int]) -> int:
    """How many of the waiting ops follow each other without a gap, from the first.

    A lost answer leaves gaps: the feed tells of what was applied, but not of what is held.
    """
    return next((i for i, dseq in enumerate(dseqs) if dseq != dseqs[0] + i), len(dseqs))


def numbers_wanted(taken: Mapping[dt.date, int]) -> int:
    """How many numbers a desk should hold: three times its busiest stretch of a whole offline lease.

    ``taken``: numbers used on each day.  A desk cannot work offline longer than its lease runs, so what
    it once used in that time, three times over, lasts through a rush.  From LEAST_WANTED to MOST_WANTED.
    """
    busiest = max(
        (
            sum(count for other, count in taken.items() if 0 <= (day - other).days < LEASE_DAYS)
            for day in taken
        ),
        default=0,
    )
    return min(max(LEAST_WANTED, 3 * busiest), MOST_WANTED)


def retry_delay(failures: int, chance: float) -> float:
    """Seconds until the next try after ``failures`` in a row: 2 s doubling to 5 min, jittered.

    ``chance`` is uniform in [0, 1); the delay lies between half and the whole of the step, so that
    five hundred desks do not come back in the same second.
    """
    step = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(max(failures - 1, 0), 16))
    return step * (0.5 + 0.5 * chance)

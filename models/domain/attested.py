"""How sure the day of an offline act is: an attested interval, not a point (DESIGN §3).

The hub bounds it from both sides when it takes the act in: not before what the desk had heard of the
hub's time, not after the arrival.  Until then a day within reach of midnight is only likely.
"""

from __future__ import annotations

import datetime as dt

from models.domain.ops import OpTime, local_day

# What a desk lets pass between its clock and what it can attest (app.commands.act refuses more).
SLACK_MS = 5 * 60 * 1000
_DAY_MS = 24 * 3600 * 1000


def possible_days(time: OpTime) -> tuple[dt.date, dt.date]:
    """The first and the last local day on which the act can have been done.

    With the hub's time carried on by the monotonic counter, the error is what was measured then; a
    desk that has restarted since has only its wall clock, so the tolerated slack is added.
    """
    error = max(time.uncertainty_ms, 0)
    if time.attested_ms:
        low = min(time.wall_ms, time.attested_ms) - error
        high = max(time.wall_ms, time.attested_ms) + error
    else:
        reach = max(error, SLACK_MS)
        low, high = max(time.wall_ms - reach, min(time.anchor_ms, time.wall_ms)), time.wall_ms + reach
    # More than a day off says no more than a day off, and no calendar ends.
    low, high = max(low, time.wall_ms - _DAY_MS), min(high, time.wall_ms + _DAY_MS)
    return _day(max(low, 0), time), _day(high, time)


def day_in_doubt(time: OpTime) -> bool:
    """Whether the act may belong to the day before or after, as far as the desk alone can tell."""
    first, last = possible_days(time)
    return first != last


def _day(ms: int, time: OpTime) -> dt.date:
    return local_day(ms, time.offset_min)

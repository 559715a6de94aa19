"""Time of a simulated world, and the wrong clocks of its machines."""

from __future__ import annotations

from models.clock import Attested
from models.domain.ops import OpTime

# 2026-03-02 09:00 in Beijing, a Monday; years of the known calendar lie on both sides.
START_MS = 1_772_413_200_000


class SimTime:
    """True time, which nobody in the world can read."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ms += milliseconds


class DeskClock:
    """A machine's clock: off by ``skew_ms``, with a monotonic counter since its last boot."""

    def __init__(self, time: SimTime, skew_ms: int, anchor_ms: int) -> None:
        self.time = time
        self.skew_ms = skew_ms
        self._booted_ms = time.now_ms
        self._boot = str(time.now_ms)
        self._attested = Attested(anchor_ms=anchor_ms)

    def now(self) -> OpTime:
        self.time.pass_ms(1)
        wall = self.time.now_ms + self.skew_ms
        return self._attested.stamp(wall, 480, self._mono(), self._boot)

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None:
        wall = self.time.now_ms + self.skew_ms
        self._attested = Attested.heard(hub_time_ms, round_trip_ms, wall, self._mono())

    def heard_late(self, hub_time_ms: int) -> None:
        self._attested = self._attested.later(hub_time_ms, self._mono())

    def _mono(self) -> int:
        return self.time.now_ms - self._booted_ms

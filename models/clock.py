"""Where time comes from: injected everywhere, so that a wrong clock can be tested."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from models.domain.ops import OpTime


class Clock(Protocol):
    """Time as a desk can attest it, and the hub's time when it was last heard."""

    def now(self) -> OpTime: ...

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None: ...


class SystemClock:
    """The machine's clock, with a monotonic reading and the boot it belongs to.

    ``anchor_ms`` and ``uncertainty_ms`` are carried from the last answer of the hub; the
    uncertainty is half the round trip plus how far the wall clock was off then.
    """

    def __init__(self, anchor_ms: int = 0, uncertainty_ms: int = 0) -> None:
        self._anchor_ms = anchor_ms
        self._uncertainty_ms = uncertainty_ms
        self._boot = _boot_id()

    def now(self) -> OpTime:
        wall = time.time()
        local = time.localtime(wall)
        return OpTime(
            wall_ms=int(wall * 1000),
            offset_min=local.tm_gmtoff // 60,
            mono_ms=int(time.monotonic() * 1000),
            boot=self._boot,
            anchor_ms=self._anchor_ms,
            uncertainty_ms=self._uncertainty_ms,
        )

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None:
        self._anchor_ms = hub_time_ms
        self._uncertainty_ms = abs(int(time.time() * 1000) - hub_time_ms) + round_trip_ms // 2


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        return ""

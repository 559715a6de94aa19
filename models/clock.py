"""Where time comes from: injected everywhere, so that a wrong clock can be tested."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Protocol

import msgspec

from models.domain.ops import OpTime


class Clock(Protocol):
    """Time as a desk can attest it, and the hub's time when it was last heard."""

    def now(self) -> OpTime: ...

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None: ...

    def heard_late(self, hub_time_ms: int) -> None:
        """The hub's time of some while ago: it cannot be earlier now."""


class Attested(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's time as last heard, and the monotonic reading it was heard at.

    ``heard_mono_ms`` is -1 when it was heard before this boot: how long ago that is, only the wall
    clock could say, and that is the one in doubt.
    """

    anchor_ms: int = 0
    uncertainty_ms: int = 0
    heard_mono_ms: int = -1

    @classmethod
    def heard(cls, hub_time_ms: int, round_trip_ms: int, wall_ms: int, mono_ms: int) -> Attested:
        """``uncertainty_ms`` becomes half the round trip plus how far the wall clock was off."""
        off = abs(wall_ms - hub_time_ms)
        return cls(anchor_ms=hub_time_ms, uncertainty_ms=off + round_trip_ms // 2, heard_mono_ms=mono_ms)

    def later(self, hub_time_ms: int, mono_ms: int) -> Attested:
        """With what the hub said at an unknown time past."""
        if self.heard_mono_ms < 0:
            return msgspec.structs.replace(self, anchor_ms=max(self.anchor_ms, hub_time_ms))
        now = self.anchor_ms + mono_ms - self.heard_mono_ms
        return msgspec.structs.replace(self, anchor_ms=max(now, hub_time_ms), heard_mono_ms=mono_ms)

    def stamp(self, wall_ms: int, offset_min: int, mono_ms: int, boot: str) -> OpTime:
        """The time of an act.  ``attested_ms`` goes on from the hub's time by the monotonic counter."""
        known = self.heard_mono_ms >= 0
        return OpTime(
            wall_ms=wall_ms,
            offset_min=offset_min,
            mono_ms=mono_ms,
            boot=boot,
            anchor_ms=self.anchor_ms,
            uncertainty_ms=self.uncertainty_ms,
            attested_ms=self.anchor_ms + mono_ms - self.heard_mono_ms if known else 0,
        )


class SystemClock:
    """The machine's clock, with a monotonic reading and the boot it belongs to.

    ``anchor_ms`` and ``uncertainty_ms`` are carried from the last answer of the hub.
    """

    def __init__(self, anchor_ms: int = 0, uncertainty_ms: int = 0) -> None:
        self._attested = Attested(anchor_ms=anchor_ms, uncertainty_ms=uncertainty_ms)
        self._boot = _boot_id()

    def now(self) -> OpTime:
        wall = time.time()
        local = time.localtime(wall)
        return self._attested.stamp(int(wall * 1000), local.tm_gmtoff // 60, _mono_ms(), self._boot)

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None:
        self._attested = Attested.heard(hub_time_ms, round_trip_ms, int(time.time() * 1000), _mono_ms())

    def heard_late(self, hub_time_ms: int) -> None:
        self._attested = self._attested.later(hub_time_ms, _mono_ms())


def _mono_ms() -> int:
    """Milliseconds that also count while the machine sleeps, which Linux's plain counter does not."""
    if sys.platform == "linux":
        return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
    return int(time.monotonic() * 1000)


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        return ""

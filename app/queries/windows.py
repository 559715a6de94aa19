"""The windows of the hall as the board shows them: how far each is known, and which are out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from app.commands.context import Desk
from sync.hall_protocol import Machine
from sync.machines import known_machines

LATE_MS = 180_000  # a desk that is online speaks every minute; three missed rounds are no hiccup


class WindowCount(msgspec.Struct, frozen=True, kw_only=True):
    """One machine's received and accepted cases of the day; ``until_ms`` is how far the replica knows it, 0 = live.

    ``name`` is the window it stood at, or the machine's own name when that is not known.  A window of the
    hall without an act today is there too, ``device`` being its number.  ``late_ms``: it was itself last
    heard from then, by the hub; 0: it was heard from just now, or nobody knows.  ``revoked_ms``: it is out
    since then, ``revoked_by`` whom; its figures count in no total.
    """

    device: str
    name: str
    own: bool
    accepted: int
    received: int = 0
    until_ms: int = 0
    late_ms: int = 0
    revoked_ms: int = 0
    revoked_by: str = ""

    def known_until(self, online: bool) -> int:
        """Unix ms up to when these figures are whole: 0 up to now, -1 when nothing is known at all."""
        if self.own:
            return 0
        if self.late_ms or online:
            return self.late_ms
        return self.until_ms or -1


class Hall(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub has told of the machines here; empty when it never was asked."""

    machines: tuple[Machine, ...] = ()
    told_ms: int = 0

    def late_ms(self, machine: Machine) -> int:
        return machine.seen_ms if self.told_ms - machine.seen_ms > LATE_MS else 0

    def out(self) -> frozenset[str]:
        """Machines that are revoked, at whatever window."""
        return frozenset(one.device for one in self.machines if one.revoked_ms)

    def at(self, window: str) -> Machine | None:
        """The machine of a window: one that works before one that is revoked, then the one heard from last."""
        here = [one for one in self.machines if one.window == window]
        return max(here, key=lambda one: (not one.revoked_ms, one.seen_ms), default=None)

    def of(self, device: str) -> Machine | None:
        return next((one for one in self.machines if one.device == device), None)


def read_hall(desk: Desk) -> Hall:
    with desk.store.read() as conn:
        told = known_machines(conn)
    return Hall(machines=told.machines, told_ms=told.hub_time_ms) if told is not None else Hall()


def window_counts(
    desk: Desk,
    hall: Hall,
    names: Mapping[str, str],
    received: Counter[str],
    accepted: Counter[str],
    synced_ms: int,
) -> tuple[WindowCount, ...]:
    """The own window, those that acted today by machine, then the quiet ones by window."""
    own = desk.device.device
    active = sorted({own, *received, *accepted}, key=lambda device: (device != own, device))
    rows = [
        _count(
            hall,
            hall.of(device),
            device=device,
            name=names.get(device) or device,
            own=device == own,
            accepted=accepted[device],
            received=received[device],
            until_ms=0 if device == own else synced_ms,
        )
        for device in active
    ]
    return (*rows, *_quiet(desk, hall, {row.name for row in rows}, synced_ms))


def _quiet(desk: Desk, hall: Hall, seen: set[str], synced_ms: int) -> Sequence[WindowCount]:
    """The other windows of this hall, of which the replica knows no act of today."""
    return [
        _count(
            hall, hall.at(line.id), device=line.id, name=line.name, own=False, accepted=0, until_ms=synced_ms
        )
        for line in sorted(desk.rulebook.directory.windows, key=lambda line: line.id)
        if line.hall == desk.device.scope and line.name not in seen
    ]


def _count(
    hall: Hall,
    machine: Machine | None,
    *,
    device: str,
    name: str,
    own: bool,
    accepted: int,
    until_ms: int,
    received: int = 0,
) -> WindowCount:
    told = machine if machine is not None and not own else None
    return WindowCount(
        device=device,
        name=name,
        own=own,
        accepted=accepted,
        received=received,
        until_ms=until_ms,
        late_ms=hall.late_ms(told) if told is not None else 0,
        revoked_ms=told.revoked_ms if told is not None else 0,
        revoked_by=told.revoked_by if told is not None else "",
    )

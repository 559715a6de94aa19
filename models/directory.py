"""Halls as the hub last told them."""

from __future__ import annotations

import msgspec

from models.domain.hours import Hours, hours_by_hall


class HallLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    division: str = ""
    level: str = ""
    address: str = ""
    phone: str = ""
    hours: str = ""  # 09:00-12:00,13:00-17:00; empty: the default


class WindowLine(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: general or specialist, "" when the directory does not say; no ``domains`` means all."""

    id: str
    hall: str = ""
    name: str = ""
    kind: str = ""
    domains: tuple[str, ...] = ()


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the hub's directory that notices and screens need."""

    halls: tuple[HallLine, ...] = ()
    windows: tuple[WindowLine, ...] = ()
    enterprises: dict[str, str] = {}  # 企业名单: USCC → the list it is on (双50强 …)

    def enterprise(self, uscc: str) -> str:
        """The list an enterprise is on, "" when it is on none."""
        return self.enterprises.get(uscc.strip().upper(), "")

    def hall(self, hall_id: str) -> HallLine | None:
        return next((h for h in self.halls if h.id == hall_id), None)

    def window(self, hall: str, window: str) -> WindowLine:
        """One without kind and domains when the directory does not name it."""
        found = (w for w in self.windows if (w.hall, w.id) == (hall, window))
        return next(found, WindowLine(id=window, hall=hall))

    def divisions(self) -> dict[str, str]:
        """The 区划 by hall, of the halls that have one."""
        return {h.id: h.division for h in self.halls if h.division}

    def place_of(self, division: str) -> str:
        """The name of the hall of that 区划, or the 区划 itself."""
        return next((h.name for h in self.halls if h.division == division), division)

    def hours(self) -> dict[str, Hours]:
        """Opening hours of the halls that have their own."""
        return hours_by_hall((h.id, h.hours) for h in self.halls)


def read_directory(data: bytes | None) -> Directory:
    """An empty directory before the first one came."""
    return msgspec.json.decode(data, type=Directory) if data else Directory()

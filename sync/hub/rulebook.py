"""The published catalogue versions and the calendar, as the rules that ``apply`` needs."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import Connection, select

from models.directory import read_directory
from models.domain.catalog import Item, decode_catalog
from models.domain.hours import Hours
from models.domain.verdict import Rules
from models.domain.workdays import Calendar, builtin_calendar
from sync.hub import tables as t
from sync.hub.text import storable

_CURRENT = select(t.catalog_version.c.version).order_by(t.catalog_version.c.place.desc()).limit(1)
_DIRECTORY = select(t.directory.c.data).order_by(t.directory.c.place.desc()).limit(1)


class HubRulebook:
    """Decoded on first use and kept: versions are immutable, calendars are named by their hash."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Item]] = {}
        self._calendars: dict[str, Calendar] = {}
        self._hours: tuple[str, dict[str, Hours]] = ("", {})
        self._builtin = builtin_calendar()
        self._lock = threading.Lock()

    def current_version(self, conn: Connection) -> str:
        """The version last published; "" when there is none."""
        found = conn.execute(_CURRENT).scalar()
        return found or ""

    def item(self, conn: Connection, version: str, item_id: str) -> Item | None:
        if not storable(version):
            return None
        with self._lock:
            items = self._items.get(version)
        if items is None:
            data = conn.execute(
                select(t.catalog_version.c.data).where(t.catalog_version.c.version == version)
            ).scalar()
            if data is None:
                return None
            items = {item.id: item for item in decode_catalog(data).items}
            with self._lock:
                self._items[version] = items
        return items.get(item_id)

    def calendar(self, conn: Connection) -> Calendar:
        """The calendar last imported; the built-in one before that."""
        newest = select(t.calendar.c.hash).order_by(t.calendar.c.place.desc()).limit(1)
        name = conn.execute(newest).scalar()
        if name is None:
            return self._builtin
        with self._lock:
            known = self._calendars.get(name)
        if known is None:
            data = conn.execute(
                select(t.calendar.c.data).where(t.calendar.c.hash == name).limit(1)
            ).scalar_one()
            known = msgspec.json.decode(data, type=Calendar)
            with self._lock:
                self._calendars[name] = known
        return known

    def hours(self, conn: Connection) -> dict[str, Hours]:
        """Opening hours by hall, from the directory last published; halls without any are left out."""
        name = conn.execute(_DIRECTORY.with_only_columns(t.directory.c.hash)).scalar() or ""
        known, hours = self._hours
        if name != known:
            hours = read_directory(conn.execute(_DIRECTORY).scalar()).hours()
            self._hours = (name, hours)
        return hours

    def rules(
        self, conn: Connection, version: str, item_id: str, calendar: Calendar, hours: dict[str, Hours]
    ) -> Rules | None:
        """None when the version is not published here or has no such item."""
        item = self.item(conn, version, item_id)
        return None if item is None else Rules(item=item, calendar=calendar, hours=hours)

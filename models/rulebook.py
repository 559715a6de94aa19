"""The catalogue versions and calendar a desk holds, as the rules that ``apply`` needs."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import Connection, bindparam, select

from models.clock import Clock
from models.device import get_meta
from models.directory import Directory, read_directory
from models.domain.catalog import Catalog, Item, decode_catalog
from models.domain.credit import CreditList, read_credit
from models.domain.hours import Hours
from models.domain.review import effective
from models.domain.verdict import Rules
from models.domain.workdays import Calendar, builtin_calendar
from models.prepared import Prepared
from models.tables import replica as t

_VERSIONS = Prepared(select(t.catalog.c.version))
_VERSION = Prepared(select(t.catalog.c.version).where(t.catalog.c.version == bindparam("of")))
_DATA = Prepared(select(t.catalog.c.data).where(t.catalog.c.version == bindparam("of")))


class Rulebook:
    """Decoded catalogue versions, loaded on first use and kept; safe to share between threads."""

    def __init__(self, calendar: Calendar | None = None) -> None:
        self._calendar = calendar or builtin_calendar()
        self._hours: dict[str, Hours] = {}
        self._credit: CreditList | None = None
        self._credit_hash = ""
        self._directory = Directory()
        self._divisions: dict[str, str] = {}
        self._items: dict[str, dict[str, Item]] = {}
        self._catalogs: dict[str, Catalog] = {}
        self._lock = threading.Lock()
        self._clock: Clock | None = None

    def watch(self, clock: Clock) -> None:
        """Whose day decides which version is in force; without one it is the version last received."""
        self._clock = clock

    @property
    def calendar(self) -> Calendar:
        return self._calendar

    @property
    def directory(self) -> Directory:
        """Halls and windows as last sent; empty before the first."""
        return self._directory

    @property
    def credit(self) -> CreditList | None:
        """The 失信名单 the hub sent; None before there was one."""
        return self._credit

    @property
    def credit_hash(self) -> str:
        return self._credit_hash

    def adopt_calendar(self, conn: Connection) -> None:
        """Read the calendar and the 失信名单 the hub sent, if there are any."""
        listed = get_meta(conn, "credit")
        if listed is not None:
            self._credit = read_credit(listed)
            self._credit_hash = (get_meta(conn, "credit_hash") or b"").decode()
        calendar = get_meta(conn, "calendar")
        if calendar is not None:
            self._calendar = msgspec.json.decode(calendar, type=Calendar)
        self.adopt_hours(conn)

    def adopt_hours(self, conn: Connection) -> None:
        """Read the directory the hub sent: halls with their opening hours and 区划, windows."""
        self._directory = read_directory(get_meta(conn, "directory"))
        self._hours, self._divisions = self._directory.hours(), self._directory.divisions()

    def current_version(self, conn: Connection) -> str:
        """The version that new cases are taken in under: the newest in force on the desk's day.

        "" before the first catalogue came.  A clock that cannot be right stops the act itself.
        """
        newest = self.newest_version(conn)
        if not newest or self._clock is None:
            return newest
        day = self._clock.now().day.isoformat()
        if self._since(conn, newest) <= day:
            return newest
        held = _VERSIONS(conn).scalars()
        ordered = sorted(held, key=lambda name: (name.rpartition("-r")[2], name))
        return effective(((name, self._since(conn, name)) for name in ordered), day) or newest

    def newest_version(self, conn: Connection) -> str:
        """The version the hub published last, in force or to come; "" before the first."""
        return (get_meta(conn, "catalog_version") or b"").decode()

    def holds(self, conn: Connection, version: str) -> bool:
        return _VERSION(conn, of=version).first() is not None

    def _since(self, conn: Connection, version: str) -> str:
        catalog = self.catalog(conn, version)
        return catalog.effective_on if catalog is not None else ""

    def catalog(self, conn: Connection, version: str) -> Catalog | None:
        with self._lock:
            if version not in self._catalogs:
                row = _DATA(conn, of=version).first()
                if row is None:
                    return None
                catalog = decode_catalog(row.data)
                self._items[version] = {item.id: item for item in catalog.items}
                self._catalogs[version] = catalog
            return self._catalogs[version]

    def item(self, conn: Connection, version: str, item_id: str) -> Item | None:
        if self.catalog(conn, version) is None:
            return None
        return self._items[version].get(item_id)

    def rules(self, conn: Connection, version: str, item_id: str) -> Rules | None:
        """None when this desk does not hold that version or the version has no such item."""
        item = self.item(conn, version, item_id)
        if item is None:
            return None
        return Rules(item=item, calendar=self._calendar, hours=self._hours, divisions=self._divisions)

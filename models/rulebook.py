"""The catalogue versions and calendar a desk holds, as the rules that ``apply`` needs."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import Connection, select

from models.device import get_meta
from models.directory import read_directory
from models.domain.catalog import Catalog, Item, decode_catalog
from models.domain.credit import CreditList, read_credit
from models.domain.hours import Hours
from models.domain.verdict import Rules
from models.domain.workdays import Calendar, builtin_calendar
from models.tables import replica as t


class Rulebook:
    """Decoded catalogue versions, loaded on first use and kept; safe to share between threads."""

    def __init__(self, calendar: Calendar | None = None) -> None:
        self._calendar = calendar or builtin_calendar()
        self._hours: dict[str, Hours] = {}
        self._credit: CreditList | None = None
        self._credit_hash = ""
        self._items: dict[str, dict[str, Item]] = {}
        self._catalogs: dict[str, Catalog] = {}
        self._lock = threading.Lock()

    @property
    def calendar(self) -> Calendar:
        return self._calendar

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
        row = conn.execute(select(t.meta.c.value).where(t.meta.c.key == "calendar")).first()
        if row is not None:
            self._calendar = msgspec.json.decode(row.value, type=Calendar)
        self.adopt_hours(conn)

    def adopt_hours(self, conn: Connection) -> None:
        """Read the opening hours of the halls in the directory the hub sent."""
        self._hours = read_directory(get_meta(conn, "directory")).hours()

    def current_version(self, conn: Connection) -> str:
        """The version that new cases are taken in under; "" before the first catalogue came."""
        return (get_meta(conn, "catalog_version") or b"").decode()

    def catalog(self, conn: Connection, version: str) -> Catalog | None:
        with self._lock:
            if version not in self._catalogs:
                row = conn.execute(select(t.catalog.c.data).where(t.catalog.c.version == version)).first()
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
        return None if item is None else Rules(item=item, calendar=self._calendar, hours=self._hours)

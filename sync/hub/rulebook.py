"""The published catalogue versions and the calendar, as the rules that ``apply`` needs."""

from __future__ import annotations

import datetime as dt
import threading

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from models.directory import Directory, read_directory
from models.domain.catalog import Bundle, Item, decode_catalog
from models.domain.credit import CreditList, read_credit
from models.domain.review import effective
from models.domain.verdict import Rules
from models.domain.workdays import Calendar, builtin_calendar
from sync.hub import tables as t
from sync.hub.prepared import Prepared, first_of
from sync.hub.text import storable

_CURRENT = Prepared(first_of(select(t.catalog_version.c.version).order_by(t.catalog_version.c.place.desc())))
_VERSIONS = Prepared(
    select(t.catalog_version.c.version, t.catalog_version.c.effective_on).order_by(t.catalog_version.c.place)
)
_LATER = Prepared(
    select(t.catalog_version.c.published_ms, t.catalog_version.c.effective_on).where(
        t.catalog_version.c.place
        > select(t.catalog_version.c.place)
        .where(t.catalog_version.c.version == bindparam("than"))
        .scalar_subquery()
    )
)
_DATA = Prepared(select(t.catalog_version.c.data).where(t.catalog_version.c.version == bindparam("of")))
_CALENDAR = Prepared(first_of(select(t.calendar.c.hash).order_by(t.calendar.c.place.desc())))
_DIRECTORY = Prepared(first_of(select(t.directory.c.hash).order_by(t.directory.c.place.desc())))
_CREDIT = Prepared(first_of(select(t.credit.c.hash).order_by(t.credit.c.place.desc())))
_LISTS_KEPT = 4  # a list may have 100,000 people; few desks act under any but the newest


_CHINA = dt.timezone(dt.timedelta(hours=8))


def china_day(now_ms: int) -> str:
    """The day (ISO 8601) in China, wherever the hub runs."""
    return dt.datetime.fromtimestamp(now_ms / 1000, _CHINA).date().isoformat()


class HubRulebook:
    """Decoded on first use and kept: versions are immutable, calendars are named by their hash."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Item]] = {}
        self._bundles: dict[str, dict[str, Bundle]] = {}
        self._since: dict[str, str] = {}
        self._calendars: dict[str, Calendar] = {}
        self._directory: tuple[str, Directory] = ("", Directory())
        self._credit: dict[str, CreditList] = {}
        # Made of one calendar and one directory: others begin anew.
        self._rules: tuple[Calendar | None, Directory | None, dict[tuple[str, str], Rules]] = (None, None, {})
        self._builtin = builtin_calendar()
        self._lock = threading.Lock()

    def current_version(self, conn: Connection) -> str:
        """The version last published; "" when there is none."""
        found = _CURRENT(conn).scalar()
        return found or ""

    def version_on(self, conn: Connection, day: str) -> str:
        """The version that new cases use on that day (ISO 8601); "" when none is in force."""
        return effective(self.versions(conn), day)

    def versions(self, conn: Connection) -> list[tuple[str, str]]:
        """(version, effective_on) of what is published, oldest first."""
        return [(row.version, row.effective_on) for row in _VERSIONS(conn)]

    def replaced_on(self, conn: Connection, version: str) -> str:
        """The day (ISO 8601) from which a later version is in force; "" while none is published."""
        days = [max(row.effective_on, china_day(row.published_ms)) for row in _LATER(conn, than=version)]
        return min(days, default="")

    def item(self, conn: Connection, version: str, item_id: str) -> Item | None:
        if not storable(version):
            return None
        with self._lock:
            items = self._items.get(version)
        if items is None:
            data = _DATA(conn, of=version).scalar()
            if data is None:
                return None
            catalog = decode_catalog(data)
            items = {item.id: item for item in catalog.items}
            with self._lock:
                self._items[version] = items
                self._bundles[version] = {bundle.id: bundle for bundle in catalog.bundles}
                self._since[version] = catalog.effective_on
        return items.get(item_id)

    def known(self, version: str, item_id: str) -> Item | None:
        """An item of a version that :meth:`item` has read."""
        return self._items.get(version, {}).get(item_id)

    def bundle(self, version: str, bundle_id: str) -> Bundle | None:
        """A 一件事 of a version that :meth:`item` has read."""
        return self._bundles.get(version, {}).get(bundle_id)

    def since(self, version: str) -> str:
        """The day (ISO 8601) from which a version that :meth:`item` has read is in force; "": at once."""
        return self._since.get(version, "")

    def calendar(self, conn: Connection) -> Calendar:
        """The calendar last imported; the built-in one before that."""
        name = _CALENDAR(conn).scalar()
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

    def directory(self, conn: Connection) -> Directory:
        """Halls and windows as last published."""
        name = _DIRECTORY(conn).scalar() or ""
        known, directory = self._directory
        if name != known:
            newest = select(t.directory.c.data).where(t.directory.c.hash == name).limit(1)
            directory = read_directory(conn.execute(newest).scalar())
            self._directory = (name, directory)
        return directory

    def directories_since(self, conn: Connection, at_ms: int) -> list[Directory]:
        """What a desk may go by that last heard the hub at that time: what held then, and all later ones."""
        table = t.directory
        held = select(func.max(table.c.place)).where(table.c.published_ms <= at_ms).scalar_subquery()
        rows = select(table.c.data).where(table.c.place >= func.coalesce(held, 0)).order_by(table.c.place)
        return [read_directory(data) for data in conn.execute(rows).scalars()]

    def rules(
        self, conn: Connection, version: str, item_id: str, calendar: Calendar, directory: Directory
    ) -> Rules | None:
        """None when the version is not published here or has no such item."""
        of_calendar, of_directory, known = self._rules
        if of_calendar is not calendar or of_directory is not directory:
            known = {}
            self._rules = (calendar, directory, known)
        found = known.get((version, item_id))
        if found is None:
            item = self.item(conn, version, item_id)
            if item is None:
                return None
            other = next(iter(known.values()), None)
            found = known[version, item_id] = Rules(
                item=item,
                calendar=calendar,
                hours=other.hours if other is not None else directory.hours(),
                divisions=other.divisions if other is not None else directory.divisions(),
            )
        return found

    def credit(self, conn: Connection, wanted: str) -> CreditList | None:
        """The 失信名单 of that hash, the newest where there is no such one; None before the first."""
        name = (
            wanted
            if wanted and storable(wanted) and self._has_credit(conn, wanted)
            else _CREDIT(conn).scalar()
        )
        if name is None:
            return None
        with self._lock:
            known = self._credit.get(name)
        if known is None:
            query = select(t.credit.c.data).where(t.credit.c.hash == name).limit(1)
            known = read_credit(conn.execute(query).scalar_one())
            with self._lock:
                for old in list(self._credit)[: 1 - _LISTS_KEPT]:
                    del self._credit[old]
                self._credit[name] = known
        return known

    def _has_credit(self, conn: Connection, name: str) -> bool:
        with self._lock:
            if name in self._credit:
                return True
        return (
            conn.execute(select(t.credit.c.place).where(t.credit.c.hash == name).limit(1)).first() is not None
        )

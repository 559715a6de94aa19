"""Publishing what desks work by: catalogue versions and the workday calendar, signed by the hub."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select

from models.crypto import sign
from models.domain.catalog import (
    Bundle,
    Catalog,
    Department,
    Item,
    ProofRule,
    RuleDocument,
    decode_catalog,
    encode_catalog,
)
from models.domain.workdays import Calendar
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.ingest import release_held
from sync.hub.places import publish_document
from sync.hub.prepared import Prepared
from sync.hub.refusal import Refused
from sync.hub.text import storable
from sync.protocol import CalendarReply, CatalogReply, DirectoryReply

_VERSION = Prepared(select(t.catalog_version).where(t.catalog_version.c.version == bindparam("of")))
CHINA = dt.timezone(dt.timedelta(hours=8))


def publish_catalog(
    hub: Hub,
    departments: tuple[Department, ...],
    items: tuple[Item, ...],
    *,
    bundles: tuple[Bundle, ...] = (),
    proofs: tuple[ProofRule, ...] = (),
    rules: tuple[RuleDocument, ...] = (),
    effective_on: str = "",
) -> str:
    """Publish a new immutable version; returns its name.  Held ops it lets through are decided.

    For a first installation and the demo city: later versions go through sync.hub.draft, by two people.
    Raises KnownError when there is no item, or two with the same id.
    """
    whole = Catalog(
        version="", departments=departments, items=items, bundles=bundles, proofs=proofs,
        effective_on=effective_on, rules=rules,
    )  # fmt: skip
    check_whole(items)
    with hub.write() as conn:
        version = put_version(hub, conn, whole, "cli")
    release_held(hub)
    return version


def check_whole(items: tuple[Item, ...]) -> None:
    """Raises KnownError when there is no item, or two with the same id."""
    if not items:
        raise KnownError("目录里没有一个可用的办理项，没有发布，原目录不变。")
    ids = [item.id for item in items]
    if len(set(ids)) != len(ids):
        twice = next(one for one in ids if ids.count(one) > 1)
        raise KnownError(f"目录里有两个办理项编码都是“{twice}”，没有发布，原目录不变。")


def put_version(hub: Hub, conn: Connection, catalog: Catalog, actor: str) -> str:
    """Sign and store the next version in the caller's transaction; returns its name.

    Raises KnownError when it would count from an earlier day than one that is already published.
    """
    now = hub.now_ms()
    day = dt.datetime.fromtimestamp(now / 1000, CHINA).strftime("%Y.%m.%d")
    record(
        conn, now, actor, "publish_catalog", detail=f"{len(catalog.items)}"
    )  # takes the chain's lock first
    table = t.catalog_version
    last = conn.execute(select(func.max(table.c.place), func.max(table.c.effective_on))).one()
    place = (last[0] or 0) + 1
    today = day.replace(".", "-")
    if (last[1] or "") > max(catalog.effective_on, today):
        raise KnownError(f"已发布的一版目录定于 {last[1]} 起施行，新版不能早于那一天，没有发布。")
    # The running number keeps versions in order, whatever the hub's clock does.
    version = f"{day}-r{place:04d}"
    data = encode_catalog(msgspec.structs.replace(catalog, version=version))
    values = {"version": version, "place": place, "data": data, "published_ms": now}
    signature = sign(hub.keys.signing, data)
    conn.execute(insert(table).values(**values, signature=signature, effective_on=catalog.effective_on))
    return version


def current_catalog(hub: Hub) -> Catalog | None:
    with hub.read() as conn:
        newest = select(t.catalog_version.c.data).order_by(t.catalog_version.c.place.desc()).limit(1)
        data = conn.execute(newest).scalar()
    return decode_catalog(data) if data is not None else None


def catalog_reply(hub: Hub, version: str) -> CatalogReply:
    """A published version, or the ``current`` one.  Raises Refused."""
    with hub.read() as conn:
        wanted = hub.rulebook.current_version(conn) if version == "current" else version
        wanted = wanted if storable(wanted) else ""
        row = _VERSION(conn, of=wanted).first()
    if row is None:
        raise Refused(404, "no_catalog", "中心还没有发布这一版目录。请联系管理员。")
    return CatalogReply(version=row.version, data=row.data, signature=row.signature)


def publish_calendar(hub: Hub, calendar: Calendar) -> str:
    """Publish the workday calendar; returns its hash."""
    # Sets and dates in order, so that the same calendar has the same hash.
    data = msgspec.json.encode(msgspec.to_builtins(calendar, str_keys=True, order="sorted"))
    with hub.write() as conn:
        return publish_document(hub, conn, "calendar", data)


def directory_reply(hub: Hub) -> DirectoryReply:
    with hub.read() as conn:
        row = conn.execute(select(t.directory).order_by(t.directory.c.place.desc()).limit(1)).first()
    if row is None:
        raise Refused(404, "no_directory", "中心还没有导入大厅资料。请联系管理员。")
    return DirectoryReply(hash=row.hash, data=row.data, signature=row.signature)


def calendar_reply(hub: Hub) -> CalendarReply:
    with hub.read() as conn:
        row = conn.execute(select(t.calendar).order_by(t.calendar.c.place.desc()).limit(1)).first()
    if row is None:
        raise Refused(404, "no_calendar", "中心没有另外导入工作日历，按程序自带的算。")
    return CalendarReply(hash=row.hash, data=row.data, signature=row.signature)

"""Halls and windows by id, out of the directory that was last loaded."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, insert, select

from models.crypto import sign
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.prepared import Prepared, first_of

_NEWEST = Prepared(first_of(select(t.directory.c.data).order_by(t.directory.c.place.desc())))


class Hall(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    division: str


class Window(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    hall: str
    name: str = ""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the directory (JSON) that the hub itself needs."""

    halls: tuple[Hall, ...] = ()
    windows: tuple[Window, ...] = ()

    def hall(self, hall_id: str) -> Hall | None:
        return next((h for h in self.halls if h.id == hall_id), None)

    def window(self, hall_id: str, window_id: str) -> Window | None:
        return next((w for w in self.windows if w.id == window_id and w.hall == hall_id), None)


def read_places(conn: Connection) -> Places:
    """Empty before a directory was loaded."""
    data = _NEWEST(conn).scalar()
    return _decoded(data) if data is not None else Places()


@lru_cache(maxsize=2)
def _decoded(data: bytes) -> Places:
    return msgspec.json.decode(data, type=Places)


def publish_directory(hub: Hub, data: bytes) -> str:
    """Sign and publish the directory as JSON bytes; returns its hash.  Raises KnownError for other bytes."""
    try:
        msgspec.json.decode(data, type=Places)
    except msgspec.MsgspecError as error:
        raise KnownError("大厅和窗口资料的格式不对，没有发布，原有资料不变。", detail=str(error)) from error
    with hub.write() as conn:
        return publish_document(hub, conn, "directory", data)


def publish_document(hub: Hub, conn: Connection, name: str, data: bytes) -> str:
    """Sign ``data`` as the newest directory, calendar, 失信名单 or list of forms, unless it is that already."""
    table = {"directory": t.directory, "calendar": t.calendar, "credit": t.credit, "form_list": t.form_list}[
        name
    ]
    digest = hashlib.sha256(data).hexdigest()
    newest = conn.execute(select(table.c.place, table.c.hash).order_by(table.c.place.desc()).limit(1)).first()
    if newest is None or newest.hash != digest:
        place = newest.place + 1 if newest is not None else 1
        signature = sign(hub.keys.signing, data)
        now = hub.now_ms()
        values = {"place": place, "hash": digest, "data": data, "signature": signature, "published_ms": now}
        conn.execute(insert(table).values(**values))
        record(conn, now, "hub", f"publish_{name}", target=digest)
    return digest

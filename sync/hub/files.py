"""Files at the hub: taken in by offset, checked against the announced SHA-256, read by the hall's desks.

The row of a file is made when an op that refers to it is decided; without one no byte is taken.  How much
has come is in the row, the bytes are pieces in the store, so any worker can go on where another was killed.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, func, select, update

from models.domain.case import CaseState
from sync import file_protocol as fp
from sync.hub import tables as t
from sync.hub.blobs import CATALOG_PREFIX
from sync.hub.database import Hub
from sync.hub.devices import Device
from sync.hub.moves import halls_of
from sync.hub.prepared import Prepared, among
from sync.hub.refusal import Refused
from sync.hub.upsert import insert_ignore

_THIS = (t.file.c.scope == bindparam("hall"), t.file.c.file_id == bindparam("of"))
_FILE = Prepared(select(t.file).where(*_THIS))
_GO_ON = Prepared(update(t.file).where(*_THIS, t.file.c.sent == bindparam("at")).values(sent=bindparam("to")))
_DONE = Prepared(
    update(t.file).where(*_THIS).values(state="here", sent=bindparam("size_here"), done_ms=bindparam("now"))
)
_AWAIT = Prepared(update(t.file).where(*_THIS).values(state="awaited", sent=0))
_ELSEWHERE = t.file.c.scope != bindparam("here")


def _of_halls(kind: str) -> Select[Any]:
    return select(t.file).where(among(kind, t.file.c.scope, "halls"), t.file.c.file_id == bindparam("of"))


_FOR_READING = Prepared(lambda kind: _of_halls(kind).order_by(_ELSEWHERE))
_AWAITED_FIRST = Prepared(lambda kind: _of_halls(kind).order_by(t.file.c.state, _ELSEWHERE))


class FileCounts(msgspec.Struct, frozen=True, kw_only=True):
    """``bytes_here`` are of checked files; ``broken``: names whose stored bytes are not the announced ones."""

    here: int
    awaited: int
    bytes_here: int
    broken: tuple[str, ...] = ()
    removed: int = 0


def note_files(conn: Connection, scope: str, before: CaseState | None, after: CaseState, now_ms: int) -> None:
    """Await the bytes of files that an op has just added to a case."""
    known = {file.file_id for file in before.files} if before is not None else set()
    for file in after.files:
        if file.file_id not in known:
            row = {
                "scope": scope,
                "file_id": file.file_id,
                "case_id": after.case_id,
                "device": file.device,
                "size": file.size,
                "sha256": file.sha256,
                "state": "awaited",
                "sent": 0,
                "added_ms": now_ms,
                "done_ms": 0,
            }
            insert_ignore(conn, t.file, row)


def offer(hub: Hub, device: Device, wanted: fp.FileOffer) -> fp.FileReply:
    """How much of a file the hub has.  Raises Refused: no case refers to it (yet)."""
    row = _row(hub, device, wanted.file_id)
    whole = hub.blobs.size(_name(row.scope, row.file_id)) == row.size
    if row.state == "here" and not whole:
        # The store was put back to an older copy, or lost it: the desks that hold the file bring it again.
        _await(hub, row.scope, row.file_id)
        return fp.FileReply(file_id=row.file_id)
    if row.state == "awaited" and (whole or row.sent == row.size):
        return _finish(hub, row.scope, row.file_id)
    return fp.FileReply(file_id=row.file_id, sent=row.sent, done=row.state == "here")


def take_chunk(hub: Hub, device: Device, chunk: fp.FileChunk) -> fp.FileReply:
    """Keep some bytes if they follow on; the answer tells where to go on.  Raises Refused."""
    row = _row(hub, device, chunk.file_id)
    end = chunk.offset + len(chunk.data)
    follows = row.state == "awaited" and chunk.offset == row.sent and chunk.data and end <= row.size
    if not follows or len(chunk.data) > fp.MAX_CHUNK:
        return fp.FileReply(file_id=row.file_id, sent=row.sent, done=row.state == "here")
    piece = f"{_name(row.scope, row.file_id)}.part/{chunk.offset:012d}"
    hub.blobs.put(piece, chunk.data)
    with hub.write() as conn:
        moved = _GO_ON(conn, hall=row.scope, of=row.file_id, at=chunk.offset, to=end).rowcount
    if not moved:  # another worker was quicker
        reply = offer(hub, device, fp.FileOffer(file_id=row.file_id))
        if reply.done:
            hub.blobs.remove(piece)  # it came after the others had been cleared away
        return reply
    if end == row.size:
        return _finish(hub, row.scope, row.file_id)
    return fp.FileReply(file_id=row.file_id, sent=end)


def take_whole(hub: Hub, device: Device, file: fp.WholeFile) -> fp.FileReply:
    """A file that came in one piece, on a stick.  Raises Refused."""
    row = _row(hub, device, file.file_id)
    if row.state == "awaited":
        if len(file.data) != row.size or hashlib.sha256(file.data).digest() != row.sha256:
            return fp.FileReply(file_id=row.file_id, sent=row.sent, spoilt=True)
        hub.blobs.put(_name(row.scope, row.file_id), file.data)
        return _finish(hub, row.scope, row.file_id)
    return offer(hub, device, fp.FileOffer(file_id=file.file_id))


def read(hub: Hub, device: Device, wanted: fp.FileWant) -> fp.FileBytes:
    """Some bytes of a file of the device's hall.  Raises Refused: unknown, or its bytes have not come yet."""
    row = _row(hub, device, wanted.file_id, reading=True)
    if row.state != "here":
        raise Refused(
            409, "awaited", "这份附件还在录入它的工作站，没有传到中心。等它传到后再取；办件不受影响。"
        )
    length = min(max(wanted.length, 1), fp.MAX_CHUNK)
    data = hub.blobs.read(_name(row.scope, row.file_id), max(wanted.offset, 0), length)
    if data is None:
        _await(hub, row.scope, row.file_id)
        raise Refused(409, "awaited", "中心的附件库里没有这份附件了，会请录入它的工作站再传。办件不受影响。")
    return fp.FileBytes(size=row.size, data=data)


def scrub(hub: Hub, *, repair: bool = False) -> FileCounts:
    """Read every checked file through.  ``repair``: ask again for broken ones, drop what nothing refers to."""
    with hub.read() as conn:
        rows = conn.execute(select(t.file).order_by(t.file.c.scope, t.file.c.file_id)).all()
    broken: list[str] = []
    for row in rows:
        if row.state != "here":
            continue
        data = hub.blobs.read(_name(row.scope, row.file_id))
        if data is None or hashlib.sha256(data).digest() != row.sha256:
            broken.append(_name(row.scope, row.file_id))
            if repair:
                hub.blobs.remove(_name(row.scope, row.file_id))
                _await(hub, row.scope, row.file_id)
    removed = 0
    if repair:
        hub.blobs.tidy()
        wanted = {_name(row.scope, row.file_id) for row in rows}
        under_way = {_name(row.scope, row.file_id) for row in rows if row.state == "awaited"}
        for name in hub.blobs.names():
            if name.startswith(CATALOG_PREFIX):
                continue  # not of a case: sync.hub.forms keeps them
            stem = name.partition(".part/")[0]
            if stem not in wanted or (stem != name and stem not in under_way):
                hub.blobs.remove(name)
                removed += 1
    counted = counts(hub)
    return msgspec.structs.replace(counted, broken=tuple(broken), removed=removed)


def counts(hub: Hub) -> FileCounts:
    with hub.read() as conn:
        found = {
            row.state: (row.files, row.bytes or 0)
            for row in conn.execute(
                select(t.file.c.state, func.count().label("files"), func.sum(t.file.c.size).label("bytes"))
                .group_by(t.file.c.state)
            )
        }  # fmt: skip
    here, size = found.get("here", (0, 0))
    return FileCounts(here=here, awaited=found.get("awaited", (0, 0))[0], bytes_here=int(size))


def _finish(hub: Hub, scope: str, file_id: str) -> fp.FileReply:
    """All bytes have come: check them and put them in their place, or throw them away."""
    with hub.read() as conn:
        row = _FILE(conn, hall=scope, of=file_id).one()
    name = _name(scope, file_id)
    whole = hub.blobs.read(name)
    data = whole if whole is not None else _joined(hub, name)
    good = len(data) == row.size and hashlib.sha256(data).digest() == row.sha256
    if good:
        if whole is None:
            hub.blobs.put(name, data)
        with hub.write() as conn:
            _DONE(conn, hall=scope, of=file_id, size_here=row.size, now=hub.now_ms())
    elif _throw_away(hub, scope, file_id):
        hub.blobs.remove(name)
    else:
        good = True
    for piece in hub.blobs.names(f"{name}.part/"):
        hub.blobs.remove(piece)
    return fp.FileReply(file_id=file_id, sent=row.size if good else 0, done=good, spoilt=not good)


def _throw_away(hub: Hub, scope: str, file_id: str) -> bool:
    """Begin anew; False when another worker has finished the file meanwhile and cleared its pieces away."""
    this = (t.file.c.scope == scope, t.file.c.file_id == file_id)
    with hub.write() as conn:
        state = conn.execute(select(t.file.c.state).where(*this).with_for_update()).scalar_one()
        if state == "here":
            return False
        conn.execute(update(t.file).where(*this).values(sent=0))
    return True


def _joined(hub: Hub, name: str) -> bytes:
    """The pieces that follow on each other from 0; others are of an upload that was begun anew."""
    joined = bytearray()
    for piece in hub.blobs.names(f"{name}.part/"):
        if int(piece.rpartition("/")[2]) == len(joined):
            joined += hub.blobs.read(piece) or b""
    return bytes(joined)


def _row(hub: Hub, device: Device, file_id: str, *, reading: bool = False) -> Row[Any]:
    """The file of the device's hall, or of one it was in before; what is awaited first unless ``reading``."""
    with hub.read() as conn:
        scopes = halls_of(conn, device.device)
        find = _FOR_READING if reading else _AWAITED_FIRST
        row = find(conn, of=file_id, halls=scopes, here=device.scope).first()
    if row is None:
        raise Refused(409, "unknown_file", "中心还没有这份附件所属的办件，先传办件再传附件。附件还在本机。")
    return row


def _await(hub: Hub, scope: str, file_id: str) -> None:
    with hub.write() as conn:
        _AWAIT(conn, hall=scope, of=file_id)


def _name(scope: str, file_id: str) -> str:
    return f"{scope}/{file_id}"

"""Reading a scope whole: signed chunks in the hub's order, each durable with the place to go on.

The first chunk fixes the sequence that the feed is read from afterwards; what the scope did meanwhile
is then told by the feed, and what a later chunk showed already is only told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from models.crypto import BadSignature, verify
from models.device import DeviceFacts, get_meta, set_meta
from models.prepared import Prepared
from models.projection import project_all
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from sync import snapshot_protocol as sp
from sync.ahead import Ahead
from sync.apply import open_again, set_cursor, tell_own
from sync.client import HubClient, HubGarbled, HubRefused

_FIRST = Prepared(select(func.min(t.op.c.dseq)))


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a snapshot has been taken in.  ``first_seq``: where the feed goes on afterwards."""

    snapshot: str
    epoch: str
    first_seq: int
    last: str
    taken: int
    total: int


def read_place(conn: Connection, scope: str) -> Place | None:
    """The place in an unfinished snapshot of the scope; None when none has been begun."""
    data = get_meta(conn, _key(scope))
    return msgspec.msgpack.decode(data, type=Place) if data else None


def forget_place(conn: Connection, scope: str) -> None:
    set_meta(conn, _key(scope), b"")


class Snapshots:
    """Chunks for one desk, checked before anything of them is stored."""

    def __init__(self, client: HubClient, store: Store, device: DeviceFacts, rulebook: Rulebook) -> None:
        self._client = client
        self._chunks = Ahead(self._fetch, client.start)
        self._store = store
        self._device = device
        self._rulebook = rulebook

    def bootstrap(
        self, scope: str, most: int, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> int:
        """Take the whole scope in, ``most`` cases a chunk, going on where an earlier try was cut; returns
        how many cases came.

        Afterwards the scope has a cursor.  Raises KnownError; what has come stays.  A hub that has no
        snapshots yet answers ``not_served``, as :class:`HubRefused`.
        """
        try:
            return self._bootstrap(scope, most, progress)
        finally:
            self._chunks.drop()

    def _bootstrap(self, scope: str, most: int, progress: Callable[[int, int], None]) -> int:
        came = 0
        while True:
            with self._store.read() as conn:
                place = read_place(conn, scope)
                own_from = first_own(conn)
            request = sp.SnapshotRequest(scope=scope, own_from=own_from, limit=most)
            if place is not None:
                request = msgspec.structs.replace(
                    request, epoch=place.epoch, snapshot=place.snapshot, after=place.last
                )
            chunk, heard_ms = self._chunks.answer(request)
            if place is None or chunk.snapshot != place.snapshot:
                if chunk.after:
                    raise _garbled()
                place = Place(
                    snapshot=chunk.snapshot,
                    epoch=chunk.epoch,
                    first_seq=chunk.seq,
                    last="",
                    taken=0,
                    total=chunk.total,
                )
            elif chunk.after != place.last or not (chunk.finished or chunk.cases):
                raise _garbled()
            place = msgspec.structs.replace(place, last=chunk.last, taken=place.taken + len(chunk.cases))
            if not chunk.finished:
                follows = {"epoch": place.epoch, "snapshot": place.snapshot, "after": place.last}
                self._chunks.foresee(msgspec.structs.replace(request, **follows))
            with self._store.write() as conn:
                take_chunk(conn, self._rulebook, chunk, heard_ms)
                if chunk.finished:
                    set_cursor(conn, scope, place.epoch, place.first_seq)
                    forget_place(conn, scope)
                else:
                    set_meta(conn, _key(scope), msgspec.msgpack.encode(place))
            came += len(chunk.cases)
            progress(place.taken, max(place.total, place.taken))
            if chunk.finished:
                return came

    def read_cases(self, scope: str, case_ids: Sequence[str]) -> tuple[sp.SnapshotChunk, int]:
        """These cases as they stand at the hub; those that it does not have are missing in the answer.

        Returns them with the hub's time.
        """
        with self._store.read() as conn:
            own_from = first_own(conn)
        return self._fetch(sp.SnapshotRequest(scope=scope, case_ids=tuple(case_ids), own_from=own_from))

    def _fetch(self, request: sp.SnapshotRequest) -> tuple[sp.SnapshotChunk, int]:
        reply = self._client.snapshot(request)
        try:
            verify(self._device.hub_key, sp.chunk_payload(reply.chunk), reply.signature)
            chunk = msgspec.msgpack.decode(reply.chunk, type=sp.SnapshotChunk)
        except (BadSignature, msgspec.MsgspecError) as error:
            raise _garbled() from error
        if chunk.scope != request.scope or chunk.device != self._device.device:
            raise _garbled()
        return chunk, reply.hub_time_ms


def not_served(error: HubRefused) -> bool:
    """Whether the hub is of a version that has no such endpoint."""
    return error.status == 404 and error.code == "not_served"


def first_own(conn: Connection) -> int:
    """The oldest own dseq that is still here."""
    return _FIRST(conn).scalar() or 1


def take_chunk(conn: Connection, rulebook: Rulebook, chunk: sp.SnapshotChunk, heard_ms: int) -> None:
    """Make the chunk's cases the confirmed ones, whatever was here of them.  Repeating changes nothing."""
    ids = [case.case_id for case in chunk.cases]
    if ids:
        # Removed first: a state that was damaged, or of a former epoch, may carry a higher revision.
        conn.execute(delete(t.case_confirmed).where(t.case_confirmed.c.case_id.in_(ids)))
        rows = [
            {"case_id": case.case_id, "scope": chunk.scope, "rev": case.rev, "state": case.state}
            for case in chunk.cases
        ]
        conn.execute(insert(t.case_confirmed), rows)
    _take_conflicts(conn, chunk, ids)
    own = [*(told for case in chunk.cases for told in case.own), *chunk.rest]
    tell_own(conn, ((told.op_id, told.outcome.value, told.reason) for told in own), heard_ms)
    stateless = select(t.op.c.case_id).where(t.op.c.op_id.in_([told.op_id for told in chunk.rest]))
    touched = conn.execute(stateless).scalars() if chunk.rest else ()
    project_all(conn, rulebook, {*ids, *(clash.case_id for clash in chunk.conflicts), *touched})


def _take_conflicts(conn: Connection, chunk: sp.SnapshotChunk, ids: list[str]) -> None:
    """Open are those in the chunk and no others."""
    of_these = t.conflict.c.case_id.in_([*ids, *(clash.case_id for clash in chunk.conflicts)])
    conn.execute(update(t.conflict).where(of_these).values(resolved=1))
    open_again(conn, chunk.conflicts)


def _key(scope: str) -> str:
    return f"snapshot:{scope}"


def _garbled() -> HubGarbled:
    return HubGarbled("中心下发的办件内容核对不上，没有采用。本机办件都在。稍后会自动再试。")

"""Healing a replica that is not what the hub confirmed: compare buckets, read again what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from models.device import DeviceFacts
from models.ops import audit
from models.projection import project_all
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from sync import snapshot_protocol as sp
from sync.apply import cursor
from sync.bootstrap import Snapshots, take_chunk
from sync.checksum import case_digest
from sync.client import HubClient

AT_ONCE = 200


class Moved(Exception):
    """The scope has moved on since the replica was level with it: read on and compare again."""


class Everything(Exception):
    """So much is wrong that the scope has to be read whole."""


def repair(
    client: HubClient, store: Store, device: DeviceFacts, rulebook: Rulebook, scope: str, now_ms: int
) -> int:
    """Make this scope's confirmed cases the hub's again; returns how many were wrong here.

    Only the cases that differ are read, and an audit record is kept of them.  Raises Moved,
    Everything, KnownError.
    """
    with store.read() as conn:
        seq = cursor(conn, scope)[1]
        hashes = sp.bucket_hashes(_rows(conn, scope))
    reply = client.buckets(sp.BucketRequest(scope=scope, hashes=b"".join(hashes)))
    if reply.seq != seq:
        raise Moved
    if reply.everything:
        raise Everything
    wanted = set(reply.buckets)
    with store.read() as conn:
        here = {
            case_id: case_digest(case_id, rev, state)
            for case_id, rev, state in _rows(conn, scope)
            if sp.bucket_of(case_id) in wanted
        }
    there = {case.case_id: case.digest for case in reply.cases}
    wrong = sorted(case_id for case_id, digest in there.items() if here.get(case_id) != digest)
    extra = sorted(here.keys() - there.keys())
    snapshots = Snapshots(client, store, device, rulebook)
    chunks = [
        snapshots.read_cases(scope, wrong[start : start + AT_ONCE]) for start in range(0, len(wrong), AT_ONCE)
    ]
    with store.write() as conn:
        for chunk, heard_ms in chunks:
            take_chunk(conn, rulebook, chunk, heard_ms)
        for case_id in extra:
            conn.execute(delete(t.case_confirmed).where(t.case_confirmed.c.case_id == case_id))
        project_all(conn, rulebook, extra)
        if wrong or extra:
            names = hashlib.sha256("\n".join([*wrong, *extra]).encode()).hexdigest()[:16]
            audit(
                conn,
                at_ms=now_ms,
                staff="",
                act="repair",
                detail=f"{scope} seq={seq} cases={len(wrong) + len(extra)} of={names}",
            )
    return len(wrong) + len(extra)


def _rows(conn: Connection, scope: str) -> Iterable[tuple[str, int, bytes]]:
    cases = t.case_confirmed.c
    query = select(cases.case_id, cases.rev, cases.state).where(cases.scope == scope)
    for row in conn.execute(query, execution_options={"yield_per": 1000}):
        yield row.case_id, row.rev, row.state

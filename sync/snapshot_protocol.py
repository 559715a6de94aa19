"""Messages about a scope as a whole: snapshots, comparing buckets, the history of a case, recovery.

They follow the rules of :mod:`sync.protocol` and travel by its ``pack`` and ``unpack``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sync.checksum import case_digest
from sync.protocol import FieldConflict, Message, OpOutcome, Outcome

BUCKETS = 256


class KnownRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Which of these ops and numbers of the machine's former identity does the hub have?  At most 500."""

    op_ids: tuple[str, ...]
    numbers: tuple[str, ...] = ()


class KnownReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Those it has, with what was decided (``dseq`` is of the former chain).

    ``numbers``: (number, case_id) of those that are used, whoever used them.
    """

    hub_time_ms: int
    ops: tuple[OpOutcome, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()


class SnapshotRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """The next chunk after case ``after``; the first one when ``snapshot`` is empty.

    ``case_ids`` asks for just these cases instead.  ``own_from`` is the oldest dseq the desk still
    holds: outcomes of older own ops are of no use to it.
    """

    scope: str
    epoch: str = ""
    snapshot: str = ""
    after: str = ""
    limit: int = 500
    own_from: int = 1
    case_ids: tuple[str, ...] = ()


class SnapshotCase(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A case as it stands, and what became of the asking desk's own ops on it."""

    case_id: str
    rev: int
    state: bytes
    own: tuple[OpOutcome, ...] = ()


class SnapshotChunk(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Cases of a scope in the hub's order of case_id, with their open conflicts.

    ``seq`` was the scope's head before the chunk was read.  The first chunk (``after`` empty) is the
    manifest: from its ``seq`` on the feed has everything that the whole snapshot may lack, because
    what a later chunk already shows is only repeated by the feed.  ``total`` is the number of cases then.
    """

    snapshot: str
    epoch: str
    scope: str
    device: str
    seq: int
    after: str = ""
    last: str = ""
    finished: bool = False
    total: int = 0
    cases: tuple[SnapshotCase, ...] = ()
    conflicts: tuple[FieldConflict, ...] = ()
    # In the last chunk: the desk's own ops on cases that the hub has no state of.
    rest: tuple[OpOutcome, ...] = ()


class SnapshotReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``chunk`` are the bytes of a SnapshotChunk; ``signature`` is the hub's over :func:`chunk_payload`."""

    chunk: bytes
    signature: bytes
    hub_time_ms: int


class HistoryEntry(Message, frozen=True, kw_only=True, omit_defaults=True):
    """An op of anybody on the case, with what was decided on it."""

    op_id: str
    outcome: Outcome
    op: bytes
    reason: str = ""


class HistoryReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """The decided ops of one case, oldest first: a snapshot carries states only."""

    case_id: str
    hub_time_ms: int
    entries: tuple[HistoryEntry, ...] = ()


class BucketRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``hashes``: the 256 digests of :func:`bucket_hashes` one after the other (8 KiB)."""

    scope: str
    hashes: bytes


class CaseDigest(Message, frozen=True, array_like=True):
    case_id: str
    rev: int
    digest: bytes  # of :func:`case_digest`


class BucketReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """All cases of the buckets that differ.  ``seq`` is the scope's head they were read at, -1 when it
    moved meanwhile.  ``everything``: so many differ that a snapshot costs less."""

    epoch: str
    scope: str
    seq: int
    hub_time_ms: int
    buckets: tuple[int, ...] = ()
    cases: tuple[CaseDigest, ...] = ()
    everything: bool = False


class CheckpointRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Does the hub hold this op of the asking device, and with it the chain before it?"""

    dseq: int
    hash: bytes


class CheckpointReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``signature`` is the hub's over :func:`checkpoint_payload`."""

    hub_time_ms: int
    signature: bytes


def checkpoint_payload(device: str, dseq: int, digest: bytes, hub_ms: int) -> bytes:
    return f"taihaoban/checkpoint/1\0{device}\0{dseq}\0{hub_ms}\0".encode() + digest


def chunk_payload(chunk: bytes) -> bytes:
    return b"taihaoban/snapshot/1\0" + chunk


def bucket_of(case_id: str) -> int:
    """0…255: the bucket that a case is compared in."""
    return hashlib.sha256(case_id.encode()).digest()[0]


def bucket_hashes(rows: Iterable[tuple[str, int, bytes]]) -> list[bytes]:
    """One order-free digest a bucket; all of them XORed are the :func:`scope_checksum`."""
    totals = [0] * BUCKETS
    for case_id, rev, state in rows:
        totals[bucket_of(case_id)] ^= int.from_bytes(case_digest(case_id, rev, state), "big")
    return [total.to_bytes(32, "big") for total in totals]

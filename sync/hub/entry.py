"""A row of the op log in memory, fresh from a desk or read back because it still waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Row

from models.domain.ops import Op, decode_op, op_hash
from sync.hub.text import storable
from sync.protocol import OpOutcome, Outcome

UNREADABLE = "unreadable:"


class OpFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What must be readable of any op, also of a later version's, to keep it in its chain.

    Every op that this version can read has it (:class:`models.domain.ops.Op` has the same fields).
    """

    op_id: str
    device: str
    dseq: int
    prev_hash: bytes
    case_id: str = ""
    kind: str = ""
    scope: str = ""


def read_frame(data: bytes) -> OpFrame | None:
    try:
        return msgspec.msgpack.decode(data, type=OpFrame)
    except (msgspec.MsgspecError, RecursionError):
        return None


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """``op`` is None when this version cannot read the bytes.  ``settled`` as in the table.

    ``frame`` is what the bytes say of their place, of a fresh entry that is readable so far.
    """

    device: str
    dseq: int
    op_id: str
    case_id: str
    kind: str
    data: bytes
    hash: bytes
    op: Op | None
    received_ms: int
    frame: Op | OpFrame | None = None
    outcome: Outcome = Outcome.HELD
    rev: int = 0
    reason: str = ""
    waits: str = ""
    settled: bool = False
    decided_ms: int = 0
    fresh: bool = True

    def decide(self, outcome: Outcome, reason: str, now_ms: int, *, rev: int = 0, waits: str = "") -> None:
        self.outcome, self.reason, self.rev, self.waits, self.decided_ms = outcome, reason, rev, waits, now_ms
        self.settled = outcome in (Outcome.APPLIED, Outcome.MERGED)

    def told(self) -> OpOutcome:
        """What the desk is answered."""
        return OpOutcome(
            dseq=self.dseq, op_id=self.op_id, outcome=self.outcome, rev=self.rev, reason=self.reason
        )

    def row(self, scope: str) -> tuple[object, ...]:
        """The whole row of the op log, its values in the order of the table's columns."""
        return (
            scope,
            self.device,
            self.dseq,
            self.op_id,
            self.case_id,
            self.kind,
            self.data,
            self.hash,
            self.outcome.value,
            self.rev,
            self.reason,
            self.waits,
            int(self.settled),
            self.received_ms,
            self.decided_ms,
        )

    def values(self) -> dict[str, Any]:
        """The columns that may change."""
        return {
            "outcome": self.outcome.value,
            "rev": self.rev,
            "reason": self.reason,
            "waits": self.waits,
            "settled": int(self.settled),
            "decided_ms": self.decided_ms,
        }


def fresh_entry(device: str, dseq: int, data: bytes, now_ms: int) -> Entry:
    """Read an op as it came.  Never raises; needs nothing of the database."""
    op = read_op(data)
    frame = op if op is not None else read_frame(data)
    digest = op_hash(data)
    named = frame if frame is not None and storable(frame.op_id, frame.case_id, frame.kind) else None
    return Entry(
        device=device,
        dseq=dseq,
        op_id=named.op_id if named is not None else UNREADABLE + digest.hex(),
        case_id=named.case_id if named is not None else "",
        kind=named.kind if named is not None else "",
        data=data,
        hash=digest,
        op=op if named is not None else None,
        received_ms=now_ms,
        frame=frame,
    )


def stored_entry(row: Row[Any]) -> Entry:
    return Entry(
        device=row.device,
        dseq=row.dseq,
        op_id=row.op_id,
        case_id=row.case_id,
        kind=row.kind,
        data=row.data,
        hash=row.hash,
        op=None if row.op_id.startswith(UNREADABLE) else read_op(row.data),
        received_ms=row.received_ms,
        outcome=Outcome(row.outcome),
        rev=row.rev,
        reason=row.reason,
        waits=row.waits,
        settled=bool(row.settled),
        decided_ms=row.decided_ms,
        fresh=False,
    )


def read_op(data: bytes) -> Op | None:
    """None where this version cannot read the bytes."""
    try:
        return decode_op(data)
    except (msgspec.MsgspecError, RecursionError):
        return None

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
    """What must be readable of any op, also of a later version's, to keep it in its chain."""

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
    """``op`` is None when this version cannot read the bytes.  ``settled`` as in the table."""

    device: str
    dseq: int
    op_id: str
    case_id: str
    kind: str
    data: bytes
    hash: bytes
    op: Op | None
    received_ms: int
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
    frame = read_frame(data)
    digest = op_hash(data)
    if frame is not None and not storable(frame.op_id, frame.case_id, frame.kind):
        frame = None
    return Entry(
        device=device,
        dseq=dseq,
        op_id=frame.op_id if frame else UNREADABLE + digest.hex(),
        case_id=frame.case_id if frame else "",
        kind=frame.kind if frame else "",
        data=data,
        hash=digest,
        op=_read_op(data) if frame is not None else None,
        received_ms=now_ms,
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
        op=None if row.op_id.startswith(UNREADABLE) else _read_op(row.data),
        received_ms=row.received_ms,
        outcome=Outcome(row.outcome),
        rev=row.rev,
        reason=row.reason,
        waits=row.waits,
        settled=bool(row.settled),
        decided_ms=row.decided_ms,
        fresh=False,
    )


def _read_op(data: bytes) -> Op | None:
    try:
        return decode_op(data)
    except (msgspec.MsgspecError, RecursionError):
        return None

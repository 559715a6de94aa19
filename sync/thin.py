"""What need not travel: it is known at the other end, or follows from what is.

A chain link (``prev_hash``) is the hash of the op before it; an op goes back to its own desk by its id;
the state after an applied op is what the law makes of the state before.  All of it is put back byte by
byte before anything is checked or stored, and the scope's checksum proves the states.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, select

from models.domain.case import CaseState, encode_state
from models.domain.merge import reconcile
from models.domain.ops import Op, op_hash
from models.errors import KnownError
from models.prepared import Prepared, chosen, listed
from models.rulebook import Rulebook
from models.tables import replica as t
from sync.protocol import FeedEntry, OpOutcome, Outcome, PushReply, PushRequest

T = TypeVar("T")

CUT = "cut"  # feature: ops may arrive without their link
NOT_CUT = -1
OWN, DERIVED, NAMED = 1, 2, 4  # bits of FeedEntry.thin
_LINK = 32

_CHOSEN = chosen("ids")
_OWN_OPS = Prepared(select(t.op.c.op_id, t.op.c.data).where(t.op.c.op_id.in_(_CHOSEN)))
_CONFIRMED = Prepared(
    select(t.case_confirmed.c.case_id, t.case_confirmed.c.state).where(
        t.case_confirmed.c.case_id.in_(_CHOSEN)
    )
)
_SHOWN = Prepared(
    select(t.case_view.c.case_id, t.case_view.c.rev, t.case_view.c.state).where(
        t.case_view.c.case_id.in_(_CHOSEN)
    )
)


class Unrestorable(KnownError):
    """What was left out cannot be put back here: ask for the page whole."""

    def __init__(self) -> None:
        super().__init__("中心发来的内容本机还原不了，没有采用。办件都在，会自动重新读取。")


class _OpId(msgspec.Struct, frozen=True):
    op_id: str
    device: str = ""
    case_id: str = ""


def cut_link(data: bytes, link: bytes) -> tuple[bytes, int]:
    """The op without ``link``, and where it was; NOT_CUT when the op does not hold it."""
    at = data.find(link)
    return (data, NOT_CUT) if at < 0 else (data[:at] + data[at + _LINK :], at)


def mend_link(data: bytes, at: int, link: bytes) -> bytes:
    """Inverse of :func:`cut_link`.  Whatever comes in is only data until its chain is checked."""
    return data if at == NOT_CUT else data[:at] + link + data[at:]


def cut_push(request: PushRequest) -> PushRequest:
    """The request without the links inside the batch; the first op keeps its own."""
    pairs = [(request.ops[0], NOT_CUT)]
    pairs += [
        cut_link(data, op_hash(before)) for before, data in zip(request.ops, request.ops[1:], strict=False)
    ]
    return msgspec.structs.replace(
        request, ops=tuple(data for data, _ in pairs), cuts=tuple(at for _, at in pairs)
    )


def mend_push(request: PushRequest) -> PushRequest:
    """The request as it was signed; one that was not cut is returned as it is."""
    if len(request.cuts) != len(request.ops):
        return request
    ops: list[bytes] = []
    for data, at in zip(request.ops, request.cuts, strict=True):
        ops.append(mend_link(data, at, op_hash(ops[-1]) if ops else b""))
    return msgspec.structs.replace(request, ops=tuple(ops), cuts=())


def brief(reply: PushReply) -> PushReply:
    """The reply with plain successes as runs of dseq: a desk knows the ids of its own ops."""
    runs: list[tuple[int, int]] = []
    told: list[OpOutcome] = []
    for outcome in reply.outcomes:
        if outcome.outcome is not Outcome.APPLIED or outcome.reason:
            told.append(outcome)
        elif runs and runs[-1][1] == outcome.dseq - 1:
            runs[-1] = (runs[-1][0], outcome.dseq)
        else:
            runs.append((outcome.dseq, outcome.dseq))
    return msgspec.structs.replace(reply, outcomes=tuple(told), applied=tuple(runs))


def in_full(reply: PushReply, request: PushRequest) -> PushReply:
    """The reply with an outcome for each op; ``request`` is the whole one.  Its ``rev`` is not told (0)."""
    if not reply.applied:
        return reply
    last = request.first_dseq + len(request.ops) - 1
    known = {outcome.dseq: outcome for outcome in reply.outcomes}
    for first, until in reply.applied:
        for dseq in range(max(first, request.first_dseq), min(until, last) + 1):
            op_id = msgspec.msgpack.decode(request.ops[dseq - request.first_dseq], type=_OpId).op_id
            known.setdefault(dseq, OpOutcome(dseq=dseq, op_id=op_id, outcome=Outcome.APPLIED))
    return msgspec.structs.replace(
        reply, outcomes=tuple(outcome for _, outcome in sorted(known.items())), applied=()
    )


def thin_page(entries: Sequence[FeedEntry], device: str) -> tuple[FeedEntry, ...]:
    """The entries for ``device`` without what it can put back."""
    return tuple(_thinned(entries, device))


def _thinned(entries: Sequence[FeedEntry], device: str) -> Iterator[FeedEntry]:
    before = b""
    for entry in entries:
        op, state, thin, cut = entry.op, entry.state, 0, NOT_CUT
        if entry.outcome is Outcome.APPLIED and state:
            state, thin = b"", DERIVED
        op_id, case_id = entry.op_id, entry.case_id
        frame = _frame(op)
        if frame.device == device:
            op, thin = b"", thin | OWN
        else:
            if (frame.op_id, frame.case_id) == (op_id, case_id):
                op_id, case_id, thin = "", "", thin | NAMED
            if before:
                op, cut = cut_link(op, op_hash(before))
        before = entry.op if op else b""
        yield msgspec.structs.replace(
            entry, op_id=op_id, case_id=case_id, op=op, state=state, thin=thin, cut=cut
        )


def _frame(op: bytes) -> _OpId:
    try:
        return msgspec.msgpack.decode(op, type=_OpId)
    except (msgspec.MsgspecError, RecursionError):
        return _OpId(op_id="")


def whole_page(
    conn: Connection, rulebook: Rulebook, entries: Sequence[FeedEntry], after: int
) -> list[FeedEntry]:
    """The entries later than ``after`` with everything put back.  Raises Unrestorable; writes nothing.

    A state that the desk is already past stays left out (b"").
    """
    fresh = [entry for entry in _mended(entries) if entry.seq > after]
    own = _Held(conn, rulebook, fresh)
    whole: list[FeedEntry] = []
    for entry in fresh:
        op = own.op(entry.op_id) if entry.thin & OWN else entry.op
        state = entry.state
        if entry.thin & DERIVED:
            state = own.state_after(entry, op)
        elif state:
            own.states[entry.case_id] = _read(state, CaseState)
        whole.append(msgspec.structs.replace(entry, op=op, state=state, thin=0))
    return whole


def _mended(entries: Sequence[FeedEntry]) -> Iterator[FeedEntry]:
    """The entries with links and names put back, for which nothing else is needed."""
    before = b""
    for entry in entries:
        op = before = mend_link(entry.op, entry.cut, op_hash(before) if before else b"")
        op_id, case_id = entry.op_id, entry.case_id
        if entry.thin & NAMED:
            frame = _read(op, _OpId)
            op_id, case_id = frame.op_id, frame.case_id
        yield msgspec.structs.replace(entry, op_id=op_id, case_id=case_id, op=op, cut=NOT_CUT)


class _Held:
    """What this desk holds of the ops and cases of a page, read at once."""

    def __init__(self, conn: Connection, rulebook: Rulebook, entries: Sequence[FeedEntry]) -> None:
        self._conn = conn
        self._rulebook = rulebook
        own = [entry for entry in entries if entry.thin & OWN]
        ops = listed([entry.op_id for entry in own])
        self._ops = {row.op_id: row.data for row in _OWN_OPS(conn, ids=ops)}
        cases = listed(sorted({entry.case_id for entry in entries if entry.thin & DERIVED}))
        self.states: dict[str, CaseState] = {
            row.case_id: _read(row.state, CaseState) for row in _CONFIRMED(conn, ids=cases)
        }
        # The desk has worked its own acts out already; if that was on another base, the checksum tells.
        mine = listed(sorted({entry.case_id for entry in own}))
        self._shown = {(row.case_id, row.rev): row.state for row in _SHOWN(conn, ids=mine)}

    def op(self, op_id: str) -> bytes:
        found = self._ops.get(op_id)
        if found is None:
            raise Unrestorable()
        return bytes(found)

    def state_after(self, entry: FeedEntry, data: bytes) -> bytes:
        before = self.states.get(entry.case_id)
        if before is not None and before.rev >= entry.rev:
            return b""
        shown = self._shown.get((entry.case_id, entry.rev)) if entry.thin & OWN else None
        if shown is not None:
            self.states[entry.case_id] = _read(shown, CaseState)
            return bytes(shown)
        op = _read(data, Op)
        version = before.catalog_version if before is not None else op.catalog_version
        rules = self._rulebook.rules(self._conn, version, op.item_id)
        made = reconcile(before, op, rules).state if rules is not None else None
        if made is None or made.rev != entry.rev:
            raise Unrestorable()
        self.states[entry.case_id] = made
        return encode_state(made)


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unrestorable() from error

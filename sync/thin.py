"""What need not travel: it is known at the other end, or follows from what is.

A chain link (``prev_hash``) is the hash of the op before it; an op goes back to its own desk by its id;
the state after an applied op is what the law makes of the state before.  All of it is put back byte by
byte before anything is checked or stored, and the scope's checksum proves the states.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from models.domain.case import CaseState, encode_state
from models.domain.merge import reconcile
from models.domain.ops import Op, decode_op, op_hash
from models.errors import KnownError
from models.prepared import Prepared
from models.projection import confirmed_state
from models.rulebook import Rulebook
from models.tables import replica as t
from sync.protocol import FeedEntry, OpOutcome, Outcome, PushReply, PushRequest

CUT = "cut"  # feature: ops may arrive without their link
NOT_CUT = -1
OWN, DERIVED = 1, 2  # bits of FeedEntry.thin
_LINK = 32

_OWN_OP = Prepared(select(t.op.c.data).where(t.op.c.op_id == bindparam("id")))


class Unrestorable(KnownError):
    """What was left out cannot be put back here: ask for the page whole."""

    def __init__(self) -> None:
        super().__init__("中心发来的内容本机还原不了，没有采用。办件都在，会自动重新读取。")


class _OpId(msgspec.Struct, frozen=True):
    op_id: str
    device: str = ""


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
        if _device(op) == device:
            op, thin = b"", thin | OWN
        elif before:
            op, cut = cut_link(op, op_hash(before))
        before = entry.op if op else b""
        yield msgspec.structs.replace(entry, op=op, state=state, thin=thin, cut=cut)


def _device(op: bytes) -> str:
    try:
        return msgspec.msgpack.decode(op, type=_OpId).device
    except (msgspec.MsgspecError, RecursionError):
        return ""


def whole_page(
    conn: Connection, rulebook: Rulebook, entries: Sequence[FeedEntry], after: int
) -> list[FeedEntry]:
    """The entries later than ``after`` with everything put back.  Raises Unrestorable; writes nothing.

    A state that the desk is already past stays left out (b"").
    """
    states: dict[str, CaseState | None] = {}
    whole: list[FeedEntry] = []
    before = b""
    for entry in entries:
        op, state = mend_link(entry.op, entry.cut, op_hash(before) if before else b""), entry.state
        before = op
        if entry.seq <= after:
            before = before if not entry.thin & OWN else b""
            continue
        if entry.thin & OWN:
            row = _OWN_OP(conn, id=entry.op_id).first()
            if row is None:
                raise Unrestorable()
            op, before = row.data, b""
        if entry.thin & DERIVED:
            state = _derived(conn, rulebook, states, entry, op)
        elif entry.rev > 0:
            states.pop(entry.case_id, None)
            if state:
                states[entry.case_id] = _read(state)
        whole.append(msgspec.structs.replace(entry, op=op, state=state, thin=0, cut=NOT_CUT))
    return whole


def _derived(
    conn: Connection, rulebook: Rulebook, states: dict[str, CaseState | None], entry: FeedEntry, data: bytes
) -> bytes:
    if entry.case_id not in states:
        states[entry.case_id] = confirmed_state(conn, entry.case_id)
    before = states[entry.case_id]
    if before is not None and before.rev >= entry.rev:
        return b""
    op = _read_op(data)
    version = before.catalog_version if before is not None else op.catalog_version
    rules = rulebook.rules(conn, version, op.item_id)
    if rules is None:
        raise Unrestorable()
    made = reconcile(before, op, rules).state
    if made is None or made.rev != entry.rev:
        raise Unrestorable()
    states[entry.case_id] = made
    return encode_state(made)


def _read_op(data: bytes) -> Op:
    try:
        return decode_op(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unrestorable() from error


def _read(state: bytes) -> CaseState:
    try:
        return msgspec.msgpack.decode(state, type=CaseState)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unrestorable() from error

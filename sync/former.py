"""Who this machine was before, and what it did then: for a hub that was restored from an older backup.

The acts of a former identity that the hub had when the machine recovered are in no chain of the new one.
They are kept as long as acknowledged acts are; a hub of a new epoch is asked which of them it has, and what
it lacks goes into the present chain under its own ids.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, delete, insert, select

from models import ops
from models.device import DeviceFacts, get_meta, identities, set_meta
from models.domain.ops import MAX_OP_BYTES, Op, decode_op
from models.projection import project_all
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from sync.client import HubClient
from sync.protocol import OpOutcome, SessionReply, SignedRegistration
from sync.snapshot_protocol import KnownRequest

WORDS = "registrations"
_ASK = "former_ask"  # a hub that may lack what was done under a former name is still to be asked
ASK_AT_ONCE = 500


def read_words(conn: Connection, device: str) -> tuple[SignedRegistration, ...]:
    """The hub's word for this machine and those it was before, newest first."""
    held = _held(conn)
    return tuple(held[name] for name in reversed(identities(conn, device)) if name in held)


def note_word(store: Store, device: str, session: SessionReply) -> None:
    """Keep the word that a session brought."""
    if session.registration is None:
        return
    with store.write() as conn:
        keep_word(conn, device, session.registration)


def keep_word(conn: Connection, device: str, word: SignedRegistration) -> None:
    set_meta(conn, WORDS, msgspec.msgpack.encode({**_held(conn), device: word}))


def _held(conn: Connection) -> dict[str, SignedRegistration]:
    """By the name that the word is for."""
    data = get_meta(conn, WORDS)
    return msgspec.msgpack.decode(data, type=dict[str, SignedRegistration]) if data else {}


def ask_for_former(conn: Connection) -> None:
    """The hub is another one now, or was not asked yet: its memory of former names is to be asked for."""
    if conn.execute(select(t.former_op.c.op_id).limit(1)).first() is not None:
        set_meta(conn, _ASK, b"1")


def offer_former(client: HubClient, store: Store, device: DeviceFacts, rulebook: Rulebook) -> int:
    """Put what the hub lacks of former acts into the present chain; returns how many.  Raises KnownError."""
    with store.read() as conn:
        if not get_meta(conn, _ASK):
            return 0
        rows = conn.execute(
            select(t.former_op.c.data).where(t.former_op.c.replaced == 0).order_by(t.former_op.c.place)
        ).scalars()
        own = [decode_op(data) for data in rows]
    found, _ = ask_known(client, own)
    lost = [op for op in own if op.op_id not in found]
    with store.write() as conn:
        for op in lost:
            append_anew(conn, device, op)
            conn.execute(delete(t.former_op).where(t.former_op.c.op_id == op.op_id))
        set_meta(conn, _ASK, b"")
        project_all(conn, rulebook, {op.case_id for op in lost})
    return len(lost)


def ask_known(client: HubClient, own: list[Op]) -> tuple[dict[str, OpOutcome], set[str]]:
    """What the hub has of these acts, and which of their numbers stand on somebody else's case."""
    found: dict[str, OpOutcome] = {}
    doubled: set[str] = set()
    for start in range(0, len(own), ASK_AT_ONCE):
        some = own[start : start + ASK_AT_ONCE]
        cases = {op.act.number: op.case_id for op in some if op.act.number}
        reply = client.known(KnownRequest(op_ids=tuple(op.op_id for op in some), numbers=tuple(cases)))
        found.update((told.op_id, told) for told in reply.ops)
        doubled.update(number for number, case_id in reply.numbers if cases.get(number) != case_id)
    return found, doubled


def append_anew(conn: Connection, device: DeviceFacts, op: Op) -> None:
    """The act in the present identity's chain, under its own id."""
    dseq, prev_hash, _ = ops.last_op(conn)
    again = msgspec.structs.replace(op, device=device.device, dseq=dseq + 1, prev_hash=prev_hash)
    ops.append(conn, again, most=2 * MAX_OP_BYTES)  # another place may take a few bytes more


def keep_former(source: Connection, conn: Connection, offered: dict[str, str], now_ms: int) -> None:
    """Into a new replica: what the hub had of the former identity's acts, and of those before it.

    ``offered``: former id → id in the new chain.  An act that went into it under another id is kept to be
    seen, not to be offered once more.
    """
    rows = [
        {"op_id": row.op_id, "data": row.data, "kept_ms": row.kept_ms, "replaced": row.replaced}
        for row in source.execute(select(t.former_op).order_by(t.former_op.c.place))
    ]
    own = select(t.op.c.op_id, t.op.c.data, t.op_status.c.acked_ms).join(
        t.op_status, t.op_status.c.dseq == t.op.c.dseq
    )
    rows += [
        {"op_id": row.op_id, "data": row.data, "kept_ms": row.acked_ms or now_ms, "replaced": 0}
        for row in source.execute(own.order_by(t.op.c.dseq))
    ]
    for place, row in enumerate(rows, 1):
        new_id = offered.get(row["op_id"])
        if new_id == row["op_id"]:
            continue  # it is in the new chain itself
        replaced = int(row["replaced"] or new_id is not None)
        conn.execute(insert(t.former_op).values(**{**row, "place": place, "replaced": replaced}))
    set_meta(conn, _ASK, b"1")


def drop_former(conn: Connection, before_ms: int) -> None:
    """No backup that old is put back."""
    conn.execute(delete(t.former_op).where(t.former_op.c.kept_ms < before_ms))

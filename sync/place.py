"""Where this desk belongs: noticing that it was moved, and leaving a former hall clean.

Own ops of the former hall are still pushed there; only then its cases go from the replica.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    bindparam,
    delete,
    literal_column,
    select,
    update,
)

from models.device import DeviceFacts, get_meta, known_facts, set_facts, set_meta
from models.ops import audit
from models.prepared import Prepared
from models.projection import project_all
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from sync.bootstrap import forget_place
from sync.protocol import SessionReply, SignedPosting

_UNDECIDED = ("pending", "held")
_CHUNK = 500
_POSTINGS = "postings"


def read_postings(conn: Connection) -> dict[str, SignedPosting]:
    """By hall: the hub's word for each that this machine was moved to."""
    data = get_meta(conn, _POSTINGS)
    return msgspec.msgpack.decode(data, type=dict[str, SignedPosting]) if data else {}


def note_place(store: Store, device: DeviceFacts, session: SessionReply) -> bool:
    """Write down where the hub says this machine is; True when ``device`` says otherwise.

    Its signed word for that is kept, for a hub that should not remember.
    """
    facts = msgspec.structs.replace(
        device,
        scope=session.scope,
        hall_name=session.hall_name,
        window=session.window,
        window_name=session.window_name,
        division=session.division,
    )
    with store.read() as conn:
        known = known_facts(conn)
        postings = read_postings(conn)
    if session.posting is not None and session.scope not in postings:
        with store.write() as conn:
            kept = {**postings, session.scope: session.posting}
            set_meta(conn, _POSTINGS, msgspec.msgpack.encode(kept))
    if known != facts and (known is not None or facts != device):
        with store.write() as conn:
            set_facts(conn, facts)
    return (facts.scope, facts.window) != (device.scope, device.window)


def leave(store: Store, rulebook: Rulebook, session: SessionReply, now_ms: int) -> int:
    """Remove the cases of every other hall but those with own ops that the hub has not decided.

    What is left of number blocks of another 区划 is void here.  Returns how many cases went; their
    pages are overwritten (secure_delete).  Own ops stay in the log until it is compacted.
    """
    with store.read() as conn:
        away = _ELSEWHERE(conn, here=session.scope).first() is not None
        clashes = _CLASHES(conn, here=session.scope).first() is not None
        numbers = _NUMBERS(conn, of=session.division).first() is not None
    if not (away or clashes or numbers):
        return 0
    with store.write() as conn:
        # Whoever is in the hall decides; what of it waits for them is asked after (sync.engine).
        conn.execute(
            update(t.conflict)
            .where(t.conflict.c.conflict_id.in_(list(_CLASHES(conn, here=session.scope).scalars())))
            .values(resolved=1)
        )
        going = list(_ELSEWHERE(conn, here=session.scope).scalars())
        for start in range(0, len(going), _CHUNK):
            _remove(conn, going[start : start + _CHUNK])
        project_all(conn, rulebook, going)
        for scope in conn.execute(
            select(t.cursor.c.scope).where(t.cursor.c.scope != session.scope)
        ).scalars():
            forget_place(conn, scope)
        conn.execute(delete(t.cursor).where(t.cursor.c.scope != session.scope))
        # What the hub lacks of the old hall's files stays until it has been sent; sweep takes the bytes.
        conn.execute(delete(t.file).where(t.file.c.scope != session.scope, t.file.c.upload == "done"))
        blocks = t.number_block.c
        conn.execute(
            update(t.number_block)
            .where(blocks.division != session.division, blocks.next <= blocks.last)
            .values(next=blocks.last + 1)
        )
        audit(conn, at_ms=now_ms, staff="", act="purge", detail=f"to={session.scope} cases={len(going)}")
    return len(going)


def _in(states: Sequence[str]) -> ColumnElement[bool]:
    """Written out: a statement that is compiled once has no place for a list of values."""
    return t.op_status.c.state.in_([literal_column(f"'{state}'") for state in states])


def _other_halls() -> CompoundSelect[tuple[str]]:
    here: BindParameter[str] = bindparam("here")
    undecided = (
        select(t.op.c.case_id).join(t.op_status, t.op_status.c.dseq == t.op.c.dseq).where(_in(_UNDECIDED))
    )
    confirmed = select(t.case_confirmed.c.case_id).where(
        t.case_confirmed.c.scope != here, t.case_confirmed.c.case_id.not_in(undecided)
    )
    # Rows of the view with nothing confirmed: own cases whose effect the old feed never brought.
    rejected = (
        select(t.op.c.case_id)
        .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
        .where(_in((*_UNDECIDED, "rejected", "quarantined")))
    )
    shown = select(t.case_view.c.case_id).where(
        t.case_view.c.scope != here, t.case_view.c.case_id.not_in(rejected)
    )
    return confirmed.union(shown)


_ELSEWHERE = Prepared(_other_halls())
_NUMBERS = Prepared(
    select(t.number_block.c.block_id).where(
        t.number_block.c.division != bindparam("of"), t.number_block.c.next <= t.number_block.c.last
    )
)
_CLASHES = Prepared(
    select(t.conflict.c.conflict_id)
    .join(t.case_view, t.case_view.c.case_id == t.conflict.c.case_id)
    .where(t.conflict.c.resolved == literal_column("0"), t.case_view.c.scope != bindparam("here"))
)


def _remove(conn: Connection, case_ids: list[str]) -> None:
    conn.execute(update(t.conflict).where(t.conflict.c.case_id.in_(case_ids)).values(resolved=1))
    for table in (t.case_confirmed, t.case_history, t.conflict, t.document):
        conn.execute(delete(table).where(table.c.case_id.in_(case_ids)))
    own = select(t.op.c.dseq).where(t.op.c.case_id.in_(case_ids))
    decided = t.op_status.c.state.in_(("applied", "merged", "conflict"))
    conn.execute(update(t.op_status).where(t.op_status.c.dseq.in_(own), decided).values(seen_in_feed=1))

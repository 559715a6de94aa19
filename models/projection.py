"""What screens read: the hub's confirmed state with this desk's own ops replayed over it.

The projection can be dropped and rebuilt at any time from ``op``, ``op_status`` and
``case_confirmed``; it is written in the same transaction as what it projects.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from models.domain.case import CaseState, decode_state, encode_state
from models.domain.merge import reconcile
from models.domain.ops import Op, decode_op
from models.domain.search import initials
from models.prepared import Prepared, first_of, upsert
from models.rulebook import Rulebook
from models.tables import replica as t

# Decided, but the feed has not brought the effect yet: still part of this desk's own view.
_LIVE = ("applied", "merged", "held")

_CONFIRMED = Prepared(select(t.case_confirmed.c.state).where(t.case_confirmed.c.case_id == bindparam("case")))
_OWN = (
    select(t.op.c.data)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(t.op.c.case_id == bindparam("case"))
    .order_by(t.op.c.dseq)
)
_OWN_EVERY = Prepared(_OWN)
_OWN_LIVE = Prepared(
    _OWN.where(
        (t.op_status.c.state == literal_column("'pending'"))
        | (
            t.op_status.c.state.in_([literal_column(f"'{s}'") for s in _LIVE])
            & (t.op_status.c.seen_in_feed == literal_column("0"))
        )
    )
)
_SHOW = upsert(t.case_view)
_OPEN_CONFLICT = Prepared(
    first_of(
        select(t.conflict.c.conflict_id).where(
            t.conflict.c.case_id == bindparam("case"), t.conflict.c.resolved == literal_column("0")
        )
    )
)
_CHUNK = 500  # cases whose states are in memory at a time
# The ids come as one JSON list: an IN list of changing length would be a new statement each time.
_CHOSEN = select(func.json_each(bindparam("cases")).table_valued("value").c.value)
_OF_OWN = Prepared(select(t.op.c.case_id).where(t.op.c.case_id.in_(_CHOSEN)).distinct())
_OF_CONFLICT = Prepared(
    select(t.conflict.c.case_id).where(
        t.conflict.c.case_id.in_(_CHOSEN), t.conflict.c.resolved == literal_column("0")
    )
)
_ALL_CONFIRMED = Prepared(
    select(t.case_confirmed.c.case_id, t.case_confirmed.c.state).where(
        t.case_confirmed.c.case_id.in_(_CHOSEN)
    )
)


def _own_in(*states: str) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            t.op.c.dseq == t.op_status.c.dseq,
            t.op.c.case_id == t.case_view.c.case_id,
            t.op_status.c.state.in_([literal_column(f"'{state}'") for state in states]),
        )
        .correlate(t.case_view)
    )


_DISPUTED = (
    exists()
    .where(t.conflict.c.case_id == t.case_view.c.case_id, t.conflict.c.resolved == literal_column("0"))
    .correlate(t.case_view)
)
_TROUBLE = ("held", "rejected", "quarantined")
_RESYNC = Prepared(
    update(t.case_view)
    .where(t.case_view.c.case_id == bindparam("case"))
    .values(
        sync=case(
            (or_(_DISPUTED, _own_in(*_TROUBLE)), literal_column("'attention'")),
            (_own_in("pending"), literal_column("'pending'")),
            else_=literal_column("'synced'"),
        )
    )
)
_STATES = Prepared(
    select(t.op_status.c.state)
    .join(t.op, t.op.c.dseq == t.op_status.c.dseq)
    .where(t.op.c.case_id == bindparam("case"))
    .distinct()
)


def confirmed_state(conn: Connection, case_id: str) -> CaseState | None:
    row = _CONFIRMED(conn, case=case_id).first()
    return decode_state(row.state) if row is not None else None


def own_ops(conn: Connection, case_id: str, *, every: bool = False) -> list[Op]:
    """Own ops whose effect the feed has not brought yet (or ``every`` own op), oldest first."""
    rows = (_OWN_EVERY if every else _OWN_LIVE)(conn, case=case_id)
    return [decode_op(row.data) for row in rows]


def current_state(conn: Connection, rulebook: Rulebook, case_id: str) -> CaseState | None:
    """The case as this desk sees it now.  An own op that no longer fits is left out, not lost.

    A case the hub never took (its first op was sent back) stays visible as it was entered here.
    """
    state = live_state(conn, rulebook, case_id)
    return state or _replayed(conn, rulebook, None, own_ops(conn, case_id, every=True))


def live_state(conn: Connection, rulebook: Rulebook, case_id: str) -> CaseState | None:
    """The case as the hub will know it once the pending ops are through: the base of a new act."""
    return _replayed(conn, rulebook, confirmed_state(conn, case_id), own_ops(conn, case_id))


def _replayed(
    conn: Connection, rulebook: Rulebook, state: CaseState | None, ops: list[Op]
) -> CaseState | None:
    for op in ops:
        rules = rulebook.rules(conn, op.catalog_version, op.item_id)
        if rules is not None:
            state = reconcile(state, op, rules).state
    return state


def project(
    conn: Connection, rulebook: Rulebook, case_id: str, state: CaseState | None = None
) -> CaseState | None:
    """Rewrite the view row of one case; ``state`` saves the replay when the caller just made it."""
    state = state or current_state(conn, rulebook, case_id)
    if state is None:
        conn.execute(delete(t.case_view).where(t.case_view.c.case_id == case_id))
        return None
    row = view_row(state)
    row["sync"] = _sync_state(conn, case_id)
    _SHOW(conn, **row)
    return state


def project_all(conn: Connection, rulebook: Rulebook, case_ids: Iterable[str]) -> None:
    """The same for many cases.  One that only the hub's word makes up is not replayed but copied."""
    wanted = sorted(set(case_ids))
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        chosen = msgspec.json.encode(some).decode()
        special = set(_OF_OWN(conn, cases=chosen).scalars()) | set(_OF_CONFLICT(conn, cases=chosen).scalars())
        told = {row.case_id: row.state for row in _ALL_CONFIRMED(conn, cases=chosen)}
        plain = [case_id for case_id in some if case_id in told and case_id not in special]
        _SHOW.many(conn, [{**view_row(decode_state(told[case_id])), "sync": "synced"} for case_id in plain])
        for case_id in sorted(set(some) - set(plain)):
            project(conn, rulebook, case_id)


def refresh_sync(conn: Connection, case_ids: Iterable[str]) -> None:
    """Rewrite only whether these cases are synced, when nothing else of them can have changed."""
    _RESYNC.many(conn, [{"case": case_id} for case_id in case_ids])


def view_row(state: CaseState) -> dict[str, object]:
    """The searchable columns of a state; ``sync`` is the caller's to add."""
    name = state.value("applicant.name")
    return {
        "case_id": state.case_id,
        "scope": state.scope,
        "rev": state.rev,
        "status": state.status.value,
        "number": state.number,
        "receipt": state.receipt,
        "item_id": state.item_id,
        "item_name": state.item_name,
        "applicant": name,
        "initials": initials(name),
        "id_tail": state.value("applicant.id_number")[-8:],
        "staff": state.staff,
        "device": state.device,
        "received_on": state.received_on,
        "opened_ms": state.opened_ms,
        "changed_ms": state.changed_ms,
        "state": encode_state(state),
    }


def _sync_state(conn: Connection, case_id: str) -> str:
    """attention: a person must decide; pending: the hub has not decided every own op yet."""
    if _OPEN_CONFLICT(conn, case=case_id).first() is not None:
        return "attention"
    states = set(_STATES(conn, case=case_id).scalars())
    if not states.isdisjoint(_TROUBLE):
        return "attention"
    return "pending" if "pending" in states else "synced"


def same(left: CaseState, right: CaseState) -> bool:
    """Equal field by field, whatever the order the fields were entered in."""
    return encode_state(left) == encode_state(right)


def differences(left: CaseState, right: CaseState) -> list[str]:
    """Names of what differs between two states: attributes, and fields by path."""
    found: list[str] = []
    for name in CaseState.__struct_fields__:
        a, b = getattr(left, name), getattr(right, name)
        if name == "fields":
            found += [f"fields.{p}" for p in sorted(a.keys() | b.keys()) if a.get(p) != b.get(p)]
        elif msgspec.to_builtins(a) != msgspec.to_builtins(b):
            found.append(name)
    return found

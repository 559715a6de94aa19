"""What screens read: the hub's confirmed state with this desk's own ops replayed over it.

The projection can be dropped and rebuilt at any time from ``op``, ``op_status`` and
``case_confirmed``; it is written in the same transaction as what it projects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, literal_column, select, update

from models.domain.case import CaseState, decode_state, encode_state
from models.domain.merge import reconcile
from models.domain.ops import Op, OpKind, decode_op
from models.domain.search import initials
from models.duty_list import forget_duties, list_duties
from models.prepared import Prepared, chosen, listed, upsert
from models.rulebook import Rulebook
from models.tables import replica as t

# Decided, but the feed has not brought the effect yet: still part of this desk's own view.
_LIVE = ("applied", "merged", "held")
_WANTS_A_PERSON = frozenset({"held", "rejected", "quarantined"})
_CHUNK = 400  # cases in one query

_CHOSEN = chosen("cases")
_CONFIRMED = Prepared(
    select(t.case_confirmed.c.case_id, t.case_confirmed.c.state).where(
        t.case_confirmed.c.case_id.in_(_CHOSEN)
    )
)
_OWN_OPS = (
    select(t.op.c.case_id, t.op.c.data, t.op_status.c.state, t.op_status.c.seen_in_feed)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .order_by(t.op.c.dseq)
)
_OWN = Prepared(_OWN_OPS.where(t.op.c.case_id.in_(_CHOSEN)))
# For one case without the list: an act asks so several times, and reading JSON costs more than the rows.
_CONFIRMED_ONE = Prepared(
    select(t.case_confirmed.c.state).where(t.case_confirmed.c.case_id == bindparam("of"))
)
_OWN_ONE = Prepared(_OWN_OPS.where(t.op.c.case_id == bindparam("of")))
_OPEN = (
    select(t.conflict).where(t.conflict.c.resolved == literal_column("0")).order_by(t.conflict.c.conflict_id)
)
_OPEN_ALL = Prepared(_OPEN)
_OPEN_OF = Prepared(_OPEN.where(t.conflict.c.case_id.in_(_CHOSEN)))
_OPEN_ONE = Prepared(_OPEN.where(t.conflict.c.case_id == bindparam("of")))
_DECIDED_HERE = Prepared(
    select(t.op.c.data)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(
        t.op.c.kind == literal_column(f"'{OpKind.RESOLVE.value}'"),
        (t.op_status.c.state == literal_column("'pending'"))
        | (
            t.op_status.c.state.in_([literal_column(f"'{state}'") for state in _LIVE])
            & (t.op_status.c.seen_in_feed == literal_column("0"))
        ),
    )
)
_OUT_OF_VIEW = Prepared(delete(t.case_view).where(t.case_view.c.case_id == bindparam("gone")))
_SHOW = upsert(t.case_view)
_RESYNC = Prepared(
    update(t.case_view).where(t.case_view.c.case_id == bindparam("case")).values(sync=bindparam("now"))
)


def open_conflicts(conn: Connection, cases: Sequence[str] | None = None) -> list[Row[Any]]:
    """Rows of ``conflict`` that a person must still decide, of these cases or of all.

    What was decided here and is on its way to the hub is not asked again; should the hub not take the
    decision, it is.
    """
    if cases is None:
        rows = _OPEN_ALL(conn).all()
    elif len(cases) == 1:
        rows = _OPEN_ONE(conn, of=cases[0]).all()
    else:
        rows = _OPEN_OF(conn, cases=listed(cases)).all()
    if not rows:
        return []
    decided = {decode_op(row.data).act.conflict for row in _DECIDED_HERE(conn)}
    return [row for row in rows if row.conflict_id not in decided]


def confirmed_state(conn: Connection, case_id: str) -> CaseState | None:
    data = _CONFIRMED_ONE(conn, of=case_id).scalar()
    return decode_state(data) if data is not None else None


class _Own(msgspec.Struct, frozen=True):
    """One own op with what became of it."""

    data: bytes
    state: str
    seen: bool

    @property
    def live(self) -> bool:
        """Whether its effect is this desk's to show: the feed has not brought it yet."""
        return self.state == "pending" or (self.state in _LIVE and not self.seen)

    @property
    def taken(self) -> bool:
        """Whether the hub took it and has shown so."""
        return self.seen and self.state in ("applied", "merged", "conflict")


def _own_of(conn: Connection, cases: Sequence[str]) -> dict[str, list[_Own]]:
    """Every own op on these cases, oldest first."""
    found: dict[str, list[_Own]] = {}
    for row in _OWN_ONE(conn, of=cases[0]) if len(cases) == 1 else _OWN(conn, cases=listed(cases)):
        found.setdefault(row.case_id, []).append(_Own(row.data, row.state, bool(row.seen_in_feed)))
    return found


def own_ops(conn: Connection, case_id: str) -> list[Op]:
    """Own ops whose effect the feed has not brought yet, oldest first."""
    return [decode_op(own.data) for own in _own_of(conn, [case_id]).get(case_id, []) if own.live]


def current_state(conn: Connection, rulebook: Rulebook, case_id: str) -> CaseState | None:
    """The case as this desk sees it now.  An own op that no longer fits is left out, not lost.

    A case the hub never took (its first op was sent back) stays visible as it was entered here.
    """
    own = _own_of(conn, [case_id]).get(case_id, [])
    return _seen_now(conn, rulebook, confirmed_state(conn, case_id), own)


def live_state(conn: Connection, rulebook: Rulebook, case_id: str) -> CaseState | None:
    """The case as the hub will know it once the pending ops are through: the base of a new act."""
    return _replayed(conn, rulebook, confirmed_state(conn, case_id), own_ops(conn, case_id))


def _seen_now(
    conn: Connection, rulebook: Rulebook, confirmed: CaseState | None, own: Sequence[_Own]
) -> CaseState | None:
    live = [decode_op(one.data) for one in own if one.live]
    state = _replayed(conn, rulebook, confirmed, live)
    if state is not None or all(one.taken for one in own):  # the hub has it, and it was purged from here
        return state
    return _replayed(conn, rulebook, None, [decode_op(one.data) for one in own])


def _replayed(
    conn: Connection, rulebook: Rulebook, state: CaseState | None, ops: list[Op]
) -> CaseState | None:
    for op in ops:
        rules = rulebook.rules(conn, op.catalog_version, op.item_id)
        if rules is not None:
            state = reconcile(state, op, rules).state
    return state


def show(conn: Connection, state: CaseState) -> None:
    """Write the view row of a case whose state the caller has just made by an act."""
    own = _own_of(conn, [state.case_id]).get(state.case_id, [])
    clashing = open_conflicts(conn, [state.case_id])
    _SHOW(conn, **view_row(state), sync=_sync_state(own, bool(clashing)))
    list_duties(conn, [state])


def project_all(conn: Connection, rulebook: Rulebook, case_ids: Iterable[str]) -> None:
    """Rewrite the view rows of these cases, a few statements for hundreds of them."""
    wanted = list(dict.fromkeys(case_ids))
    for start in range(0, len(wanted), _CHUNK):
        cases = wanted[start : start + _CHUNK]
        confirmed = {row.case_id: row.state for row in _CONFIRMED(conn, cases=listed(cases))}
        own_of = _own_of(conn, cases)
        clashing = {row.case_id for row in open_conflicts(conn, cases)}
        rows: list[dict[str, object]] = []
        gone: list[dict[str, object]] = []
        shown: list[CaseState] = []
        for case_id in cases:
            data = confirmed.get(case_id)
            own = own_of.get(case_id, [])
            state = _seen_now(conn, rulebook, decode_state(data) if data is not None else None, own)
            if state is None:
                gone.append({"gone": case_id})
            else:
                rows.append({**view_row(state), "sync": _sync_state(own, case_id in clashing)})
                shown.append(state)
        _SHOW.many(conn, rows)
        _OUT_OF_VIEW.many(conn, gone)
        forget_duties(conn, [str(row["gone"]) for row in gone])
        list_duties(conn, shown)


def refresh_sync(conn: Connection, case_ids: Iterable[str]) -> None:
    """Rewrite only whether these cases are synced, when nothing else of them can have changed."""
    wanted = list(dict.fromkeys(case_ids))
    for start in range(0, len(wanted), _CHUNK):
        cases = wanted[start : start + _CHUNK]
        own_of = _own_of(conn, cases)
        clashing = {row.case_id for row in open_conflicts(conn, cases)}
        rows: list[dict[str, object]] = [
            {"case": one, "now": _sync_state(own_of.get(one, []), one in clashing)} for one in cases
        ]
        _RESYNC.many(conn, rows)


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


def _sync_state(own: Sequence[_Own], clashing: bool) -> str:
    """attention: a person must decide; pending: the hub has not decided every own op yet.

    What the hub sent back is done with once a later act on the case has gone through.
    """
    states: set[str] = set()
    for one in own:
        if one.state in ("applied", "merged"):
            states.discard("rejected")
        states.add(one.state)
    if clashing or states & _WANTS_A_PERSON:
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

"""The acts after receipt and acceptance, one function each.  All raise KnownError and then change nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, bindparam, literal_column, select

from app.commands.act import Entry, perform
from app.commands.context import Changes, Desk
from models.device import identities
from models.domain.case import CaseState, CaseStatus, Later, PointMark, Receipt, decode_state
from models.domain.catalog import Item
from models.domain.checklist import shown_points, wanting_materials
from models.domain.ops import Act, OpKind
from models.domain.procedures import Decision, Procedure
from models.domain.terms import is_deemed
from models.errors import KnownError
from models.prepared import Prepared
from models.projection import live_state
from models.tables import replica as t

# Only the machine that took the papers in puts their silence on record, so that no two desks do.
_RECEIVED_HERE = Prepared(
    select(t.case_view.c.state)
    .where(
        t.case_view.c.status == literal_column(f"'{CaseStatus.RECEIVED.value}'"),
        t.case_view.c.device == bindparam("device"),
    )
    .order_by(t.case_view.c.received_on, t.case_view.c.case_id)
)
_SENT_BACK = Prepared(
    select(t.op.c.op_id)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(
        t.op.c.case_id == bindparam("case"),
        t.op.c.kind == literal_column(f"'{OpKind.DEEM.value}'"),
        t.op_status.c.state.in_([literal_column("'rejected'"), literal_column("'quarantined'")]),
    )
)


def supplied(desk: Desk, entry: Entry) -> Changes:
    """补齐: all that was told as missing is in; the limit runs from today."""
    return perform(desk, OpKind.SUPPLIED, entry)


def _unjudged(desk: Desk, state: CaseState) -> dict[str, str]:
    """A pass for each point of a case accepted by silence that bears no mark."""
    shown = (f"point.{point.id}" for point in shown_points(_item_of(desk, state), state.answers))
    return {path: PointMark.PASS.value for path in shown if not state.fields.get(path)}


def _item_of(desk: Desk, state: CaseState) -> Item:
    """The item in the catalogue that the case was taken in under."""
    with desk.store.read() as conn:
        item = desk.rulebook.item(conn, state.catalog_version, state.item_id)
    if item is None:
        raise KnownError("本机没有这件办件，或者没有它那一版的目录，没有登记。请联网同步后再试。")
    return item


def is_deemed_accepted(desk: Desk, case_id: str) -> bool:
    """Whether the case was accepted by silence and is still to be decided."""
    state = _state_of(desk, case_id)
    return state.deemed and state.status is CaseStatus.ACCEPTED


def handed_in(desk: Desk, case_id: str, materials: Collection[str] = ()) -> Changes:
    """补交 after 视为受理: ``materials`` by their ids, or all still wanting, received on paper.

    The applicant's own wish: nothing can be asked for any more, and the limits stay as they are.
    """
    state = _state_of(desk, case_id)
    wanting = {material.id for material in wanting_materials(_item_of(desk, state), state.fields)}
    unknown = [one for one in materials if one not in wanting]
    if unknown:
        raise KnownError(f"“{unknown[0]}”不是本件还缺的材料，没有登记。请核对材料标识。")
    entry = _entry(state)
    entry.fields.update({f"material.{one}": Receipt.PAPER.value for one in materials or wanting})
    return perform(desk, OpKind.SUPPLIED, entry)


def deem(desk: Desk, case_id: str) -> Changes:
    """视为受理, put on record once the term has passed in silence."""
    return perform(desk, OpKind.DEEM, entry_of(desk, case_id))


def pause(
    desk: Desk, case_id: str, procedure: Procedure, reason: str, workdays: int, basis: str = ""
) -> Changes:
    """特别程序 or 挂起: stops the clock; ``workdays`` is the time needed, told to the applicant in writing."""
    act = Act(reason=reason.strip(), later=Later(procedure=procedure, workdays=workdays, basis=basis.strip()))
    return perform(desk, OpKind.PAUSE, entry_of(desk, case_id), act)


def resume(desk: Desk, case_id: str, reason: str = "") -> Changes:
    """恢复计时: from today on the clock runs again."""
    return perform(desk, OpKind.RESUME, entry_of(desk, case_id), Act(reason=reason.strip()))


def extend(desk: Desk, case_id: str, workdays: int, approver: str, reason: str) -> Changes:
    """延期 with the head's approval (行政许可法 第四十二条), once."""
    act = Act(reason=reason.strip(), later=Later(workdays=workdays, approver=approver.strip()))
    return perform(desk, OpKind.EXTEND, entry_of(desk, case_id), act)


def decide(
    desk: Desk,
    case_id: str,
    decision: Decision,
    reason: str = "",
    points: Mapping[str, str] | None = None,
) -> Changes:
    """准予 or 不予.  ``points`` are review marks by point id, where the review came to others.

    Nobody judged the points of a case that silence accepted: who grants it says that they are met, and that
    is recorded point by point.
    """
    state = _state_of(desk, case_id)
    entry = _entry(state)
    if decision is Decision.GRANT and state.deemed:
        entry.fields.update(_unjudged(desk, state))
    entry.fields.update({f"point.{point}": mark for point, mark in (points or {}).items()})
    return perform(desk, OpKind.DECIDE, entry, Act(reason=reason.strip(), later=Later(decision=decision)))


def record_deemed(desk: Desk) -> list[Changes]:
    """Put on record what the law made of silence in the cases received here; call it after a sync.

    A case that cannot be recorded now, or that the hub sent back, is passed over: it counts as accepted
    all the same.
    """
    today, done = desk.clock.now().day, []
    with desk.store.read() as conn:
        due = [state.case_id for state in _received_here(conn, desk) if _deemed(conn, desk, state, today)]
    for case_id in due:
        try:
            done.append(deem(desk, case_id))
        except KnownError:
            continue
    return done


def _received_here(conn: Connection, desk: Desk) -> Iterator[CaseState]:
    for name in identities(conn, desk.device.device):
        yield from (decode_state(row.state) for row in _RECEIVED_HERE(conn, device=name))


def _deemed(conn: Connection, desk: Desk, state: CaseState, today: dt.date) -> bool:
    item = desk.rulebook.item(conn, state.catalog_version, state.item_id)
    if item is None or not is_deemed(state, item, desk.rulebook.calendar, today):
        return False
    return _SENT_BACK(conn, case=state.case_id).first() is None


def entry_of(desk: Desk, case_id: str) -> Entry:
    """The case as it stands; nothing of it is edited on the way."""
    return _entry(_state_of(desk, case_id))


def _state_of(desk: Desk, case_id: str) -> CaseState:
    with desk.store.read() as conn:
        state = live_state(conn, desk.rulebook, case_id)
    if state is None:
        raise KnownError("本机没有这件办件，办不了。没有改动。请核对办件标识，或者联网同步后再试。")
    return state


def _entry(state: CaseState) -> Entry:
    return Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))

"""What a hall still owes or must look into after acceptance, and whom checks propose for the 失信名单."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, select

from app.commands.context import Desk
from models.domain.case import CaseState, decode_state
from models.domain.duties import CONSEQUENCE_NAMES, DUTY_NAMES, Duty, find_duty
from models.tables import replica as t


class TaskLine(msgspec.Struct, frozen=True, kw_only=True):
    """One open duty of a case.  ``overdue`` from the day after ``due`` on."""

    case_id: str
    number: str
    item_name: str
    applicant: str
    duty: str
    kind: str
    kind_name: str
    what: str
    due: str
    overdue: bool
    way: str = ""
    obligation: str = ""


class CreditProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A promise found false: the supervisor decides whether the person goes on the 失信名单."""

    case_id: str
    number: str
    item_name: str
    applicant: str
    what: str
    found: str
    outcome: str
    checked_on: str
    staff: str


def read_tasks(desk: Desk, today: dt.date, *, overdue_only: bool = False, limit: int = 500) -> list[TaskLine]:
    """Open duties of the hall's cases, the soonest due first."""
    with desk.store.read() as conn:
        found = _listed(conn, "open", limit, before=today.isoformat() if overdue_only else "")
    return [_task(state, duty, today) for state, duty in found]


def credit_proposals(desk: Desk, limit: int = 500) -> list[CreditProposal]:
    """Promises that a check found false with 撤销 or 记入信用, of the hall's cases."""
    with desk.store.read() as conn:
        found = _listed(conn, "false", limit)
    return [
        CreditProposal(
            case_id=state.case_id,
            number=state.number,
            item_name=state.item_name,
            applicant=state.value("applicant.name"),
            what=duty.name,
            found=duty.found,
            outcome=CONSEQUENCE_NAMES.get(duty.outcome, duty.outcome),
            checked_on=duty.done_on,
            staff=duty.staff,
        )
        for state, duty in found
    ]


def _listed(conn: Connection, standing: str, limit: int, *, before: str = "") -> list[tuple[CaseState, Duty]]:
    query = (
        select(t.case_duty.c.duty_id, t.case_view.c.state)
        .join(t.case_view, t.case_view.c.case_id == t.case_duty.c.case_id)
        .where(t.case_duty.c.state == standing)
        .order_by(t.case_duty.c.due, t.case_duty.c.case_id, t.case_duty.c.duty_id)
        .limit(limit)
    )
    if before:
        query = query.where(t.case_duty.c.due < before)
    lines: list[tuple[CaseState, Duty]] = []
    for row in conn.execute(query):
        state = decode_state(row.state)
        duty = find_duty(state.duties, row.duty_id)
        if duty is not None:
            lines.append((state, duty))
    return lines


def _task(state: CaseState, duty: Duty, today: dt.date) -> TaskLine:
    return TaskLine(
        case_id=state.case_id,
        number=state.number,
        item_name=state.item_name,
        applicant=state.value("applicant.name"),
        duty=duty.id,
        kind=duty.kind,
        kind_name=DUTY_NAMES.get(duty.kind, duty.kind),
        what=duty.name,
        due=duty.due,
        overdue=duty.overdue(today),
        way=duty.way,
        obligation=duty.obligation,
    )

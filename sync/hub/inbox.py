"""What halls have before them: cases that are theirs to handle, and cases that a new catalogue touches."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, select

from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.competence import case_competence
from models.domain.review import PENDING, ReviewTask, review_task
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.rulebook import china_day

_HANDLED = (CaseStatus.ACCEPTED, CaseStatus.DECIDED)


class InboxCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case to be handled in ``division``, wherever it was accepted."""

    case_id: str
    number: str
    item_id: str
    item_name: str
    status: str
    accepted_at: str  # hall id
    division: str


def cases_for(hub: Hub, hall: str) -> list[InboxCase]:
    """Accepted cases that go to a hall (id, 区划 or the beginning of its name).  Raises KnownError."""
    with hub.read() as conn:
        directory = hub.rulebook.directory(conn)
        named = [
            h for h in directory.halls if hall in (h.id, h.division) or (hall and h.name.startswith(hall))
        ]
        if len(named) != 1:
            raise KnownError(f"{'没有' if not named else '有几个'}叫“{hall}”的大厅。请写大厅标识。")
        division = named[0].division
        divisions = directory.divisions()
        found = []
        for state in _states(conn, tuple(status.value for status in _HANDLED)):
            item = hub.rulebook.item(conn, state.catalog_version, state.item_id)
            goes_to = case_competence(item, divisions.get(state.scope, ""), state).goes_to if item else ""
            if goes_to == division:
                found.append(
                    InboxCase(
                        case_id=state.case_id,
                        number=state.number,
                        item_id=state.item_id,
                        item_name=state.item_name,
                        status=state.status.value,
                        accepted_at=state.scope,
                        division=division,
                    )
                )
    return found


def review_tasks(hub: Hub) -> list[ReviewTask]:
    """Open and accepted cases whose item the version in force today changes in what matters."""
    found = []
    with hub.read() as conn:
        version = hub.rulebook.version_on(conn, china_day(hub.now_ms()))
        for state in _states(conn, tuple(status.value for status in PENDING)) if version else ():
            old = hub.rulebook.item(conn, state.catalog_version, state.item_id)
            if old is not None:
                new = hub.rulebook.item(conn, version, state.item_id)
                task = review_task(state, old, new, version)
                found += [task] if task is not None else []
    return found


def _states(conn: Connection, statuses: tuple[str, ...]) -> Iterator[CaseState]:
    head = t.case_head
    rows = conn.execute(
        select(head.c.state).where(head.c.status.in_(statuses)).order_by(head.c.scope, head.c.case_id)
    )
    return (decode_state(row.state) for row in rows)

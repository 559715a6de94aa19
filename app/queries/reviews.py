"""Cases that a later catalogue version touches: what a person must look at, on the case and outbox pages."""

from __future__ import annotations

from sqlalchemy import Connection, select

from app.commands.context import Desk
from models.domain.case import CaseState, decode_state
from models.domain.review import PENDING, ReviewTask, review_task
from models.tables import replica as t


def review_of(desk: Desk, state: CaseState) -> ReviewTask | None:
    """What the version in force changes for this case, None when nothing or when it is settled."""
    with desk.store.read() as conn:
        return _task(desk, conn, state, desk.rulebook.current_version(conn))


def read_reviews(desk: Desk) -> list[ReviewTask]:
    """The open tasks of this hall, oldest case first."""
    with desk.store.read() as conn:
        version = desk.rulebook.current_version(conn)
        view = t.case_view.c
        rows = conn.execute(
            select(view.state).where(view.status.in_([one.value for one in PENDING])).order_by(view.case_id)
        )
        found = [_task(desk, conn, decode_state(row.state), version) for row in rows]
    return [task for task in found if task is not None]


def _task(desk: Desk, conn: Connection, state: CaseState, version: str) -> ReviewTask | None:
    """None also where this desk does not hold the version of the case: the hub lists those."""
    if not version or state.catalog_version == version:
        return None
    old = desk.rulebook.item(conn, state.catalog_version, state.item_id)
    if old is None:
        return None
    return review_task(state, old, desk.rulebook.item(conn, version, state.item_id), version)

"""Cases on which something is still owed: a deferred material, a check, a review of what a catalogue changed."""

from __future__ import annotations

from app.commands.context import Desk
from app.queries.cases import CaseRow, read_rows
from app.queries.reviews import read_reviews
from app.queries.tasks import read_tasks


def cases_to_do(desk: Desk, text: str = "") -> list[CaseRow]:
    """Soonest due first, reviews after them.  ``text`` is part of an item, a name or a number."""
    duties = read_tasks(desk, desk.clock.now().day)
    rows = read_rows(desk, [task.case_id for task in duties] + [task.case_id for task in read_reviews(desk)])
    wanted = text.replace(" ", "")
    return [row for row in rows if any(wanted in part for part in (row.item_name, row.applicant, row.number))]

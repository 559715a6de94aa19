"""Cases on which something is still owed: the notice of a 视为受理, a decision after a lapsed correction, a deferred material, a check, a review of what a catalogue changed."""

from __future__ import annotations

from app.commands.context import Desk
from app.queries.cases import CaseRow, read_rows
from app.queries.deadlines import lapsed_corrections
from app.queries.deemed import deemed_to_tell
from app.queries.reviews import read_reviews
from app.queries.tasks import read_tasks


def cases_to_do(desk: Desk, text: str = "") -> list[CaseRow]:
    """What was not told first, then corrections that lapsed, then the soonest due, reviews after them.  ``text`` is part of an item, a name or a number."""
    today = desk.clock.now().day
    untold = [row.case_id for row in deemed_to_tell(desk, today)]
    lapsed = [row.case_id for row in lapsed_corrections(desk, today)]
    duties = [task.case_id for task in read_tasks(desk, today)]
    rows = read_rows(desk, untold + lapsed + duties + [task.case_id for task in read_reviews(desk)])
    wanted = text.replace(" ", "")
    return [row for row in rows if any(wanted in part for part in (row.item_name, row.applicant, row.number))]

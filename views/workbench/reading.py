"""What the workbench reads of the replica, off the GUI thread: its lists, and a draft with its item."""

from __future__ import annotations

import datetime as dt

import msgspec

from app.commands.context import Desk
from app.queries.cases import CaseRow, clashing_cases, count_today, find_cases, read_case
from app.queries.deadlines import DueRow, announced
from app.queries.deemed import deemed_to_tell
from app.queries.drafts import DraftRow, read_drafts
from models.domain.case import CaseState
from models.domain.catalog import Item

# Of each status, the cases that have waited longest are looked at; it runs after every act.
REMINDERS_AMONG = 60


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """Drafts and own cases of the day, counts by status, what falls due soon, what two windows changed at once."""

    drafts: list[DraftRow]
    today: list[CaseRow]
    counts: dict[str, int]
    due: list[DueRow]
    clashing: dict[str, tuple[str, ...]]


def read_lists(desk: Desk, day: dt.date) -> Lists:
    rows, clashing = find_cases(desk, limit=60), clashing_cases(desk)
    return Lists(
        drafts=read_drafts(desk),
        today=[
            r
            for r in rows
            if (r.own or r.case_id in clashing)
            and dt.datetime.fromtimestamp(r.changed_ms / 1000).date() == day
        ],
        counts=count_today(desk, day),
        due=_reminders(desk, day),
        clashing=clashing,
    )


def _reminders(desk: Desk, day: dt.date) -> list[DueRow]:
    """What somebody was not told of comes before what falls due."""
    untold = deemed_to_tell(desk, day)
    seen = {row.case_id for row in untold}
    return untold + [row for row in announced(desk, day, limit=REMINDERS_AMONG) if row.case_id not in seen]


def read_draft(desk: Desk, draft: DraftRow) -> tuple[Item | None, CaseState | None]:
    """The item of a draft (None: no longer in the catalogue) and the case it goes on with."""
    page = read_case(desk, draft.case_id)
    if page is not None:
        return page.item, page.state
    with desk.store.read() as conn:
        return desk.rulebook.item(conn, desk.rulebook.current_version(conn), draft.item_id), None

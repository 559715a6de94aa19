"""What a list of cases is narrowed to, and the views a clerk keeps under a name."""

from __future__ import annotations

import datetime as dt

import msgspec

from app.commands.context import Desk
from models.device import get_meta
from models.domain.case import CaseStatus
from models.domain.catalog import Domain

MOST_VIEWS, LONGEST_NAME = 20, 20


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every part narrows further; a default narrows nothing.

    ``span``: received ``today``, in the last ``week`` (7 days) or this ``month``, so that a kept view goes
    with the calendar.  ``whose``: ``me`` (the clerk who acted last) or ``here`` (this machine).
    ``to_do``: something is still owed.  ``unmatched``: accepted here, and the department's own system has
    given no number yet.
    """

    text: str = ""
    status: CaseStatus | None = None
    domain: Domain | None = None
    span: str = ""
    whose: str = ""
    to_do: bool = False
    unmatched: bool = False

    def since(self, today: dt.date) -> str:
        """The first day of receipt, ISO 8601; "" for any."""
        days = {"today": today, "week": today - dt.timedelta(days=6), "month": today.replace(day=1)}
        return days[self.span].isoformat() if self.span in days else ""


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A filter kept under a name; ``own`` is False for those that come with the program."""

    name: str
    filter: CaseFilter
    own: bool = True


BUILT_IN = (
    CaseView(name="全部办件", filter=CaseFilter(), own=False),
    CaseView(name="今天收的", filter=CaseFilter(span="today"), own=False),
    CaseView(name="我办的", filter=CaseFilter(whose="me"), own=False),
    CaseView(name="等补正的", filter=CaseFilter(status=CaseStatus.SUPPLEMENT), own=False),
    CaseView(name="有待办的", filter=CaseFilter(to_do=True), own=False),
    CaseView(name="待回填编号的", filter=CaseFilter(unmatched=True), own=False),
)


def views_key(staff: str) -> str:
    """Where the views of a clerk lie in the replica."""
    return f"case_views:{staff}"


def read_views(desk: Desk) -> tuple[CaseView, ...]:
    """The built-in views, then the clerk's own; own ones that a later program wrote are left out."""
    with desk.store.read() as conn:
        data = get_meta(conn, views_key(desk.lease.staff))
    try:
        own = msgspec.json.decode(data, type=tuple[CaseView, ...]) if data else ()
    except msgspec.MsgspecError:
        own = ()
    return (*BUILT_IN, *own)

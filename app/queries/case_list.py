"""The case list under a filter."""

from __future__ import annotations

from app.commands.context import Desk
from app.queries.case_filter import CaseFilter
from app.queries.cases import CaseRow, find_cases, items_of_domain
from app.queries.other_systems import unmatched
from app.queries.to_do import cases_to_do


def list_cases(desk: Desk, wanted: CaseFilter, limit: int = 200) -> list[CaseRow]:
    """Newest first; those with something owed by the day it is due.  ``unmatched`` goes before ``to_do``."""
    today = desk.clock.now().day
    since = wanted.since(today)
    if not (wanted.to_do or wanted.unmatched):
        return find_cases(
            desk,
            wanted.text,
            statuses=(wanted.status,) if wanted.status is not None else (),
            domain=wanted.domain,
            since=since,
            staff=desk.lease.staff if wanted.whose == "me" else "",
            device=desk.device.device if wanted.whose == "here" else "",
            limit=limit,
        )
    if wanted.unmatched:
        rows = [one.row for one in unmatched(desk, wanted.text)]
    else:
        rows = cases_to_do(desk, wanted.text)
    items = _items_of(desk, wanted)
    return [
        row
        for row in rows
        if (wanted.status is None or row.status is wanted.status)
        and row.received_on >= since
        and (items is None or row.item_id in items)
        and (wanted.whose != "me" or row.staff == desk.lease.staff)
        and (wanted.whose != "here" or row.own)
    ][:limit]


def _items_of(desk: Desk, wanted: CaseFilter) -> set[str] | None:
    if wanted.domain is None:
        return None
    with desk.store.read() as conn:
        return items_of_domain(conn, desk, wanted.domain)

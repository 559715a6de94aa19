"""What was taken and not yet stored, put into its case when the window closes or locks."""

from __future__ import annotations

from app.commands.act import Entry
from app.commands.attach import attach
from app.commands.context import Desk
from app.queries.cases import read_state
from app.queries.drafts import read_drafts
from views.peripherals.capture import Capture, Target
from views.workbench.page import WorkbenchPage


def entry_of(desk: Desk, page: WorkbenchPage, target: Target) -> Entry:
    """The newest that is known of the case: what lies on the bench, else its draft, else what was saved."""
    if page.sheet is not None and page.sheet.case_id == target.case_id and page.sheet.editable:
        return page.sheet.entry
    draft = next((d for d in read_drafts(desk) if d.case_id == target.case_id), None)
    state = read_state(desk, target.case_id)
    fields = draft.fields if draft is not None else state.fields if state is not None else {}
    return Entry(case_id=target.case_id, item_id=target.item_id, fields=dict(fields))


def keep_now(desk: Desk, page: WorkbenchPage, capture: Capture) -> None:
    """On the GUI thread, before the lock.  Raises KnownError when they cannot be written: they stay in memory."""
    from devices.pages.pipeline import one_file

    target, pages = capture.target, capture.pages
    data, _ = one_file(pages)
    entry = entry_of(desk, page, target)
    attach(desk, entry, data, title=target.title, material=target.material, pages=len(pages))

"""Drafts: what is on the screen, kept in the encrypted replica as the clerk types."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert

from app.commands.act import Entry
from app.commands.context import Changes, Desk
from models.tables import replica as t


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What 不予受理, 一次性告知, 撤回 or 当场更正 is to say, before it is done: for each, what the clerk has
    changed of it.  ``open`` names the one on the screen, "" none."""

    open: str = ""
    words: dict[str, dict[str, str]] = {}


def save_draft(desk: Desk, entry: Entry, step: str = "", outcome: Outcome | None = None) -> int:
    """Keep the entry as it stands; returns the Unix time in ms it was saved at.

    ``step`` is where the clerk was, so that opening the draft goes back there, ``outcome`` what was half
    filled in below the steps.
    """
    now = desk.clock.now().wall_ms
    values = {
        "case_id": entry.case_id,
        "staff": desk.lease.staff,
        "item_id": entry.item_id,
        "saved_ms": now,
        "data": msgspec.msgpack.encode(
            {"fields": entry.fields, "step": step, "outcome": outcome or Outcome()}
        ),
    }
    with desk.store.write() as conn:
        statement = insert(t.draft).values(**values)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[t.draft.c.case_id], set_={k: v for k, v in values.items() if k != "case_id"}
            )
        )
    return now


def discard_draft(desk: Desk, case_id: str) -> Changes:
    """Drop an unsaved draft at the clerk's explicit wish."""
    with desk.store.write() as conn:
        conn.execute(delete(t.draft).where(t.draft.c.case_id == case_id))
    return Changes(case_id=case_id, drafts=True)

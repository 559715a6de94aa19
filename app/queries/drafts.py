"""Drafts of this desk: what was on a screen and not yet an act."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from app.commands.context import Desk
from app.commands.drafts import Outcome
from app.queries.bundles import DRAFT_PREFIX
from models.tables import replica as t


class DraftRow(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str
    item_id: str
    item_name: str
    applicant: str
    step: str
    saved_ms: int
    fields: dict[str, str]
    outcome: Outcome = Outcome()


def read_drafts(desk: Desk) -> list[DraftRow]:
    """The signed-in clerk's drafts, newest first."""
    with desk.store.read() as conn:
        version = desk.rulebook.current_version(conn)
        rows = conn.execute(
            select(t.draft).where(t.draft.c.staff == desk.lease.staff).order_by(t.draft.c.saved_ms.desc())
        ).all()
        found: list[DraftRow] = []
        catalog = desk.rulebook.catalog(conn, version) if version else None
        names = {DRAFT_PREFIX + b.id: f"一件事 · {b.name}" for b in catalog.bundles} if catalog else {}
        for row in rows:
            body = msgspec.msgpack.decode(row.data, type=_Body)
            item = desk.rulebook.item(conn, version, row.item_id)
            found.append(
                DraftRow(
                    case_id=row.case_id,
                    item_id=row.item_id,
                    item_name=item.name if item is not None else names.get(row.item_id, row.item_id),
                    applicant=body.fields.get("applicant.name", ""),
                    step=body.step,
                    saved_ms=row.saved_ms,
                    fields=body.fields,
                    outcome=body.outcome,
                )
            )
    return found


class _Body(msgspec.Struct, frozen=True):
    fields: dict[str, str]
    step: str = ""
    outcome: Outcome = Outcome()

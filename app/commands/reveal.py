"""Showing a masked number: allowed to whoever works on the case, and put on the audit chain."""

from __future__ import annotations

from app.commands.context import Desk
from models.ops import audit


def note_reveal(desk: Desk, case_id: str, path: str) -> None:
    """Record that ``path`` of a case was shown in full; the value itself is not recorded."""
    with desk.store.write() as conn:
        audit(
            conn,
            at_ms=desk.clock.now().wall_ms,
            staff=desk.lease.staff,
            act="reveal",
            case_id=case_id,
            detail=path,
        )

"""Settling what a later catalogue version means for a case: a person's decision, with its reason."""

from __future__ import annotations

from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.intake import add_note
from models.domain.review import review_text
from models.errors import KnownError


def settle_review(desk: Desk, entry: Entry, version: str, reason: str) -> Changes:
    """Write down that the changes of ``version`` were looked at.  Nothing else of the case changes.

    Raises KnownError without a reason.
    """
    if not reason.strip():
        raise KnownError("复核须写明处理意见，没有改动。")
    return add_note(desk, entry, review_text(version, reason))

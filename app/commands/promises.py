"""Closing what an acceptance left owing: 容缺补齐 and 核查.  All raise KnownError and then change nothing."""

from __future__ import annotations

import msgspec

from app.commands.act import Entry, perform
from app.commands.context import Changes, Desk
from models.domain.case import Receipt
from models.domain.duties import Consequence, Finding
from models.domain.ops import Act, OpKind, Trust


def make_up(desk: Desk, entry: Entry, duty: str, form: Receipt, note: str = "") -> Changes:
    """容缺补齐: the deferred material of ``duty`` has come as ``form``; at any window of the hall."""
    path = f"material.{duty.partition(':')[2]}"
    made_up = msgspec.structs.replace(entry, fields={**entry.fields, path: form.value})
    return perform(desk, OpKind.DEFERRAL_DONE, made_up, Act(text=note.strip(), trust=Trust(duty=duty)))


def check_true(desk: Desk, entry: Entry, duty: str, found: str) -> Changes:
    """核查属实: the promise holds; ``found`` says what was looked at."""
    return perform(
        desk, OpKind.CHECK, entry, Act(text=found.strip(), trust=Trust(duty=duty, finding=Finding.TRUE.value))
    )


def check_false(
    desk: Desk, entry: Entry, duty: str, found: str, consequence: Consequence, due: str = ""
) -> Changes:
    """核查不实, with what follows; 限期整改 needs ``due``, the day until which it may be put right."""
    trust = Trust(duty=duty, finding=Finding.FALSE.value, consequence=consequence.value, due=due.strip())
    return perform(desk, OpKind.CHECK, entry, Act(text=found.strip(), trust=trust))

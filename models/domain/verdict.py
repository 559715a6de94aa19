"""What every rule of the law takes and may answer; the handlers of :mod:`models.domain.apply` share it."""

from __future__ import annotations

import msgspec

from models.domain.catalog import Item
from models.domain.workdays import Calendar


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the law needs besides state and op: the item under the op's catalogue version."""

    item: Item
    calendar: Calendar


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why an op has no effect: a stable ``code`` and a sentence for the clerk."""

    code: str
    message: str

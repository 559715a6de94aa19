"""What every rule of the law takes and may answer; the handlers of :mod:`models.domain.apply` share it."""

from __future__ import annotations

import msgspec

from models.domain.case import STATUS_NAMES, CaseState, CaseStatus
from models.domain.catalog import Item
from models.domain.hours import DEFAULT_HOURS, Hours
from models.domain.ops import OP_NAMES, Op
from models.domain.workdays import Calendar


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the law needs besides state and op: the item under the op's catalogue version, the workday
    calendar, and by hall the opening hours (a hall not named has the default ones) and the 区划 (a hall
    not named is not judged)."""

    item: Item
    calendar: Calendar
    hours: dict[str, Hours] = {}
    divisions: dict[str, str] = {}

    def hours_of(self, hall: str) -> Hours:
        return self.hours.get(hall, DEFAULT_HOURS)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why an op has no effect: a stable ``code`` and a sentence for the clerk."""

    code: str
    message: str


def need_status(state: CaseState, op: Op, allowed: frozenset[CaseStatus]) -> Refusal | None:
    """None where the act may be done in the state's status."""
    if state.status in allowed:
        return None
    return Refusal(code="status", message=f"本办件{STATUS_NAMES[state.status]}，不能再{OP_NAMES[op.kind]}。")

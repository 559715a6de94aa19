"""The terms of a case: until when the office must speak, from which day a limit runs, what stops it and
what may be added.  Used by the law in ``apply`` and by the ledger that explains it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from models.domain.case import CaseState, CaseStatus, Prolonged, Stoppage
from models.domain.catalog import DayLimit, Domain, Item
from models.domain.deadlines import LAW_82, Deadline, Extension, correction_deadline, due_date
from models.domain.procedures import LAW_42, LAW_45, PERMIT, Decision, Procedure, procedure_name
from models.domain.stoppages import pauses_of
from models.domain.workdays import Calendar

LONGEST = 10_000  # workdays; a longer limit in a list is a mistake, not a limit
# 第四十四条: the decision is issued within ten days.
DELIVERY_WORKDAYS = 10
# 第四十二条: the ordinary limit may grow by 10, the one of 统一、联合、集中办理 (45) by 15.
EXTENSION, JOINT_LIMIT, JOINT_EXTENSION = 10, 45, 15


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two limits, counted.  ``workdays`` is without what was added."""

    name: str
    workdays: int
    deadline: Deadline


def is_permit(item: Item) -> bool:
    return item.power_type == PERMIT


def counting_basis(item: Item, limit: DayLimit) -> str:
    """Why the limit runs in workdays: 行政许可法 第八十二条 for a permit, else what the list names."""
    if is_permit(item):
        return LAW_82
    return f"按工作日计算；{limit.basis}" if limit.basis else "按工作日计算"


def extension_limit(item: Item) -> int:
    """The most workdays that may be added, once; 0: no rule allows any.

    What the list names on a basis of its own; else for a permit (行政许可法 第四十二条) ten, fifteen for the joint limit of 45; a limit shorter than that by a rule of its own is at most
    doubled (市场主体登记: 3, and 3 more).
    """
    if _listed(item):
        return min(item.extension.days or 0, LONGEST)
    if not is_permit(item):
        return 0
    if not item.legal.binding or item.legal.days is None:
        return EXTENSION
    return JOINT_EXTENSION if item.legal.days == JOINT_LIMIT else max(0, min(EXTENSION, item.legal.days))


def tell_by(state: CaseState, item: Item, calendar: Calendar) -> dt.date | None:
    """The last day to say what is missing, for a case received and not answered; else None.

    行政许可法 第三十二条第一款第（四）项: five days; 不动产登记暂行条例: on the spot.  After 补齐 it runs
    from the day everything was in, since that is when the complete set was received.
    """
    if state.status is not CaseStatus.RECEIVED or not since(state):
        return None
    return correction_deadline(since(state), calendar, on_the_spot=item.domain is Domain.REAL_ESTATE)


def is_deemed(state: CaseState, item: Item, calendar: Calendar, day: dt.date) -> bool:
    """Whether on ``day`` the case counts as accepted because the office kept silent too long."""
    last = tell_by(state, item, calendar)
    return last is not None and day > last


def accepted_from(state: CaseState, item: Item, calendar: Calendar, day: dt.date) -> str:
    """The day from which a case accepted on ``day`` counts as accepted, ISO 8601.

    Deemed acceptance reaches back to the receipt; after 补齐 the clock starts when the set was complete.
    """
    if is_deemed(state, item, calendar, day):
        return since(state)
    return state.complete_on or day.isoformat()


def stopped(state: CaseState) -> Stoppage | None:
    """The interval that still runs."""
    return next((one for one in state.stoppages if not one.end), None)


def limits_of(
    state: CaseState, item: Item, calendar: Calendar, start: dt.date, today: dt.date | None = None
) -> tuple[Limit, ...]:
    """The promised and the legal limit from ``start``, as far as the list settles them.

    ``today`` lets time count again that an open stop took beyond its cap.

    What was added counts for the legal limit; for the promised one only where there is no other.
    """
    pauses = pauses_of(state, item, calendar, start, today)
    added = [as_extension(one) for one in state.prolonged]
    found: list[Limit] = []
    for name, limit in (("承诺", item.promised), ("法定", item.legal)):
        if not limit.binding or limit.days is None or not 0 <= limit.days <= LONGEST:
            continue
        longer = added if name == "法定" or not item.legal.binding else ()
        deadline = due_date(
            start, limit.days, calendar, pauses, longer, counted_by=counting_basis(item, limit)
        )
        found.append(Limit(name=name, workdays=limit.days, deadline=deadline))
    return tuple(found)


def binding_limit(state: CaseState, limits: Sequence[Limit]) -> Limit | None:
    """The promised limit binds; once extended, the legal one does."""
    if not limits:
        return None
    return limits[-1] if state.prolonged else limits[0]


def since(state: CaseState) -> str:
    """The day on which all that the office now has was in."""
    return state.complete_on or state.received_on


def delivered_by(state: CaseState, item: Item, calendar: Calendar) -> dt.date | None:
    """行政许可法 第四十四条: a permit granted is issued and delivered within ten days."""
    if not state.decided_on or state.decision != Decision.GRANT or not is_permit(item):
        return None
    return due_date(dt.date.fromisoformat(state.decided_on), DELIVERY_WORKDAYS, calendar).due


def as_extension(one: Prolonged) -> Extension:
    return Extension(workdays=one.workdays, approved_by=one.approver, basis=one.basis)


def pause_basis(item: Item, procedure: Procedure, written: str) -> str:
    """What a stop of the clock rests on, "" where nothing allows it.

    第四十五条 covers its procedures for permits; elsewhere the list must name the procedure as one that
    does not count, or the basis is written down.  挂起 always needs a written one.
    """
    if written.strip():
        return written.strip()
    if procedure is Procedure.SUSPENSION:
        return ""
    if is_permit(item):
        return LAW_45
    name = procedure_name(procedure)
    listed = any(name in text for text in (*item.special_procedures, *item.not_counted))
    return "实施清单：不计入时限的环节" if listed else ""


def extension_basis(item: Item) -> str:
    """What an extension rests on, "" where nothing allows one."""
    if _listed(item):
        return item.extension.basis
    return LAW_42 if is_permit(item) else ""


def _listed(item: Item) -> bool:
    return item.extension.binding and bool(item.extension.days and item.extension.basis.strip())

"""补正期限: until when the applicant may bring what the one notice named.

No law sets how long it is.  The list may preset workdays for an item (the hall's own), the clerk fixes the day
when the notice is issued, and it is printed; where neither does, the paper keeps the hall's own wording.
"""

from __future__ import annotations

import datetime as dt

from models.domain.case import CaseState, CaseStatus
from models.domain.catalog import Item
from models.domain.deadlines import due_date
from models.domain.fields import parse_date
from models.domain.ops import Op, OpKind
from models.domain.verdict import Refusal
from models.domain.workdays import Calendar

# A field of the case, so that programs which do not know it keep it.
CORRECT_BY = "supplement.due"


def preset_day(item: Item, day: dt.date, calendar: Calendar) -> str:
    """The day that the list presets for a notice of ``day``, ISO 8601; "" where it presets none."""
    return due_date(day, item.correction_days, calendar).due.isoformat() if item.correction_days else ""


def correct_by(state: CaseState) -> dt.date | None:
    """The day as the notice told it; None for a notice without one."""
    text = state.value(CORRECT_BY)
    return _day(text) if text and state.supplemented_on else None


def lapsed_on(state: CaseState, today: dt.date) -> dt.date | None:
    """The last day of a correction that is over and not answered; None while it runs or when it was."""
    last = correct_by(state) if state.status is CaseStatus.SUPPLEMENT else None
    return last if last is not None and last < today else None


# What may lawfully follow: the day ends no application (行政许可法 says nothing of the kind), so a person decides.
LAPSED_CHOICES = (
    "补正期限过了，申请并不因此失效，不能自动退件；请按下面的一种办："
    "材料补来的照收，登记补齐，从补齐之日起受理、计时；"
    "申请人还要办的，可以催一次并记下，但不能再次告知补正；"
    "申请人不再办的，由申请人提出撤回；"
    "有审查要点不符合的，写明理由，不予受理。"
)


def correction_problem(op: Op) -> Refusal | None:
    """Why an op may not set the day: only the one notice does, and it leaves the applicant time."""
    change = op.changes.get(CORRECT_BY)
    if change is None:
        return None
    if op.kind != OpKind.SUPPLEMENT:
        return Refusal(code="correct_by", message="补正期限由一次性告知书写定，不能另行改动。没有改动。")
    day = _day(change.new)
    if day is None or day <= op.time.day:
        return Refusal(
            code="correct_by", message="补正期限须是告知日以后的一天，写成 2026-10-15 这样。没有告知。"
        )
    return None


def _day(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None

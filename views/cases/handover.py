"""A live case that another window had last: said with who and when, taken over only by an act of its own."""

from __future__ import annotations

import datetime as dt

from app.queries.cases import CasePage, HistoryLine
from models.domain.case import CaseStatus
from models.domain.ops import OP_NAMES

LIVE = frozenset({CaseStatus.OPEN, CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT})
TAKEN_OVER = "接过来办"


def holder(page: CasePage, device: str) -> HistoryLine | None:
    """The last act on a live case, when another machine did it; None where there is nothing to take over."""
    if page.state.status not in LIVE or not page.history:
        return None
    last = page.history[-1]
    return last if last.device and last.device != device else None


def told(line: HistoryLine) -> str:
    """Who has it and since when, in one sentence."""
    at = dt.datetime.fromtimestamp(line.at_ms / 1000).strftime("%m-%d %H:%M")
    what = OP_NAMES.get(line.kind, "办理")
    return f"{line.staff} 在其他窗口办着这一件（{at} {what}）。两边的内容都在。商量好了再按 Ctrl+Enter 接过来办。"


def note_of(line: HistoryLine) -> str:
    """What goes into the story of the case."""
    return f"{TAKEN_OVER}：原由 {line.staff} 在其他窗口办理"

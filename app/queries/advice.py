"""采纳建议 (Alt+G): the one thing that the board's own figures ask for, and where it is done.

Without a queue there is nothing to say about opening windows; what is late, stuck or running out is in the
replica, and that is said.  Advice only: whoever leads the hall decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from app.queries.board import BoardFacts

FEW_NUMBERS = 20  # as the status bar has it; a test compares them


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """``act`` names the button; ``place`` is where it leads: a page, or ``case`` with its id."""

    text: str
    act: str
    place: str
    case_id: str = ""


def advise(facts: BoardFacts) -> Advice | None:
    """The most pressing, None when nothing is: what the law counts first, then what stops the work."""
    late = [one for one in facts.due if one.tone == "red"]
    if late:
        return Advice(
            text=f"建议先办今天到期和已超期的 {len(late)} 件，最急的是“{late[0].item_name}”（{late[0].text}）",
            act="打开最急的一件",
            place="case",
            case_id=late[0].case_id,
        )
    if facts.attention:
        return Advice(
            text=f"建议先处理有冲突或者被中心退回的 {facts.attention} 件，处理好以前这些办件只能看",
            act="去同步处理",
            place="sync",
        )
    if facts.numbers_left < FEW_NUMBERS:
        return Advice(
            text=f"建议补号：本窗受理编号剩 {facts.numbers_left} 个，今天已用 {facts.numbers_used} 个；用完只能收件",
            act="去同步补号",
            place="sync",
        )
    if facts.due:
        return Advice(
            text=f"建议今天安排明天到期的 {len(facts.due)} 件，最近的是“{facts.due[0].item_name}”（{facts.due[0].text}）",
            act="打开最近的一件",
            place="case",
            case_id=facts.due[0].case_id,
        )
    return None

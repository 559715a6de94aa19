"""What the case itself says about a reason that a visitor chose: facts for the supervisor, no judgement.

Only reasons that a record can speak about have any (domain facts §2.8); where nothing was recorded, that is
said.  A rating is never changed by them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import msgspec

from models.domain.case import CaseState, Notice
from models.domain.catalog import Item
from models.domain.checklist import needed_materials
from models.domain.ledger import case_clock
from models.domain.ops import OpKind
from models.domain.rating_counts import visits_of
from models.domain.visit import Rating
from models.domain.workdays import Calendar, day_cn


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """``reason`` is the code, ``text`` what the record says, with its numbers."""

    reason: str
    text: str


def reason_facts(
    state: CaseState, item: Item | None, rating: Rating, calendar: Calendar, today: dt.date
) -> tuple[Fact, ...]:
    """A line or more for each chosen reason that the record speaks about; () where it speaks about none."""
    found: list[Fact] = []
    for code in rating.reasons:
        look = _LOOKS.get(code)
        if look is None:
            continue
        lines = (
            ["本机没有这件办件的目录版本，核对不了。"] if item is None else look(state, item, calendar, today)
        )
        found += [Fact(reason=code, text=text) for text in lines]
    return tuple(found)


def _limit(state: CaseState, item: Item, calendar: Calendar, today: dt.date) -> list[str]:
    """209, 110: the last day and the day it was done."""
    clock = case_clock(state, item, calendar, today)
    accepted = _notice(state, OpKind.ACCEPT)
    printed = (
        [
            f"受理通知书写的{name}办结期限：{day_cn(dt.date.fromisoformat(day))}"
            for name, day in (("承诺", accepted.due_promised), ("法定", accepted.due_legal))
            if day
        ]
        if accepted is not None
        else []
    )
    if not state.accepted_on:
        return ["这件还没有受理，没有办结期限。"]
    if clock is None or clock.due is None:
        return [*printed, "清单没有定下办结时限，没有期限可以核对。"]
    lines = [*printed, f"现在的办结期限：{day_cn(clock.due)}（受理 {state.accepted_on}）"]
    lines += [f"不计入时限：{one.start} 至 {one.end or '今天'}（{one.reason}）" for one in state.stoppages]
    lines += [f"延期 {one.workdays} 个工作日，{one.day}，批准人{one.approver}" for one in state.prolonged]
    done = dt.date.fromisoformat(state.decided_on or state.closed_on) if state.closed_on else None
    end, word = (done, "办结") if done is not None else (today, "到今天还没有办结")
    late = calendar.between(clock.due, end)
    told = f"超过期限 {late} 个工作日" if late > 0 else "没有超过期限"
    return [*lines, f"{day_cn(end)} {word}，{told}"]


def _listed(state: CaseState, item: Item, calendar: Calendar, today: dt.date) -> list[str]:
    """210, 109: what the list names, what was taken in, what was asked for again."""
    needed = needed_materials(item, state.answers)
    names = {material.id: material.name for material in item.materials}
    taken = [names[key] for key in names if state.value(f"material.{key}")]
    lines = [f"实施清单在本情形列 {len(needed)} 份材料；办件收取和登记 {len(taken)} 份"]
    told = _notice(state, OpKind.SUPPLEMENT)
    if told is not None:
        outside = [one.name for one in told.missing if one.material not in names]
        lines.append(f"{told.day} 一次性告知 {len(told.missing)} 份，清单以外 {len(outside)} 份")
    else:
        lines.append("没有出过一次性告知书")
    again = [names[key] for key in names if state.value(f"material.{key}.from")]
    if again:
        lines.append(f"沿用以前收过的 {len(again)} 份，没有再要")
    return lines


def _visits(state: CaseState, item: Item, calendar: Calendar, today: dt.date) -> list[str]:
    """114: how often somebody came, and how often the list says."""
    days = [visit.day for visit in visits_of(state)]
    said = f"实施清单写到现场 {item.visits} 次" if item.visits is not None else "实施清单没有写到现场次数"
    return [f"窗口留痕到场 {len(days)} 次（{'、'.join(days)}）；{said}"]


def _queue(state: CaseState, item: Item, calendar: Calendar, today: dt.date) -> list[str]:
    return ["没有接叫号系统，没有取号记录可以核对。"]


def _notice(state: CaseState, kind: str) -> Notice | None:
    return next((one for one in reversed(state.notices) if one.kind == kind), None)


_Look = Callable[[CaseState, Item, Calendar, dt.date], list[str]]
_LOOKS: Mapping[str, _Look] = {
    "209": _limit,
    "110": _limit,
    "309": _limit,
    "210": _listed,
    "109": _listed,
    "311": _listed,
    "114": _visits,
    "313": _visits,
    "113": _visits,
    "212": _queue,
}

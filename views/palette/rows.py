"""What the palette lists, without widgets: groups, their rows, and the keys that each row takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from app.queries.cases import CaseRow
from app.queries.items import ItemHit
from app.queries.people import PersonRow
from models.domain.case import STATUS_NAMES
from models.domain.catalog import DOMAIN_NAMES, ITEM_KIND_NAMES, Bundle
from models.domain.numbers import group_number
from models.domain.search import initials
from views.widgets import Cell

SCOPES = ("全部", "办理项", "一件事", "办件", "申请人", "动作")
Row = tuple[str, tuple[Cell, ...]]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something the program does, with its key; ``run`` is called after the palette has closed."""

    name: str
    key: str
    run: Callable[[], object]


def plain(typed: str) -> str:
    """What an input method shows while composing, as a search: no apostrophes and no spaces between."""
    return "".join(ch for ch in typed if ch not in "'’‘ ʼ")


def begins(name: str, typed: str) -> bool:
    return len(typed) > 1 and (name.startswith(typed) or initials(name).startswith(typed))


def find_actions(actions: Sequence[Action], typed: str) -> list[Action]:
    """By a word or the beginning of its initials; none for an empty query."""
    wanted = typed.strip().lower()
    if not wanted:
        return []
    return [a for a in actions if wanted in a.name.lower() or initials(a.name).startswith(wanted)]


def item_row(key: str, hit: ItemHit, *, pinned: bool) -> Row:
    item = hit.item
    sub = f"{DOMAIN_NAMES[item.domain]} · {ITEM_KIND_NAMES[item.kind]} · 材料 {len(item.materials)}"
    where = Cell("须到别处", hit.elsewhere, tag="amber") if hit.elsewhere else Cell("本窗可受理", tag="green")
    if hit.elsewhere:
        sub = hit.elsewhere
    return key, (
        Cell(item.name, sub, spans=hit.spans),
        Cell("常用" if pinned else "办理项", item.id, token="text3"),
        where,
    )


def bundle_row(bundle: Bundle) -> Row:
    online = bundle.status == "online"
    sub = (
        f"一次受理 {len(bundle.members)} 项 · {len(bundle.questions)} 问" if online else "梳理中，成员待录入"
    )
    state = Cell("已上线", tag="green") if online else Cell("梳理中", tag="neutral")
    return f"b:{bundle.id}", (Cell(bundle.name, sub), Cell("一件事", token="text3"), state)


def case_row(row: CaseRow) -> Row:
    mark = group_number(row.number) if row.number else row.receipt or "未编号"
    state = (
        Cell("有冲突", tag="red") if row.sync == "attention" else Cell(STATUS_NAMES[row.status], tag="blue")
    )
    return f"c:{row.case_id}", (
        Cell(f"{row.applicant}　{row.item_name}", mark),
        Cell("办件", token="text3"),
        state,
    )


def person_row(row: PersonRow) -> Row:
    tail = f"证件尾号 {row.tail}" if row.tail else "证件未填"
    return f"p:{row.case_id}", (
        Cell(row.name, f"{tail} · {row.cases} 件 · 最近 {row.latest}"),
        Cell("申请人", token="text3"),
        Cell("看办件", tag="neutral"),
    )


def action_row(place: int, action: Action) -> Row:
    return f"a:{place}", (
        Cell(action.name),
        Cell("动作", token="text3"),
        Cell(action.key or "—", tag="neutral"),
    )

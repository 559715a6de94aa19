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


def marked(text: str, typed: str) -> tuple[tuple[int, int], ...]:
    """Where what was typed stands in ``text``, as words or as initials."""
    wanted = typed.strip().lower()
    if not wanted:
        return ()
    for spoken in (text.lower(), initials(text)):
        if len(spoken) == len(text) and (at := spoken.find(wanted)) >= 0:
            return ((at, at + len(wanted)),)
    return ()


def group_head(name: str, count: int, note: str = "") -> Row:
    return f"h:{name}", (Cell(f"{name} {count}", note, head=True), Cell(""), Cell(""))


def item_row(key: str, hit: ItemHit, *, pinned: bool, read_only: bool = False) -> Row:
    item = hit.item
    asked = f" · 情形 {len(item.questions)} 问" if item.questions else ""
    sub = f"{DOMAIN_NAMES[item.domain]} · {ITEM_KIND_NAMES[item.kind]} · 材料 {len(item.materials)}{asked}"
    where = Cell("! 须到别处", tag="amber") if hit.elsewhere else Cell("本窗可受理", tag="green")
    if hit.elsewhere:
        sub = hit.elsewhere
    elif read_only:
        where = Cell("只看指南", tag="neutral")
    return key, (
        Cell(item.name, sub, spans=hit.spans, icon="doc"),
        Cell("常用", tag="blue") if pinned else Cell(item.id, token="text3"),
        where,
    )


def bundle_row(bundle: Bundle, typed: str = "") -> Row:
    online = bundle.status == "online"
    sub = (
        f"一次受理 {len(bundle.members)} 项 · {len(bundle.questions)} 问" if online else "梳理中，成员待录入"
    )
    state = Cell("已上线", tag="green") if online else Cell("梳理中", tag="neutral")
    name = Cell(bundle.name, sub, spans=marked(bundle.name, typed), icon="fork")
    return f"b:{bundle.id}", (name, Cell("一件事", token="text3"), state)


def case_row(row: CaseRow, typed: str = "") -> Row:
    mark = group_number(row.number) if row.number else row.receipt or "未编号"
    state = (
        Cell("! 有冲突", tag="red") if row.sync == "attention" else Cell(STATUS_NAMES[row.status], tag="blue")
    )
    name = f"{row.applicant}　{row.item_name}"
    return f"c:{row.case_id}", (
        Cell(name, mark, spans=marked(name, typed), icon="folder"),
        Cell("办件", token="text3"),
        state,
    )


def person_row(row: PersonRow, typed: str = "") -> Row:
    tail = f"证件尾号 {row.tail}" if row.tail else "证件未填"
    sub = f"{tail} · {row.cases} 件 · 最近 {row.latest}"
    return f"p:{row.case_id}", (
        Cell(row.name, sub, spans=marked(row.name, typed), icon="person"),
        Cell("申请人", token="text3"),
        Cell("看办件", tag="neutral"),
    )


def action_row(place: int, action: Action, typed: str = "") -> Row:
    return f"a:{place}", (
        Cell(action.name, spans=marked(action.name, typed), icon="arrow"),
        Cell("动作", token="text3"),
        Cell(action.key or "—", tag="neutral"),
    )

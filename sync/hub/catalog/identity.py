"""Which id an item gets: stable over imports, and independent of the order of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from models.domain.catalog import Item
from sync.hub.catalog.departments import local_id
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import Row

# Longer ids are no keys for the hub's database.
LONGEST_ID = 120


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An item without its id.  ``given`` is the list's 办理项标识, which may be blank."""

    item: Item
    row: Row
    given: str
    department: str  # name

    def named(self, item_id: str) -> Item:
        return msgspec.structs.replace(self.item, id=item_id)


def assign_ids(drafts: Iterable[Draft], report: Report) -> list[tuple[Item, Row]]:
    """Give every draft an id; leave out exact repetitions and rows that contradict their own id.

    Rows that share a 事项编码 all get an id with a suffix made of their names, so that it is not the
    order of rows that decides which of them keeps the plain code.
    """
    given: dict[str, Draft] = {}
    derived: dict[str, dict[bytes, Draft]] = defaultdict(dict)
    for draft in drafts:
        if draft.given:
            _keep_given(draft, given, report)
        else:
            _keep_derived(draft, derived[_base(draft)], report)
    placed = [(draft, item_id) for item_id, draft in given.items()]
    used = set(given)
    for base, group in derived.items():
        for draft, item_id in _apart(base, list(group.values()), used, report):
            used.add(item_id)
            placed.append((draft, item_id))
    codes: dict[str, Row] = {}
    for draft in given.values():
        if code := draft.item.national_code:
            first = codes.setdefault(code, draft.row)
            if first is not draft.row:
                report.add(draft.row, "事项编码", f"编码与第 {first.number} 行相同，请核对", WARNING)
    placed.sort(key=lambda one: (one[0].row.file, one[0].row.number))
    return [(draft.named(item_id), draft.row) for draft, item_id in placed]


def _keep_given(draft: Draft, given: dict[str, Draft], report: Report) -> None:
    first = given.setdefault(draft.given, draft)
    if first is draft:
        return
    where = _where(first.row, draft.row)
    if first.item == draft.item:
        report.add(draft.row, "办理项标识", f"与{where}完全相同，只读入一次", WARNING)
    else:
        report.add(draft.row, "办理项标识", f"标识与{where}重复而内容不同，这一行没有读入", ERROR)


def _keep_derived(draft: Draft, group: dict[bytes, Draft], report: Report) -> None:
    first = group.setdefault(msgspec.json.encode(draft.item), draft)
    if first is not draft:
        report.add(draft.row, "办理项名称", f"与{_where(first.row, draft.row)}完全相同，只读入一次", WARNING)


def _base(draft: Draft) -> str:
    code = draft.item.national_code
    if code and len(code) <= LONGEST_ID:
        return code
    return local_id(code) if code else local_id(draft.department, draft.item.parent, draft.item.name)


def _apart(base: str, group: list[Draft], used: set[str], report: Report) -> Iterable[tuple[Draft, str]]:
    if len(group) == 1 and base not in used:
        yield group[0], base
        return
    names = defaultdict(list)
    for draft in group:
        names[f"{base}~{local_id(draft.department, draft.item.parent, draft.item.name)}"].append(draft)
    for candidate, same in names.items():
        for draft in same:
            item_id = candidate
            if len(same) > 1 or candidate in used:
                item_id = f"{base}~{local_id(msgspec.json.encode(draft.item).decode())}"
            other = next((d for d in group if d is not draft), None)
            where = _where(other.row, draft.row) if other is not None else "另一个办理项标识"
            what = "编码" if draft.item.national_code else "部门、主项和名称"
            column = "事项编码" if draft.item.national_code else "办理项名称"
            report.add(draft.row, column, f"{what}与{where}重复而内容不同，都已读入，另给了本地标识", WARNING)
            yield draft, item_id


def _where(first: Row, here: Row) -> str:
    return f"第 {first.number} 行" if first.file == here.file else f"“{first.file}”第 {first.number} 行"

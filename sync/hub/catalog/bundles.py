"""一件事, 一件事情形 and 一件事成员 rows → bundles.  A bundle with one bad row is not read at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

import msgspec

from models.domain.catalog import Bundle, BundleMember, Question
from models.domain.circles import circles
from sync.hub.catalog.conditions import COLUMN, check_condition, parse_condition
from sync.hub.catalog.process import read_former
from sync.hub.catalog.questions import in_order, read_question
from sync.hub.catalog.report import ERROR, WARNING, Report, place
from sync.hub.catalog.rows import BadCell, Row
from sync.hub.catalog.splitting import ANY_MARKS
from sync.hub.catalog.vocabulary import STATUSES, chosen, yes

T = TypeVar("T", Question, BundleMember)
_KEY = "一件事标识"


def read_bundles(
    tables: Mapping[str, list[Row]], references: Mapping[str, str], report: Report
) -> tuple[tuple[Bundle, ...], dict[str, Row]]:
    """The bundles, and the row of each.  ``references`` maps what a row may write for an item to the item's id."""
    heads = _heads(tables.get("一件事", ()), report)
    unread = report.errors()
    bad = {
        row.code(_KEY)
        for table in ("一件事", "一件事情形", "一件事成员")
        for row in tables.get(table, ())
        if place(row) in unread
    }
    questions = _parts(tables.get("一件事情形", ()), heads, read_question, lambda q: q.id, bad, report)
    members = _parts(
        tables.get("一件事成员", ()), heads, lambda row, told: _member(row, references, told),
        lambda m: m.item, bad, report,
    )  # fmt: skip
    made = []
    for key, (bundle, row) in heads.items():
        known: dict[str, frozenset[str]] = {}
        asked = questions.get(key, [])
        ordered = in_order(asked, known, report, "这个一件事")
        if len(ordered) < len(asked) or not _sound(members.get(key, []), known, report):
            bad.add(key)
        if key in bad:
            report.add(row, _KEY, f"“{key[:60]}”有不能用的行，整个一件事没有读入，请改好后再导入", ERROR)
            continue
        whole = tuple(member for member, _ in members.get(key, []))
        made.append(msgspec.structs.replace(bundle, questions=ordered, members=whole))
    return tuple(made), {key: row for key, (_, row) in heads.items()}


def _heads(rows: Iterable[Row], report: Report) -> dict[str, tuple[Bundle, Row]]:
    found: dict[str, tuple[Bundle, Row]] = {}
    for row in rows:
        try:
            made = Bundle(
                id=row.need_code(_KEY),
                name=row.need("名称"),
                status=chosen(row, "状态", STATUSES, "preparing", "preparing", report),
                former=read_former(row, report),
                source=row.get("来源"),
                note=row.get("备注"),
            )
            first, where = found.setdefault(made.id, (made, row))
            if first != made:
                raise BadCell(_KEY, f"“{made.id[:60]}”与第 {where.number} 行重复而内容不同，这一行没有读入")
            if where is not row:
                report.add(row, _KEY, f"与第 {where.number} 行完全相同，只读入一次", WARNING)
        except BadCell as bad:
            report.add(row, bad.column, bad.reason, ERROR)
    return found


def _parts(
    rows: Iterable[Row],
    heads: Collection[str],
    make: Callable[[Row, Report], T],
    key: Callable[[T], str],
    bad: set[str],
    report: Report,
) -> dict[str, list[tuple[T, Row]]]:
    found: dict[str, dict[str, tuple[T, Row]]] = {}
    for row in rows:
        bundle = row.code(_KEY)
        try:
            if row.need_code(_KEY) not in heads:
                raise BadCell(_KEY, f"没有读到一件事“{bundle[:60]}”，这一行没有读入")
            made = make(row, report)
            first, where = found.setdefault(bundle, {}).setdefault(key(made), (made, row))
            if first != made:
                raise BadCell(_KEY, f"“{key(made)[:60]}”与第 {where.number} 行重复而内容不同，这一行没有读入")
            if where is not row:
                report.add(row, _KEY, f"与第 {where.number} 行完全相同，只读入一次", WARNING)
        except BadCell as cell:
            report.add(row, cell.column, cell.reason, ERROR)
            bad.add(bundle)
    return {bundle: list(parts.values()) for bundle, parts in found.items()}


def _member(row: Row, references: Mapping[str, str], report: Report) -> BundleMember:
    def item(text: str, column: str) -> str:
        if text not in references:
            raise BadCell(column, f"没有办理项“{text[:60]}”，这一行没有读入")
        return references[text]

    return BundleMember(
        item=item(row.need_code("办理项标识"), "办理项标识"),
        when=parse_condition(row.get(COLUMN)),
        after=tuple(dict.fromkeys(item(one, "前置") for one in row.parts("前置", ANY_MARKS))),
        joint_visit=yes(row, "一并勘验", report),
        settled=parse_condition(row.get("预设情形")),
    )


def _sound(
    members: list[tuple[BundleMember, Row]], known: Mapping[str, Collection[str]], report: Report
) -> bool:
    """Conditions name questions of the bundle; prerequisites are members and form no circle."""
    rows = {member.item: row for member, row in members}
    sound = True

    def tell(row: Row, column: str, reason: str) -> None:
        nonlocal sound
        sound = False
        report.add(row, column, reason, ERROR)

    for member, row in members:
        try:
            check_condition(member.when, known, "这个一件事")
        except BadCell as bad:
            tell(row, bad.column, bad.reason)
        for wanted in member.after:
            if wanted not in rows:
                tell(row, "前置", f"前置“{wanted[:60]}”不是这个一件事的成员，这一行没有读入")
    for circle in circles({m.item: m.after for m, _ in members}):
        path = " → ".join((*circle, circle[0]))
        for item in circle:
            tell(rows[item], "前置", f"前置互相等待：{path}，这一行没有读入")
    return sound

"""Nothing is half imported: an item stands with all its rows or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from models.domain.catalog import Item
from sync.hub.catalog.report import ERROR, Report, place
from sync.hub.catalog.rows import Row

_KEY = "办理项标识"
# Everything that says what an item asks for and how it is handled.
_PARTS = ("情形", "字段", "材料", "要点", "环节", "收费", "常见问题")


def keep_whole(
    items: Iterable[Item],
    tables: Mapping[str, Sequence[Row]],
    references: Mapping[str, str],
    item_rows: Mapping[str, Row],
    report: Report,
) -> list[Item]:
    """The items of which every row could be used; the others are told at their own row.

    An item without one of its materials would let a window accept what is incomplete, and an item
    in force stays as it is when its successor is not loaded.
    """
    wrong = report.errors()
    spoilt: dict[str, list[Row]] = {}
    for table in _PARTS:
        for row in tables.get(table, ()):
            if place(row) in wrong and (item := references.get(row.code(_KEY))) is not None:
                spoilt.setdefault(item, []).append(row)
    kept = []
    for one in items:
        if one.id not in spoilt:
            kept.append(one)
            continue
        rows = spoilt[one.id]
        told = "、".join(str(place(row)) for row in rows[:5])
        more = f"等 {len(rows)} 行" if len(rows) > 5 else ""
        reason = f"{told}{more}没有读入，所以这个办理项整个没有读入，请改好后再导入"
        report.add(item_rows[one.id], "办理项名称", reason, ERROR)
    return kept

"""证明事项清单 rows, and the items that ask for an abolished proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from models.domain.catalog import Item, ProofRule
from models.domain.proof_list import ProofList
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import BadCell, Row


def read_proofs(rows: Iterable[Row], in_force: Iterable[ProofRule], report: Report) -> tuple[ProofRule, ...]:
    """The list in its order; two lines for one proof that differ are both told, the first counts.

    A line that brings back what the list ``in_force`` has abolished is read and told.
    """
    before = ProofList(in_force)
    found: dict[str, tuple[ProofRule, Row]] = {}
    for row in rows:
        try:
            made = _proof(row)
            first, where = found.setdefault(made.name, (made, row))
            if first != made:
                raise BadCell("证明名称", f"与第 {where.number} 行重复而内容不同，这一行没有读入")
            if made.allowed and before.abolished(made.name) is not None:
                report.add(
                    row, "是否保留", "现行清单里这项证明已经取消，这一行把它恢复了，请核对依据", WARNING
                )
            if where is not row:
                report.add(row, "证明名称", f"与第 {where.number} 行完全相同，只读入一次", WARNING)
        except BadCell as bad:
            report.add(row, bad.column, bad.reason, ERROR)
    return tuple(made for made, _ in found.values())


def _proof(row: Row) -> ProofRule:
    name, kept = row.need("证明名称"), row.flag("是否保留")
    if kept is None or not row.get("是否保留"):
        raise BadCell("是否保留", "不是“是”（保留）或者“否”（已取消），这一行没有读入")
    return ProofRule(name=name, allowed=kept, basis=row.get("依据"), instead=row.get("替代方式"))


def refuse_abolished(
    items: Sequence[Item],
    proofs: Iterable[ProofRule],
    item_rows: Mapping[str, Row],
    material_rows: Mapping[tuple[str, str], Row],
    report: Report,
) -> tuple[Item, ...]:
    """The items that ask for no abolished proof; the others are told at their own row and the material's."""
    known = ProofList(proofs)
    kept = []
    for item in items:
        asked = [(m, rule) for m in item.materials if (rule := known.abolished(m.name)) is not None]
        for material, rule in asked:
            instead = f"，改为{rule.instead}" if rule.instead else ""
            report.add(
                material_rows[item.id, material.id],
                "材料名称",
                f"“{material.name[:40]}”是已经取消的证明事项（{rule.name[:40]}）{instead}，这个办理项没有读入",
                ERROR,
            )
        if asked:
            names = "、".join(dict.fromkeys(rule.name for _, rule in asked))
            reason = f"要求提交已经取消的证明（{names[:80]}），这一行没有读入，请删去后再导入"
            report.add(item_rows[item.id], "办理项名称", reason, ERROR)
        else:
            kept.append(item)
    return tuple(kept)

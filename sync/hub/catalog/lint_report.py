"""清单质检 as the ``hub catalog lint`` command shows it: of the catalogue in force, or of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.domain.catalog import Catalog
from models.domain.lint import ERROR, Finding, lint
from sync.hub.catalog.assemble import ImportResult, read_catalog
from sync.hub.catalog.merge import merge_items
from sync.hub.catalog.report import Place

LONGEST_LIST = 200
_SEVERITY = {"error": "错误", "warning": "提醒"}


def lint_file(
    path: Path, column_map: Path | None, current: Catalog
) -> tuple[tuple[Finding, ...], ImportResult]:
    """Findings about the items and bundles of a list, as they would stand on top of ``current``."""
    result = read_catalog(path, column_map, current)
    mine = {item.id for item in result.items} | {bundle.id for bundle in result.bundles}
    found = lint(merge_items(current, result, ""))
    return tuple(one for one in found if one.item in mine or not one.item), result


def lint_answer(
    findings: Sequence[Finding], items: int, where: Mapping[tuple[str, str], Place]
) -> dict[str, Any]:
    """For ``--json``; a finding about a file also has its table, file and row (as Excel shows it)."""
    count = Counter(one.severity for one in findings)
    rules = Counter(one.rule for one in findings)
    return {
        "items": items,
        "errors": count["error"],
        "warnings": count["warning"],
        "rules": dict(sorted(rules.items())),
        "findings": [
            {
                "rule": one.rule, "severity": one.severity, "item": one.item, "name": one.name,
                "material": one.material, "sentence": one.sentence,
            }
            | (
                {"table": place.table, "file": place.file, "row": place.row}
                if (place := _place(one, where)) is not None
                else {}
            )
            for one in findings
        ],
    }  # fmt: skip


def lint_text(findings: Sequence[Finding], items: int, where: Mapping[tuple[str, str], Place]) -> str:
    """Errors first; a very long list is cut with a count of what is left."""
    errors = sum(one.severity == ERROR for one in findings)
    lines = [f"已检查办理项 {items} 个：错误 {errors} 处，提醒 {len(findings) - errors} 处。"]
    told = sorted(findings, key=lambda one: one.severity != ERROR)
    for one in told[:LONGEST_LIST]:
        place = _place(one, where)
        row = f"{place} · " if place is not None else ""
        name = f"{one.name}（{one.item}）" if one.item else "整个目录"
        lines.append(f"  {_SEVERITY[one.severity]} · {row}{name}：{one.sentence} [{one.rule}]")
    if len(told) > LONGEST_LIST:
        lines.append(f"  还有 {len(told) - LONGEST_LIST} 处没有列出，请用 --json 取全部。")
    return "\n".join(lines)


def _place(finding: Finding, where: Mapping[tuple[str, str], Place]) -> Place | None:
    return where.get((finding.item, finding.material)) or where.get((finding.item, ""))

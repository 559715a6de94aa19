"""规则文件 rows: the documents that set a rule, each in force from a day to the day before another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from models.domain.catalog import RuleDocument
from models.domain.rule_documents import RULE_NAMES, Rule
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import BadCell, Row

Rows = list[dict[str, str]]


def read_rules(rows: Iterable[Row], report: Report) -> tuple[RuleDocument, ...]:
    """In the order of the rows; two documents of one rule in force on one day are told and the later row left out."""
    found: list[tuple[RuleDocument, Row]] = []
    for row in rows:
        try:
            made = RuleDocument(
                id=row.need_code("规则标识"),
                title=row.need("文件名称"),
                number=row.get("文号"),
                effective_from=_day(row, "施行日期"),
                effective_to=_day(row, "废止日期"),
            )
            if made.effective_to and made.effective_to <= made.effective_from:
                raise BadCell("废止日期", "废止日期不晚于施行日期，这一行没有读入")
            if same := next((where for one, where in found if one == made), None):
                report.add(row, "规则标识", f"与第 {same.number} 行完全相同，只读入一次", WARNING)
                continue
            if clash := next((where for one, where in found if one.id == made.id and _meet(one, made)), None):
                reason = f"与第 {clash.number} 行在同一天都有效，这一行没有读入，请写明废止日期"
                raise BadCell("施行日期", reason)
            if made.id not in set(Rule):
                known = "、".join(f"{rule.value}（{name}）" for rule, name in RULE_NAMES.items())
                report.add(
                    row, "规则标识", f"程序没有用到规则“{made.id}”，只存不显示；用到的有：{known}", WARNING
                )
            found.append((made, row))
        except BadCell as bad:
            report.add(row, bad.column, bad.reason, ERROR)
    return tuple(made for made, _ in found)


def rule_rows(rules: Iterable[RuleDocument]) -> Rows:
    """Inverse of :func:`read_rules`."""
    return [
        {
            "规则标识": one.id, "文件名称": one.title, "文号": one.number, "施行日期": one.effective_from,
            "废止日期": one.effective_to,
        }
        for one in rules
    ]  # fmt: skip


def _day(row: Row, column: str) -> str:
    text = row.code(column).replace("/", "-").replace(".", "-")
    if not text:
        return ""
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return dt.date(year, month, day).isoformat()
    except ValueError:
        raise BadCell(column, f"“{text[:20]}”不是日期（如 2026-01-01），这一行没有读入") from None


def _meet(one: RuleDocument, other: RuleDocument) -> bool:
    """Whether both are in force on some day."""
    starts_before_end = not one.effective_to or other.effective_from < one.effective_to
    return starts_before_end and (not other.effective_to or one.effective_from < other.effective_to)

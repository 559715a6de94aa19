"""环节, 收费 and 常见问题 rows of an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from models.domain.catalog import Answer, Fee, Stage
from sync.hub.catalog.limits import LONGEST
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import BadCell, Row
from sync.hub.catalog.vocabulary import count, yes

T = TypeVar("T", Fee, Answer)


def read_lines(
    rows: Iterable[Row], references: Mapping[str, str], make: Callable[[Row, Report], T], report: Report
) -> dict[str, tuple[T, ...]]:
    """Lines without an id of their own, by item id; an exact repetition is read once."""
    found: dict[str, dict[T, Row]] = {}
    for row in rows:
        try:
            wanted = row.need_code("办理项标识")
            if wanted not in references:
                raise BadCell("办理项标识", f"没有读到办理项“{wanted[:60]}”，这一行没有读入")
            made = make(row, report)
            first = found.setdefault(references[wanted], {}).setdefault(made, row)
            if first is not row:
                report.add(row, "办理项标识", f"与第 {first.number} 行完全相同，只读入一次", WARNING)
        except BadCell as bad:
            report.add(row, bad.column, bad.reason, ERROR)
    return {item: tuple(lines) for item, lines in found.items()}


def read_stage(row: Row, report: Report) -> Stage:
    return Stage(
        id=row.need_code("环节标识"),
        name=row.need("环节名称"),
        workdays=count(row, "工作日", LONGEST, report),
        role=row.get("岗位"),
        counted=yes(row, "计入时限", report, unclear=True) if row.get("计入时限") else True,
        note=row.get("说明"),
    )


def read_fee(row: Row, report: Report) -> Fee:
    return Fee(
        name=row.need("收费项目"),
        standard=row.need("收费标准"),
        basis=row.get("依据"),
        relief=row.get("减免"),
        online=yes(row, "网上缴费", report),
    )


def read_answer(row: Row, report: Report) -> Answer:
    return Answer(question=row.need("问题"), answer=row.need("解答"))

"""The tables that belong to an item: questions, fields, materials, review points, 环节 and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from models.domain.catalog import (
    REUSE_DAYS,
    Field,
    FieldType,
    Item,
    Material,
    Need,
    Question,
    ReviewPoint,
    Stage,
)
from models.domain.conditions import problems
from sync.hub.catalog.conditions import COLUMN, check_condition, parse_condition
from sync.hub.catalog.procedure import read_answer, read_fee, read_lines, read_stage
from sync.hub.catalog.questions import in_order, read_question
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import BadCell, Row
from sync.hub.catalog.splitting import CHOICE_MARKS, LIST_MARKS
from sync.hub.catalog.vocabulary import (
    FIELD_TYPES,
    FORMS,
    MATERIAL_KINDS,
    NEEDS,
    ORIGINALS,
    SOURCES,
    chosen,
    whole,
    yes,
)

T = TypeVar("T", Question, Field, Material, ReviewPoint, Stage)
W = TypeVar("W", Field, Material, ReviewPoint)

LONGEST_TEXT = {FieldType.MULTILINE: 1000}
LONGEST_FIELD = 10_000
MOST_COPIES = 99
MOST_PAGES = 9999
MOST_REUSE_DAYS = 3650


class Details:
    """Detail rows by item id; a row that cannot be used is reported (``keep_whole`` sees to its item).

    ``references`` maps what a row may write in 办理项标识 to the item's id.
    """

    def __init__(
        self, tables: Mapping[str, list[Row]], references: Mapping[str, str], report: Report
    ) -> None:
        self._references = references
        self._report = report
        self._options: dict[str, dict[str, frozenset[str]]] = {}
        self._asked = asked = self._read(tables.get("情形", ()), read_question)
        self._questions = {
            item: in_order(rows, self._options.setdefault(item, {}), report) for item, rows in asked.items()
        }
        self._fields = self._kept(self._read(tables.get("字段", ()), _field))
        self._materials = self._kept(self._read(tables.get("材料", ()), _material))
        self._points = self._kept(self._read(tables.get("要点", ()), _point))
        self._stages = self._read(tables.get("环节", ()), read_stage)
        self._fees = read_lines(tables.get("收费", ()), references, read_fee, report)
        self._answers = read_lines(tables.get("常见问题", ()), references, read_answer, report)

    def complete(self, item: Item) -> Item:
        """The item with everything the tables say about it."""
        materials = tuple(
            self._lawful(material, row) if item.red_line else material
            for material, row in self._materials.get(item.id, ())
        )
        known = {material.id for material in materials} | {""}
        return msgspec.structs.replace(
            item,
            questions=self._questions.get(item.id, ()),
            fields=tuple(field for field, _ in self._fields.get(item.id, ())),
            materials=materials,
            points=tuple(self._bound(point, row, known) for point, row in self._points.get(item.id, ())),
            stages=tuple(stage for stage, _ in self._stages.get(item.id, ())),
            fees=self._fees.get(item.id, ()),
            answers=self._answers.get(item.id, ()),
        )

    def tell_dead(self, item: Item) -> None:
        """Report the situations of a complete item that can never be; their rows are loaded."""
        tables: Mapping[str, Iterable[tuple[Question | Field | Material | ReviewPoint, Row]]] = {
            "question": self._asked.get(item.id, ()),
            "field": self._fields.get(item.id, ()),
            "material": self._materials.get(item.id, ()),
            "point": self._points.get(item.id, ()),
        }
        for problem in problems(item):
            for made, row in tables[problem.part]:
                if made.id == problem.id:
                    self._report.add(row, COLUMN, f"{problem.message}，请核对", WARNING)

    def material_rows(self) -> dict[tuple[str, str], Row]:
        """Where each material stands, by item id and material id."""
        return {(item, m.id): row for item, rows in self._materials.items() for m, row in rows}

    def _read(self, rows: Iterable[Row], make: Callable[[Row, Report], T]) -> dict[str, list[tuple[T, Row]]]:
        found: dict[str, dict[str, tuple[T, Row]]] = {}
        for row in rows:
            try:
                wanted = row.need_code("办理项标识")
                if wanted not in self._references:
                    raise BadCell("办理项标识", f"没有读到办理项“{wanted[:60]}”，这一行没有读入")
                made = make(row, self._report)
                first, where = found.setdefault(self._references[wanted], {}).setdefault(made.id, (made, row))
                if first != made:
                    raise BadCell("标识", f"“{made.id}”与第 {where.number} 行重复而内容不同，这一行没有读入")
                if where is not row:
                    self._report.add(row, "标识", f"与第 {where.number} 行完全相同，只读入一次", WARNING)
            except BadCell as bad:
                self._report.add(row, bad.column, bad.reason, ERROR)
        return {item: list(rows.values()) for item, rows in found.items()}

    def _kept(self, found: dict[str, list[tuple[W, Row]]]) -> dict[str, list[tuple[W, Row]]]:
        kept: dict[str, list[tuple[W, Row]]] = {}
        for item, rows in found.items():
            for made, row in rows:
                try:
                    check_condition(made.when, self._options.get(item, {}))
                except BadCell as bad:
                    self._report.add(row, bad.column, bad.reason, ERROR)
                else:
                    kept.setdefault(item, []).append((made, row))
        return kept

    def _lawful(self, material: Material, row: Row) -> Material:
        if material.commitment_allowed:
            self._report.add(row, "可告知承诺", "红线事项不适用告知承诺，按“否”读入", WARNING)
        if material.need is Need.DEFERRABLE:
            self._report.add(row, "必要性", "红线事项不适用容缺，按“必要”读入", WARNING)
        need = Need.REQUIRED if material.need is Need.DEFERRABLE else material.need
        return msgspec.structs.replace(material, commitment_allowed=False, need=need)

    def _bound(self, point: ReviewPoint, row: Row, known: set[str]) -> ReviewPoint:
        if point.material in known:
            return point
        reason = f"这个办理项没有材料“{point.material}”，按整个申请的要点读入"
        self._report.add(row, "材料标识", reason, WARNING)
        return msgspec.structs.replace(point, material="")


def _field(row: Row, report: Report) -> Field:
    kind = chosen(row, "类型", FIELD_TYPES, FieldType.TEXT, FieldType.TEXT, report)
    choices = tuple(dict.fromkeys(row.parts("选项", CHOICE_MARKS + "\n")))
    if kind is FieldType.CHOICE and not choices:
        report.add(row, "选项", "选择类字段没有选项，按“文本”读入", WARNING)
        kind = FieldType.TEXT
    return Field(
        id=row.need_code("字段标识"),
        label=row.need("名称"),
        type=kind,
        required=yes(row, "必填", report),
        max_length=whole(row, "最长", LONGEST_TEXT.get(kind, 200), 1, LONGEST_FIELD, report),
        choices=choices,
        unit=row.get("单位"),
        hint=row.get("提示"),
        when=parse_condition(row.get(COLUMN)),
    )


def _material(row: Row, report: Report) -> Material:
    return Material(
        id=row.need_code("材料标识"),
        name=row.need("材料名称"),
        # Unclear: nothing may be demanded that the list does not plainly demand.
        need=chosen(row, "必要性", NEEDS, Need.OPTIONAL, Need.REQUIRED, report),
        original=chosen(row, "原件", ORIGINALS, False, True, report),
        copies=whole(row, "份数", 1, 1, MOST_COPIES, report),
        form=chosen(row, "形式", FORMS, "either", "either", report),
        source=chosen(row, "来源", SOURCES, "other", "applicant", report),
        commitment_allowed=yes(row, "可告知承诺", report),
        standard=row.parts("受理标准", LIST_MARKS),
        basis=row.get("依据"),
        when=parse_condition(row.get(COLUMN)),
        canonical=row.code("通用材料"),
        proof=yes(row, "证明事项", report),
        blank=row.get("空白表"),
        sample=row.get("样表"),
        pages=whole(row, "页数", 0, 0, MOST_PAGES, report),
        reuse_days=whole(row, "沿用天数", REUSE_DAYS, 0, MOST_REUSE_DAYS, report),
        kind=chosen(row, "材料类别", MATERIAL_KINDS, "", "", report),
        source_note=row.get("来源说明"),
        page_format=row.get("纸张规格"),
        fill_note=row.get("填报须知"),
    )


def _point(row: Row, report: Report) -> ReviewPoint:
    return ReviewPoint(
        id=row.need_code("要点标识"),
        text=row.need("要点"),
        material=row.code("材料标识"),
        basis=row.get("依据"),
        when=parse_condition(row.get(COLUMN)),
    )

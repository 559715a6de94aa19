"""The tables that belong to an item: questions, fields, materials, review points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from models.domain.catalog import Condition, Field, FieldType, Material, Need, Option, Question, ReviewPoint
from sync.hub.catalog.report import ERROR, Report, Row

T = TypeVar("T", Question, Field, Material, ReviewPoint)

_NEEDS = {"必要": Need.REQUIRED, "非必要": Need.OPTIONAL, "容缺后补": Need.DEFERRABLE}
_FORMS = {"纸质": "paper", "电子": "electronic", "纸质或电子": "either"}
_SOURCES = {"申请人自备": "applicant", "政府部门核发": "government", "其他": "other"}
_TYPES = {
    "文本": FieldType.TEXT, "多行": FieldType.MULTILINE, "整数": FieldType.INTEGER, "小数": FieldType.DECIMAL,
    "日期": FieldType.DATE, "选择": FieldType.CHOICE, "电话": FieldType.PHONE, "身份证": FieldType.RESIDENT_ID,
    "信用代码": FieldType.USCC,
}  # fmt: skip


class BadCell(Exception):
    """A cell that makes its row unusable: (column, reason)."""


class Details:
    """Detail rows by item; a bad row is reported and left out, the rest of its item stays."""

    def __init__(self, tables: Mapping[str, list[Row]], item_ids: set[str], report: Report) -> None:
        self._tables = tables
        self._items = item_ids
        self._report = report
        self._materials: dict[str, set[str]] = {}
        raw = self._read("情形", _question)
        self._options = {key: {q.id: {o.id for o in q.options} for q in qs} for key, qs in raw.items()}
        self.questions = {key: tuple(q for q in qs if self._sound(key, q.when)) for key, qs in raw.items()}
        self.fields = self._read("字段", _field)
        self.materials = self._read("材料", _material)
        self._materials = {key: {m.id for m in ms} for key, ms in self.materials.items()}
        self.points = self._read("要点", _point)

    def _read(self, table: str, make: Callable[[Row], T]) -> dict[str, tuple[T, ...]]:
        found: dict[str, list[T]] = {}
        for row in self._tables.get(table, []):
            item = row.get("办理项标识")
            try:
                if item not in self._items:
                    raise BadCell("办理项标识", f"没有办理项“{item}”")
                made = make(row)
                if any(one.id == made.id for one in found.get(item, [])):
                    raise BadCell("标识", f"“{made.id}”在这个办理项里重复")
                if table != "情形" and not self._sound(item, made.when):
                    raise BadCell("情形条件", "条件里有不存在的问题或者选项")
                if isinstance(made, ReviewPoint) and made.material not in self._materials.get(item, set()) | {
                    ""
                }:
                    raise BadCell("材料标识", f"没有材料“{made.material}”")
            except BadCell as bad:
                self._report.add(row, bad.args[0], bad.args[1], ERROR)
            else:
                found.setdefault(item, []).append(made)
        return {key: tuple(rows) for key, rows in found.items()}

    def _sound(self, item: str, when: Condition) -> bool:
        known = self._options.get(item, {})
        return all(q in known and set(options) <= known[q] for q, options in when.all_of)


def parse_condition(text: str) -> Condition:
    """``q1=a|b;q2=c``: all must hold.  Raises BadCell."""
    parts: list[tuple[str, tuple[str, ...]]] = []
    for clause in text.replace("；", ";").split(";"):
        if not clause.strip():
            continue
        question, mark, options = clause.partition("=")
        chosen = tuple(o.strip() for o in options.split("|") if o.strip())
        if not mark or not question.strip() or not chosen:
            raise BadCell("情形条件", f"条件“{clause.strip()}”不是“问题=选项|选项”的写法")
        parts.append((question.strip(), chosen))
    return Condition(all_of=tuple(parts))


def whole_number(row: Row, column: str, default: int, low: int, high: int) -> int:
    text = row.get(column)
    if not text:
        return default
    if not text.isdigit() or not low <= int(text) <= high:
        raise BadCell(column, f"“{text}”不是 {low} 到 {high} 的整数")
    return int(text)


def _required(row: Row, column: str) -> str:
    if not row.get(column):
        raise BadCell(column, "没有填")
    return row.get(column)


def _one_of(row: Row, column: str, known: Mapping[str, object], default: str) -> str:
    text = row.get(column) or default
    if text not in known:
        raise BadCell(column, f"“{text}”不在可选值里：{'、'.join(known)}")
    return text


def _question(row: Row) -> Question:
    options: list[Option] = []
    for part in _required(row, "选项").split("|"):
        key, mark, text = part.replace("：", ":").partition(":")
        if not mark or not key.strip() or not text.strip():
            raise BadCell("选项", f"选项“{part}”不是“标识:文字”的写法")
        options.append(Option(id=key.strip(), label=text.strip()))
    if len(options) < 2 or len({o.id for o in options}) != len(options):
        raise BadCell("选项", "选项少于两个或者标识重复")
    return Question(
        id=_required(row, "问题标识"),
        text=_required(row, "问题"),
        options=tuple(options),
        when=parse_condition(row.get("情形条件")),
    )


def _field(row: Row) -> Field:
    kind = _TYPES[_one_of(row, "类型", _TYPES, "文本")]
    choices = row.parts("选项", "|")
    if kind is FieldType.CHOICE and not choices:
        raise BadCell("选项", "选择类字段没有选项")
    return Field(
        id=_required(row, "字段标识"),
        label=_required(row, "名称"),
        type=kind,
        required=row.flag("必填"),
        max_length=whole_number(row, "最长", 1000 if kind is FieldType.MULTILINE else 200, 1, 10_000),
        choices=choices,
        unit=row.get("单位"),
        hint=row.get("提示"),
        when=parse_condition(row.get("情形条件")),
    )


def _material(row: Row) -> Material:
    return Material(
        id=_required(row, "材料标识"),
        name=_required(row, "材料名称"),
        need=_NEEDS[_one_of(row, "必要性", _NEEDS, "必要")],
        original=_one_of(row, "原件", {"原件": 1, "复印件": 1}, "原件") == "原件",
        copies=whole_number(row, "份数", 1, 1, 99),
        form=_FORMS[_one_of(row, "形式", _FORMS, "纸质或电子")],
        source=_SOURCES[_one_of(row, "来源", _SOURCES, "申请人自备")],
        commitment_allowed=row.flag("可告知承诺"),
        standard=row.parts("受理标准", "；;"),
        basis=row.get("依据"),
        when=parse_condition(row.get("情形条件")),
    )


def _point(row: Row) -> ReviewPoint:
    return ReviewPoint(
        id=_required(row, "要点标识"),
        text=_required(row, "要点"),
        material=row.get("材料标识"),
        basis=row.get("依据"),
        when=parse_condition(row.get("情形条件")),
    )

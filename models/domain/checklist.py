"""What a case still lacks: one answer for the clerk's screen and for the law in ``apply``.

Only what the list of the case's own catalogue version names can be asked for (法律底线), and
only under the situation that the answers describe.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from models.domain.case import IN_HAND, PointMark, Receipt
from models.domain.catalog import Field, Item, Material, Need, Question, ReviewPoint
from models.domain.deferral_limit import deferral_limit
from models.domain.fields import check_value
from models.domain.party import party_problems
from models.domain.procedures import PERMIT

_RECEIPTS: Mapping[str, Receipt] = {receipt.value: receipt for receipt in Receipt}
_MARKS = frozenset(PointMark)

STEPS = ("identity", "situation", "form", "materials", "points")

# Every item has these, so that each ground of 行政许可法 第三十二条 is a point that can fail.
GENERAL_POINTS = (
    ReviewPoint(
        id="G1", text="该事项依法需要办理", basis="《中华人民共和国行政许可法》第三十二条第一款第（一）项"
    ),
    ReviewPoint(
        id="G2",
        text="该事项属于本机关职权范围",
        basis="《中华人民共和国行政许可法》第三十二条第一款第（二）项",
    ),
)


def general_points(item: Item) -> tuple[ReviewPoint, ...]:
    """G1 and G2 with the article they rest on, which is 行政许可法 for permits only."""
    if item.power_type == PERMIT:
        return GENERAL_POINTS
    return _PLAIN_POINTS


_PLAIN_POINTS = tuple(msgspec.structs.replace(point, basis="") for point in GENERAL_POINTS)


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One thing between the case and acceptance.  ``path`` is the field to go to."""

    step: str
    path: str
    label: str
    reason: str


class _Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers make of an item; the others with the path of their value."""

    live: dict[str, str]
    unanswered: tuple[Question, ...]
    fields: tuple[tuple[str, Field], ...]
    materials: tuple[tuple[str, Material], ...]
    points: tuple[tuple[str, ReviewPoint], ...]


# An item has few situations and many cases, and each act asks several times.  The item is kept beside
# its situations, so that no other one can come to have its id.
_SITUATIONS_KEPT = 4000
_situations: dict[tuple[int, tuple[str, ...]], tuple[Item, _Situation]] = {}


def _situation(item: Item, answers: Mapping[str, str]) -> _Situation:
    key = (id(item), tuple([answers.get(question.id, "") for question in item.questions]))
    kept = _situations.get(key)
    if kept is not None and kept[0] is item:
        return kept[1]
    asked = asked_questions(item, answers)
    live = live_answers(item, answers)
    materials = [material for material in item.materials if material.when.holds(live)]
    needed = {material.id for material in materials}
    found = _Situation(
        live=live,
        unanswered=tuple(question for question in asked if question.id not in live),
        fields=tuple((f"form.{field.id}", field) for field in item.fields if field.when.holds(live)),
        materials=tuple((f"material.{material.id}", material) for material in materials),
        points=tuple(
            (f"point.{point.id}", point)
            for point in item.points
            if point.when.holds(live) and (not point.material or point.material in needed)
        ),
    )
    if len(_situations) >= _SITUATIONS_KEPT:
        _situations.clear()
    _situations[key] = (item, found)
    return found


def asked_questions(item: Item, answers: Mapping[str, str]) -> list[Question]:
    """The questions of the situation, in order; a question behind an unasked one is not asked."""
    asked: list[Question] = []
    known: dict[str, str] = {}
    for question in item.questions:
        if question.when.holds(known):
            asked.append(question)
            answer = answers.get(question.id, "")
            if any(option.id == answer for option in question.options):
                known[question.id] = answer
    return asked


def live_answers(item: Item, answers: Mapping[str, str]) -> dict[str, str]:
    """Valid answers to asked questions: a stale answer to a question no longer asked has no effect."""
    live: dict[str, str] = {}
    for question in asked_questions(item, answers):
        answer = answers.get(question.id, "")
        if any(option.id == answer for option in question.options):
            live[question.id] = answer
    return live


def needed_materials(item: Item, answers: Mapping[str, str]) -> list[Material]:
    return [material for _, material in _situation(item, answers).materials]


def shown_fields(item: Item, answers: Mapping[str, str]) -> list[Field]:
    return [field for _, field in _situation(item, answers).fields]


def shown_points(item: Item, answers: Mapping[str, str]) -> list[ReviewPoint]:
    """The item's own review points; those of a material appear only while it is needed."""
    return [point for _, point in _situation(item, answers).points]


DISHONEST = "申请人在失信名单内，信用修复前不适用容缺、告知承诺和照后办证"


def allowed_receipts(item: Item, material: Material, *, dishonest: bool = False) -> dict[Receipt, str]:
    """Every way to take the material in, with the reason where it is not allowed ("" where it is).

    红线 items take neither 容缺 nor 告知承诺; 容缺 covers secondary materials only, until a day within
    the promised limit; 告知承诺 follows 国办发〔2020〕42号.  ``dishonest`` persons use neither.
    """
    found = {receipt: _objection(item, material, receipt) for receipt in Receipt}
    if dishonest:
        for receipt in (Receipt.DEFERRED, Receipt.COMMITTED):
            found[receipt] = found[receipt] or DISHONEST
    return found


def _objection(item: Item, material: Material, receipt: Receipt) -> str:
    if receipt is Receipt.PAPER and material.form == "electronic":
        return "本材料只收电子件"
    if receipt is Receipt.ELECTRONIC and material.form == "paper":
        return "本材料只收纸质件"
    if receipt is Receipt.CERTIFICATE and material.source != "government":
        return "本材料由申请人自备，证照库中没有"
    if receipt is Receipt.DEFERRED:
        if item.red_line:
            return "安全、质量、环保类事项，不适用容缺"
        if not item.deferral_allowed:
            return "本事项不适用容缺"
        if deferral_limit(item) is None:
            return "本事项没有定下承诺时限，算不出补齐期限，不适用容缺"
        return "" if material.need is Need.DEFERRABLE else "主要材料不适用容缺"
    if receipt is Receipt.COMMITTED:
        if item.red_line:
            return "安全、质量、环保类事项，不适用告知承诺"
        if not item.commitment_allowed:
            return "本事项不适用告知承诺"
        return "" if material.commitment_allowed else "本材料不在告知承诺范围"
    return ""


def material_settled(item: Item, material: Material, receipt: str) -> bool:
    """Whether nothing more is wanted of this material before acceptance."""
    if receipt == "":
        return material.need is Need.OPTIONAL
    chosen = _RECEIPTS.get(receipt)
    if chosen is None or chosen is Receipt.DEFECTIVE:
        return False
    return not _objection(item, material, chosen) and (
        chosen in IN_HAND or chosen in (Receipt.DEFERRED, Receipt.COMMITTED)
    )


def _unsettled(item: Item, material: Material, receipt: str) -> str:
    """Why a material is not settled: the rule, where it was taken in in a way that the rule does not allow."""
    if receipt == Receipt.DEFECTIVE:
        return "不符合"
    chosen = _RECEIPTS.get(receipt)
    return (_objection(item, material, chosen) if chosen is not None else "") or "未收"


def wanting_materials(item: Item, fields: Mapping[str, str]) -> list[Material]:
    """What an 一次性告知书 must list, completely: every needed material not settled."""
    return [
        material
        for path, material in _situation(item, _section(fields, "answer.")).materials
        if not material_settled(item, material, fields.get(path, ""))
    ]


def gaps(item: Item, fields: Mapping[str, str], today: dt.date) -> list[Gap]:
    """Everything still missing or wrong before acceptance, in the order of the six steps."""
    situation = _situation(item, _section(fields, "answer."))
    found = [
        Gap(step="identity", path=path, label=label, reason=reason)
        for path, label, reason in party_problems(item, fields, today)
    ]
    for question in situation.unanswered:
        found.append(
            Gap(step="situation", path=f"answer.{question.id}", label=question.text, reason="未选择")
        )
    for path, field in situation.fields:
        checked = check_value(field, fields.get(path, ""), today)
        if checked.error:
            found.append(Gap(step="form", path=path, label=field.label, reason=checked.error))
    for path, material in situation.materials:
        receipt = fields.get(path, "")
        if not material_settled(item, material, receipt):
            found.append(
                Gap(
                    step="materials",
                    path=path,
                    label=material.name,
                    reason=_unsettled(item, material, receipt),
                )
            )
    for path, point in situation.points:
        mark = fields.get(path, "")
        if mark == PointMark.FAIL:
            found.append(Gap(step="points", path=path, label=point.text, reason="不符合"))
        elif mark not in _MARKS:
            found.append(Gap(step="points", path=path, label=point.text, reason="未审查"))
    for point in GENERAL_POINTS:
        if fields.get(f"point.{point.id}", "") == PointMark.FAIL:
            found.append(Gap(step="points", path=f"point.{point.id}", label=point.text, reason="不符合"))
    return found


def failed_points(item: Item, fields: Mapping[str, str]) -> list[ReviewPoint]:
    """Review points marked 不符合: a refusal stands on at least one of them."""
    shown = shown_points(item, _section(fields, "answer."))
    return [p for p in (*shown, *general_points(item)) if fields.get(f"point.{p.id}", "") == PointMark.FAIL]


def _section(fields: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {path[len(prefix) :]: text for path, text in fields.items() if path.startswith(prefix)}

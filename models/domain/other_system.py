"""What a case looks like in a department's own system (二次录入): its fields in that system's order and format.

A system is data: which items go into it, and one column for each of its fields in the order in which Tab
reaches them.  The files name their parts in Chinese (resources/systems), since a hall's IT writes its own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import msgspec

from models.domain.case import IN_HAND, CaseState, Receipt
from models.domain.catalog import DOMAIN_NAMES, Item
from models.domain.ids import ID_KIND_NAMES, IdKind, mask_id, mask_phone, mask_uscc

PREFIX = "other."
LONGEST_NUMBER = 60
_NUMBER = re.compile(r"[0-9A-Za-z\u4e00-\u9fff〔〕（）()【】\[\]_./#\-]+")
_DATE_PARTS = re.compile("YYYY|MM|DD|M|D")
_KINDS = {"person": "自然人", "organisation": "法人或其他组织"}


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of the other system.

    ``of``: paths of the case (see models.domain.case), or ``case.number``, ``case.received_on``,
    ``case.accepted_on``, ``case.item``, ``case.code``, ``case.window``, ``case.staff``, ``case.materials``;
    several are put together with ``join``.  ``text`` is always the same.  ``date``: YYYY, MM, DD, M, D.
    ``codes``: value, or the word shown for it → the other system's code.  ``most``: characters it takes.
    """

    heading: str = msgspec.field(name="栏目")
    of: tuple[str, ...] = msgspec.field(name="取自", default=())
    text: str = msgspec.field(name="固定", default="")
    join: str = msgspec.field(name="连接", default="")
    date: str = msgspec.field(name="日期", default="")
    codes: dict[str, str] = msgspec.field(name="代码", default_factory=dict)
    most: int = msgspec.field(name="最长", default=0)
    needed: bool = msgspec.field(name="必填", default=False)


class OtherSystem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A department's system; it takes an item that is named, of a named domain, or of a named department."""

    id: str = msgspec.field(name="标识")
    name: str = msgspec.field(name="名称")
    columns: tuple[Column, ...] = msgspec.field(name="栏目")
    number: str = msgspec.field(name="编号名称", default="对方系统办件号")
    pattern: str = msgspec.field(name="编号格式", default="")
    items: tuple[str, ...] = msgspec.field(name="办理项", default=())
    domains: tuple[str, ...] = msgspec.field(name="领域", default=())
    departments: tuple[str, ...] = msgspec.field(name="部门", default=())
    note: str = msgspec.field(name="说明", default="")

    def takes(self, item: Item) -> bool:
        return (
            item.id in self.items
            or DOMAIN_NAMES[item.domain] in self.domains
            or bool({item.department, item.former_department} & set(self.departments))
        )


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A field as it has to be typed there.  ``problem``: why a person must look at it; ``private``: masked at rest."""

    heading: str
    value: str = ""
    problem: str = ""
    private: bool = False


def number_path(system_id: str) -> str:
    """Where the number that the other system gave lies in the case."""
    return f"{PREFIX}{system_id}.number"


def own_order(item: Item) -> OtherSystem:
    """For an item that no system is described for: the order of the form."""
    columns = [
        Column(heading="申请人", of=("applicant.name",)),
        Column(heading="证件类型", of=("applicant.id_kind",)),
        Column(heading="证件号码", of=("applicant.id_number",)),
        Column(heading="联系电话", of=("applicant.phone",)),
        Column(heading="联系地址", of=("applicant.address",)),
        *(Column(heading=field.label, of=(f"form.{field.id}",)) for field in item.fields),
    ]
    return OtherSystem(id="own", name="部门业务系统（按本表顺序）", columns=tuple(columns))


def number_problem(system: OtherSystem, number: str) -> str:
    """Why ``number`` cannot be the other system's; "" when it may be."""
    if not number:
        return f"没有填{system.number}。办件没有改动。请照对方系统显示的输入或者扫码。"
    if len(number) > LONGEST_NUMBER or not _NUMBER.fullmatch(number):
        return f"{system.number}里有编号不会有的字，没有存。办件没有改动。请照对方系统显示的重新输入。"
    if system.pattern and not re.fullmatch(system.pattern, number):
        return f"{system.number}的位数或者写法对不上，可能看错一位，没有存。办件没有改动。请逐位核对。"
    return ""


def fill(system: OtherSystem, item: Item, state: CaseState) -> tuple[Filled, ...]:
    """The columns for this case; those that only ask for form fields the item does not have are left out."""
    asked = {f"form.{field.id}" for field in item.fields}
    return tuple(
        _filled(column, item, state)
        for column in system.columns
        if column.text or any(not path.startswith("form.") or path in asked for path in column.of)
    )


def masked(field: Filled) -> str:
    """Its value at rest, as everywhere else (ui.md §4); the heading does not tell which kind of number it is."""
    value = field.value
    if not field.private:
        return value
    if len(value) == 11:
        return mask_phone(value)
    return mask_uscc(value) if value[:1] == "9" or not value[:17].isdigit() else mask_id(value)


def _filled(column: Column, item: Item, state: CaseState) -> Filled:
    private = any(path.endswith(("id_number", ".id", ".phone", "account")) for path in column.of)
    parts, problem = [], ""
    for path in column.of:
        raw, shown = _value(path, item, state)
        if not raw:
            continue
        if column.codes:
            coded = column.codes.get(raw, column.codes.get(shown))
            problem = problem or ("" if coded is not None else f"“{shown}”没有对照代码，请照对方系统选")
            parts.append(coded if coded is not None else shown)
        elif column.date:
            written = _date(shown, column.date)
            problem = problem or ("" if written else f"“{shown}”不是日期，请核对")
            parts.append(written or shown)
        else:
            parts.append(shown)
    value = column.text or column.join.join(parts)
    if not value and column.needed:
        problem = "对方系统必填，本办件没有这一项，请问清后补填"
    elif column.most and len(value) > column.most:
        problem = problem or f"有 {len(value)} 个字，对方系统最多 {column.most} 个，请按原意缩写"
    return Filled(heading=column.heading, value=value, problem=problem, private=private and bool(value))


def _value(path: str, item: Item, state: CaseState) -> tuple[str, str]:
    """What is kept, and the word shown for it."""
    if path.startswith("case."):
        text = _of_case(item, state).get(path[5:], "")
        return text, text
    raw = state.value(path)
    return raw, _shown(path, raw, item)


def _of_case(item: Item, state: CaseState) -> Mapping[str, str]:
    held = set(IN_HAND)
    return {
        "number": state.number or state.receipt,
        "received_on": state.received_on,
        "accepted_on": state.accepted_on,
        "item": item.name,
        "code": item.national_code or item.local_code or item.id,
        "window": state.window,
        "staff": state.staff,
        "materials": "；".join(
            m.name
            for m in item.materials
            if state.value(f"material.{m.id}") in set(Receipt)
            and Receipt(state.value(f"material.{m.id}")) in held
        ),
    }


def _shown(path: str, raw: str, item: Item) -> str:
    if path.endswith(".id_kind") and raw in set(IdKind):
        return ID_KIND_NAMES[IdKind(raw)]
    if path.endswith(".kind"):
        return _KINDS.get(raw, raw)
    if path.startswith("answer."):
        question = next((q for q in item.questions if f"answer.{q.id}" == path), None)
        options = question.options if question is not None else ()
        return next((o.label for o in options if o.id == raw), raw)
    return " ".join(raw.split())  # a line break would leave the other system's field


def _date(text: str, pattern: str) -> str:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return ""
    parts = {
        "YYYY": f"{day.year:04d}",
        "MM": f"{day.month:02d}",
        "DD": f"{day.day:02d}",
        "M": str(day.month),
        "D": str(day.day),
    }
    return _DATE_PARTS.sub(lambda hit: parts[hit[0]], pattern)

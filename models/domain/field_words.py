"""What a path of a case's flat map and its value are called, in the words of the window."""

from __future__ import annotations

from collections.abc import Mapping

from models.domain.case import POINT_NAMES, RECEIPT_NAMES
from models.domain.catalog import Item
from models.domain.ids import ID_KIND_NAMES
from models.domain.other_system import PREFIX as OTHER_SYSTEM

FIELD_NAMES = {
    "applicant.name": "申请人姓名或名称",
    "applicant.kind": "申请人类型",
    "applicant.id_kind": "证件类型",
    "applicant.id_number": "证件号码",
    "applicant.phone": "联系电话",
    "applicant.address": "联系地址",
    "applicant.division": "所属区划",
    "agent.name": "代理人姓名",
    "agent.id_kind": "代理人证件类型",
    "agent.id_number": "代理人证件号码",
    "agent.phone": "代理人电话",
    "agent.address": "代理人地址",
    "service.priority": "优先服务",
    "service.agency": "代办",
    "supplement.due": "补正期限",
    "promise.licence": "照后办证",
    "promise.licence.due": "照后办证的期限",
}
_PARTS = {
    "copies": "份数",
    "pages": "页数",
    "note": "说明",
    "due": "期限",
    "way": "后补方式",
    "from": "沿用的来源",
}
_KINDS = {"person": "自然人", "organisation": "法人或其他组织"}
_YES = {"yes": "是"}


def path_words(path: str, item: Item | None = None) -> str:
    """The name of a field; ``item`` knows its own form, questions, materials and review points.

    What nobody has named is shown by the last part of its path, as forms are named so.
    """
    if path.startswith(OTHER_SYSTEM):
        return "部门系统的编号"
    if path in FIELD_NAMES:
        return FIELD_NAMES[path]
    kind, _, rest = path.partition(".")
    name = _own_names(kind, item).get(rest)
    if name is not None:
        return name
    whole, _, part = rest.rpartition(".")
    if part in _PARTS and (kind in ("material", "point")):
        return f"{_own_names(kind, item).get(whole, whole)}的{_PARTS[part]}"
    return rest or path


def value_words(path: str, value: str, item: Item | None = None) -> str:
    """The value as a clerk reads it; what is no code is shown as it stands."""
    return codes(path, item).get(value, value)


def value_of_words(path: str, words: str, item: Item | None = None) -> str:
    """Inverse of :func:`value_words`, for what a clerk wrote by hand."""
    return next((code for code, name in codes(path, item).items() if name == words.strip()), words)


def _own_names(kind: str, item: Item | None) -> Mapping[str, str]:
    if item is None:
        return {}
    match kind:
        case "form":
            return {one.id: one.label for one in item.fields}
        case "answer":
            return {one.id: one.text for one in item.questions}
        case "material":
            return {one.id: one.name for one in item.materials}
        case "point":
            return {one.id: one.text for one in item.points}
    return {}


def codes(path: str, item: Item | None) -> Mapping[str, str]:
    """The values that the field may have, with their words; none where anything may be written."""
    kind, _, rest = path.partition(".")
    if kind == "answer" and item is not None:
        asked = next((one for one in item.questions if one.id == rest), None)
        return {one.id: one.label for one in asked.options} if asked is not None else {}
    if kind in ("material", "point") and rest.rpartition(".")[2] in _PARTS:
        return {}
    if kind == "material":
        return {one.value: name for one, name in RECEIPT_NAMES.items()}
    if kind == "point":
        return {one.value: name for one, name in POINT_NAMES.items()}
    if path in ("applicant.kind", "agent.kind"):
        return _KINDS
    if path in ("applicant.id_kind", "agent.id_kind"):
        return {one.value: name for one, name in ID_KIND_NAMES.items()}
    if path in ("service.agency", "promise.licence") or kind == "step":
        return _YES
    return {}

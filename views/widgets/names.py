"""What the parts of a case's flat map are called where no form of an item names them."""

from __future__ import annotations

from collections.abc import Collection

from models.domain.catalog import Item
from models.domain.other_system import PREFIX as OTHER_SYSTEM

FIELD_NAMES = {
    "applicant.name": "申请人姓名或名称",
    "applicant.kind": "申请人类型",
    "applicant.id_kind": "证件类型",
    "applicant.id_number": "证件号码",
    "applicant.phone": "联系电话",
    "applicant.address": "联系地址",
    "agent.name": "代理人姓名",
    "agent.id_kind": "代理人证件类型",
    "agent.id_number": "代理人证件号码",
    "agent.phone": "代理人电话",
    "service.priority": "优先服务",
    "service.agency": "代办",
}


def held_words(paths: Collection[str], item: Item | None) -> str:
    """Why a case can only be read while these fields are not settled; "" when there are none."""
    if not paths:
        return ""
    own = {f"form.{field.id}": field.label for field in item.fields} if item is not None else {}
    names = "、".join(own.get(path) or field_name(path) for path in paths)
    return f"两边都改过“{names}”，定好以前只能查看。两个值都留着。请按 Alt+T 到同步里比对。"


def field_name(path: str) -> str:
    """The name of a field; the last part of its path where there is none, as forms are named so."""
    if path.startswith(OTHER_SYSTEM):
        return "部门系统的编号"
    return FIELD_NAMES.get(path) or path.split(".", 1)[-1]

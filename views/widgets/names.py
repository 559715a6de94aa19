"""What the parts of a case's flat map are called where no form of an item names them."""

from __future__ import annotations

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


def field_name(path: str) -> str:
    """The name of a field; the last part of its path where there is none, as forms are named so."""
    if path.startswith(OTHER_SYSTEM):
        return "部门系统的编号"
    return FIELD_NAMES.get(path) or path.split(".", 1)[-1]

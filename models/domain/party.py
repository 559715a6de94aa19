"""Applicant and agent: what identifies them, checked before anything is judged.

Paths are those of :mod:`models.domain.case`: ``applicant.*`` and, with an agent, ``agent.*``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from models.domain.catalog import ApplicantKind, Item
from models.domain.ids import IdKind, check_id, check_name, check_phone

PARTY_KEYS = ("kind", "name", "id_kind", "id_number", "phone", "address")
_APPLICANTS = frozenset(ApplicantKind)
_ID_KINDS = frozenset(IdKind)
_LABELS = {"applicant": "申请人", "agent": "代理人"}


def party_problems(item: Item, fields: Mapping[str, str], today: dt.date) -> list[tuple[str, str, str]]:
    """(path, label, reason) of everything missing or wrong, in the order a clerk fills it in."""
    found: list[tuple[str, str, str]] = []
    kind = fields.get("applicant.kind", "")
    if kind not in _APPLICANTS:
        found.append(("applicant.kind", "申请人类型", "未选择自然人或者单位"))
    elif ApplicantKind(kind) not in item.applicants:
        only = "单位" if kind == ApplicantKind.PERSON else "个人"
        found.append(("applicant.kind", "申请人类型", f"本事项只由{only}申请"))
    found += _identity(fields, "applicant", today, organisation=kind == ApplicantKind.ORGANISATION)
    if has_agent(fields):
        found += _identity(fields, "agent", today, organisation=False)
    return found


def has_agent(fields: Mapping[str, str]) -> bool:
    """Whether somebody acts for the applicant: any of the agent's fields is filled in."""
    return any(fields.get(f"agent.{key}", "").strip() for key in ("name", "id_number", "phone"))


def _identity(
    fields: Mapping[str, str], role: str, today: dt.date, *, organisation: bool
) -> list[tuple[str, str, str]]:
    who = _LABELS[role]
    found: list[tuple[str, str, str]] = []
    name = check_name(fields.get(f"{role}.name", ""), organisation=organisation)
    if name.error:
        found.append((f"{role}.name", f"{who}名称" if organisation else f"{who}姓名", name.error))
    default = IdKind.USCC if organisation else IdKind.RESIDENT_ID
    id_kind = fields.get(f"{role}.id_kind", "") or default.value
    if id_kind not in _ID_KINDS or (id_kind == IdKind.USCC) != organisation:
        found.append((f"{role}.id_kind", f"{who}证件类型", "证件类型与申请人类型不符"))
    else:
        number = check_id(IdKind(id_kind), fields.get(f"{role}.id_number", ""), today)
        if number.error:
            found.append((f"{role}.id_number", f"{who}证件号码", number.error))
    phone = check_phone(fields.get(f"{role}.phone", ""))
    if phone.error:
        found.append((f"{role}.phone", f"{who}联系电话", phone.error))
    return found

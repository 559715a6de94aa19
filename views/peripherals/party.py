"""From a card or a code to the fields of the identity step, without Qt."""

from __future__ import annotations

from devices.idcard.record import CardRecord
from models.domain.case import CaseState
from models.domain.catalog import ApplicantKind
from models.domain.ids import IdKind
from views.workbench.sheet import Sheet

FROM_CARD, FROM_CODE = "读身份证", "扫码"


def role_for(sheet: Sheet, focused: str) -> str:
    """Whose card it is: the agent's where the clerk stands there or only an organisation applies."""
    if focused.startswith("agent."):
        return "agent"
    kind = sheet.get("applicant.kind")
    if kind == ApplicantKind.ORGANISATION or sheet.item.applicants == (ApplicantKind.ORGANISATION,):
        return "agent"
    return "applicant"


def card_fields(card: CardRecord, role: str, has_address: bool) -> dict[str, str]:
    """What the card fills in; the address only where none was written, for people move."""
    fields = {
        f"{role}.name": card.name,
        f"{role}.id_kind": card.id_kind.value,
        f"{role}.id_number": card.number,
    }
    if role == "applicant":
        fields["applicant.kind"] = ApplicantKind.PERSON.value
        if card.address and not has_address:
            fields["applicant.address"] = card.address
    return fields


def number_fields(id_kind: IdKind, number: str, role: str) -> dict[str, str]:
    """What a scanned number fills in: 统一社会信用代码 or 身份证号."""
    if id_kind is IdKind.USCC:
        return {
            "applicant.kind": ApplicantKind.ORGANISATION.value,
            "applicant.id_kind": id_kind.value,
            "applicant.id_number": number,
        }
    fields = {f"{role}.id_kind": id_kind.value, f"{role}.id_number": number}
    if role == "applicant":
        fields["applicant.kind"] = ApplicantKind.PERSON.value
    return fields


def compared(card: CardRecord, state: CaseState) -> str:
    """Of a case that can't be changed here: whether the card is the applicant's or the agent's."""
    for role, name in (("applicant", "申请人"), ("agent", "代理人")):
        if state.value(f"{role}.id_number") == card.number:
            return f"证件与{name}一致"
    return "证件与本办件的申请人、代理人都不一致，请核对"

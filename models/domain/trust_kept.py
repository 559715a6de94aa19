"""What was taken on trust and has to be made good before the case may be granted."""

from __future__ import annotations

from models.domain.case import CaseState
from models.domain.duties import DutyKind, Finding
from models.domain.verdict import Refusal


def grant_objection(state: CaseState) -> Refusal | None:
    """Why the case cannot be granted yet.

    容缺 lets the review begin without a secondary material, not end without it (domain facts §2.7; the
    notice tells the applicant so).  A promise is checked later, but one that was found false proves nothing
    (国办发〔2020〕42号); after 限期整改 it may be checked again.  Where silence made the acceptance nobody signed
    a promise or was asked for their credit, so the check comes first.
    """
    for duty in state.duties:
        if duty.kind == DutyKind.DEFERRAL and duty.open:
            text = (
                f"容缺后补的“{duty.name}”还没有补齐，不能准予。请先登记容缺补齐；"
                "到期不补的，把相应的审查要点记为不符合，作出不予决定。"
            )
            return Refusal(code="deferral_open", message=text)
        if duty.finding == Finding.FALSE:
            text = f"“{duty.name}”的承诺经核查不实，不能准予。整改后请再核查，或者作出不予决定。"
            return Refusal(code="promise_false", message=text)
        if state.deemed and duty.open and duty.kind in (DutyKind.COMMITMENT, DutyKind.LICENCE):
            text = f"本件是视为受理的，“{duty.name}”没有签过承诺书，不能准予。请先登记核查结果。"
            return Refusal(code="promise_unchecked", message=text)
    return None

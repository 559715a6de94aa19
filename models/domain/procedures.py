"""The words of the acts after acceptance: what stops the clock, how a case ends, how it is handed over."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

PERMIT = "行政许可"
LAW = "《中华人民共和国行政许可法》"
LAW_32_4 = f"{LAW}第三十二条第一款第（四）项"
LAW_32_5 = f"{LAW}第三十二条第一款第（五）项"
LAW_42 = f"{LAW}第四十二条"
LAW_44 = f"{LAW}第四十四条"
LAW_45 = f"{LAW}第四十五条"
REAL_ESTATE_RULE = "《不动产登记暂行条例》"


class Procedure(StrEnum):
    """Why the clock stands still: the procedures of 行政许可法 第四十五条, and 挂起."""

    HEARING = "hearing"
    TENDER = "tender"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    APPRAISAL = "appraisal"
    EXPERTS = "experts"
    SUSPENSION = "suspension"


PROCEDURE_NAMES: Mapping[Procedure, str] = {
    Procedure.HEARING: "听证",
    Procedure.TENDER: "招标",
    Procedure.AUCTION: "拍卖",
    Procedure.INSPECTION: "检验",
    Procedure.TESTING: "检测",
    Procedure.QUARANTINE: "检疫",
    Procedure.APPRAISAL: "鉴定",
    Procedure.EXPERTS: "专家评审",
    Procedure.SUSPENSION: "挂起",
}


class Decision(StrEnum):
    GRANT = "grant"
    DENY = "deny"


DECISION_NAMES: Mapping[Decision, str] = {Decision.GRANT: "准予", Decision.DENY: "不予"}


class DeliveryWay(StrEnum):
    COUNTER = "counter"
    POST = "post"
    ELECTRONIC = "electronic"


WAY_NAMES: Mapping[DeliveryWay, str] = {
    DeliveryWay.COUNTER: "窗口领取",
    DeliveryWay.POST: "邮寄",
    DeliveryWay.ELECTRONIC: "电子送达",
}


def procedure_name(code: str) -> str:
    """The Chinese name; a code of a later program is shown as it is."""
    return PROCEDURE_NAMES[Procedure(code)] if code in set(Procedure) else code

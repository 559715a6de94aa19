"""The columns of 事项 that say how an item is handled: 办理形式, 到现场次数, 通办, 划转, 改革前 …"""

from __future__ import annotations

from typing import Any

from models.domain.catalog import CHECK_DAYS, DayLimit, Former
from sync.hub.catalog.columns import FORMER
from sync.hub.catalog.limits import LONGEST
from sync.hub.catalog.listing import channels_in_handling, read_listing
from sync.hub.catalog.report import WARNING, Report
from sync.hub.catalog.rows import Row
from sync.hub.catalog.splitting import ANY_MARKS, LIST_MARKS
from sync.hub.catalog.vocabulary import (
    CLOSINGS,
    DEPTHS,
    HANDLINGS,
    RESULT_KINDS,
    SHARED_SCOPES,
    TRANSFERS,
    chosen,
    count,
    whole,
    yes,
)

MOST_VISITS = 99
MOST = 9999


def read_process(row: Row, report: Report) -> dict[str, Any]:
    """Fields of Item by name.  A blank or missing column leaves the field as the model has it."""
    scope, divisions = _shared(row, report)
    special = row.parts("特别程序", LIST_MARKS + "|、")
    return {
        "local_code": row.code("本地编码"),
        "transfer": chosen(row, "划转", TRANSFERS, "", "", report),
        "former_department": row.get("原部门"),
        "shared_scope": scope,
        "accepted_in": (*row.parts("可受理区划", ANY_MARKS), *divisions),
        "entry_center": yes(row, "进驻大厅", report, unclear=True) if row.get("进驻大厅") else True,
        "handling": "" if channels_in_handling(row) else chosen(row, "办理形式", HANDLINGS, "", "", report),
        "online_depth": chosen(row, "网办深度", DEPTHS, "", "", report),
        "visits": count(row, "到现场次数", MOST_VISITS, report),
        "visits_reason": row.get("到现场原因"),
        "by_post": yes(row, "邮寄申请", report),
        "special_procedures": special,
        # Lists of one column for both: nothing in it may be counted.
        "not_counted": row.parts("不计入时限", LIST_MARKS + "|、") if row.has("不计入时限") else special,
        "conditions": row.parts("受理条件", LIST_MARKS),
        "result_kind": chosen(row, "结果类型", RESULT_KINDS, "", "", report),
        "closing": chosen(row, "办结方式", CLOSINGS, "", "", report),
        "produces": row.code("产生材料"),
        "result_sample": row.get("结果样本"),
        "licence_first": count(row, "照后办证时限", LONGEST, report),
        "deferral_days": count(row, "容缺补正时限", LONGEST, report),
        "correction_days": count(row, "补正时限", LONGEST, report) or None,
        "check_days": whole(row, "核查时限", CHECK_DAYS, 0, LONGEST, report),
        "extension": DayLimit(days=count(row, "可延期时限", LONGEST, report), basis=row.get("延期依据")),
        "address": row.get("办理地点"),
        "hours": row.get("办理时间"),
        "consult": row.get("咨询电话"),
        "complaint": row.get("投诉电话"),
        "topics": row.parts("主题", LIST_MARKS + "|"),
        "former": read_former(row, report),
        "detail_rule": row.get("实施细则"),
        "listing": read_listing(row, report),
    }


def read_former(row: Row, report: Report) -> Former | None:
    """The state before the reform; None unless materials, steps and workdays are all there."""
    values = {column: count(row, column, MOST, report) for column in FORMER[:5]}
    materials, stages, workdays, visits, merged = values.values()
    if materials is None or stages is None or workdays is None:
        if any(row.get(column) for column in FORMER[:5]):
            lacking = "、".join(f"“{c}”" for c in FORMER[:3] if values[c] is None)
            report.add(row, FORMER[0], f"改革前的数据缺少{lacking}，改革前各列都没有读入", WARNING)
        return None
    return Former(
        materials=materials,
        stages=stages,
        workdays=workdays,
        visits=visits or 0,
        merged=merged or 0,
        source=row.get("改革前来源"),
        demo=yes(row, "改革前演示", report, unclear=True),
    )


def _shared(row: Row, report: Report) -> tuple[str, tuple[str, ...]]:
    """通办范围: a word of ours, or, as some lists write it, the divisions that may accept."""
    parts = row.parts("通办范围", ANY_MARKS)
    if parts and all(part.isascii() and part.isdigit() for part in parts):
        return "", parts
    return chosen(row, "通办范围", SHARED_SCOPES, "", "", report), ()

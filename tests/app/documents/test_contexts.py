"""Documents whose facts come from plain values: 容缺, 告知承诺, 交接, 查询."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.documents.contexts.handing import Handed, Query, handover_context, query_context
from app.documents.contexts.trust import Commitment, Deferred, commitment_context, deferral_context
from app.documents.render import render
from tests.app.test_documents import text_of

AT = dt.datetime(2026, 11, 23, 10, 36)
OF_ALL: dict[str, Any] = {
    "organ": "样例局",
    "hall": "样例大厅",
    "window": "07 综合窗",
    "staff": "T0718",
    "phone": "0538-0000000",
    "mark": "370911 2026 0000001 1",
    "mark_label": "受理编号",
    "applicant": "张样例",
    "agent": "无",
    "item": "样例事项",
    "day_cn": "2026年11月23日（周一）",
    "qr_text": "",
}


def printed(kind: str, context: dict[str, Any]) -> str:
    data, warning = render(kind, OF_ALL | context, "")
    assert warning == ""
    return text_of(data)


def test_both_deferral_papers_name_each_material_with_way_and_last_day() -> None:
    papers = [
        Deferred("租赁合同", "邮寄", dt.date(2026, 12, 1)),
        Deferred("章程", "窗口补交", dt.date(2026, 12, 2)),
    ]
    context = deferral_context(papers, "逾期不补的后果样例")
    for kind in ("defer_promise", "defer_notice"):
        text = printed(kind, context)
        for wanted in (
            "租赁合同",
            "邮寄",
            "2026年12月1日（周二）止",
            "章程",
            "2026年12月2日（周三）止",
            "后果样例",
            "一式两份",
        ):
            assert wanted in text, (kind, wanted)


def test_a_commitment_is_told_and_free_to_decline() -> None:
    text = printed(
        "commitment", commitment_context(Commitment("须证明住所", "住所属实", "书面", "撤销并记入信用"))
    )
    for wanted in ("须证明住所", "住所属实", "撤销并记入信用", "以证明事项清单公布为准", "自愿选择", "签名"):
        assert wanted in text, wanted


def test_a_handover_lists_what_goes_out_to_whom() -> None:
    papers = [Handed("合同", pages=3), Handed("执照", original=False, copies=2)]
    text = printed("handover", handover_context(papers, "李样例", "核对身份证", "窗口领取", AT))
    for wanted in ("合同", "原件", "复印件", "李样例", "核对身份证", "窗口领取", "2026-11-23 10:36"):
        assert wanted in text, wanted


def test_a_query_slip_bears_the_query_seal_and_says_it_decides_nothing() -> None:
    query = Query("Q1", "王样例", "核对身份证", "贷款", "登记信息", "样例库", [("状态", "已登记")])
    text = printed("query", query_context(query, AT))
    for wanted in ("Q1", "王样例", "贷款", "样例库", "已登记", "政务信息查询专用章", "不是行政许可"):
        assert wanted in text, wanted
    assert "审批专用章" not in text

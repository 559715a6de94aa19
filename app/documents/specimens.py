"""Specimens: every document with plainly fictional values, so that a hall sees its own templates before it uses them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from app.documents.context import own_wording
from app.documents.pdf import to_pdfs
from app.documents.render import TITLES, render
from app.documents.required import REQUIRED
from models.errors import KnownError
from models.files import write_out

_MARK = "000000 2026 0000001 0"
_QR = "THB1|样张|specimen|2026-09-18"
_DAY = "2026年9月18日（周五）"
_PERMIT = "样例经营许可"
_NO = {"no": 1, "name": "样例申请表", "original": "原件", "form": "纸质收取", "copies": "1", "pages": "3"}
_SECOND = _NO | {"no": 2, "name": "经营场所平面布置图及房屋使用证明", "form": "高拍扫描", "pages": "—"}
_MEMBER = {
    "no": "①", "name": "样例设立登记", "mark": _MARK, "state": "已受理", "reason": "",
    "promised": "1 个工作日，至 2026-09-21", "legal": "3 个工作日，至 2026-09-23",
}  # fmt: skip
_WAITS = {
    "no": "②", "name": _PERMIT, "mark": "受理时编号", "state": "待前置办结（等 ①）", "reason": "",
    "promised": "5 个工作日，受理后起算", "legal": "20 个工作日，受理后起算",
}  # fmt: skip
_RECEIVED = [_NO | {"members": "1"}, _SECOND | {"members": "1、2"}]
_VALUES: Mapping[str, Any] = {
    "accepted": "1", "accepted_cn": _DAY, "address": "样例市样例路 1 号", "agent": "李样例",
    "any_waiting": True, "any_open": False, "applicant": "样例市样例商贸有限公司", "approver": "样例负责人",
    "basis": "《样例条例》第一条", "clause": "不属于本机关职权范围",
    "clock": "表中“已受理”各项自受理之日的次日起按工作日计算期限。", "committed": "样例证明",
    "consequence": "逾期未补齐的，不能作出准予决定，由审查人员依法处理。", "content": "样例证明（三年内）", "count": "2",
    "day_cn": _DAY, "decision_basis": "《样例条例》第一条",
    "deferred": "租赁合同（2026年9月25日止，到受理窗口补交）",
    "deferred_lines": [{"no": 1, "name": "租赁合同", "way": "到受理窗口补交", "due_cn": "2026年9月25日（周五）止"}],
    "delivered": "准予许可决定书、样例经营许可证", "delivery": "窗口领取", "event": "我要开样例店",
    "explanation": ["起算：2026-09-18 周五（当日不计，次日起算）", "办结期限：2026-09-24 周四，第 5 个工作日"],
    "failed": ["经营场所与申报一致"], "fee": "不收费", "flagged": [], "hall": "样例政务服务大厅",
    "handed": [_NO | {"name": "样例经营许可证", "pages": "—"}], "handed_time": "2026-09-18 10:30",
    "how_complete": "材料齐全、符合法定形式", "id_check": "核对签收人身份证件：□一致",
    "inquirer": "李样例", "item": _PERMIT, "kept": "样例申请表，由窗口保管，凭收件凭证领回",
    "later_basis": "《样例条例》第二条", "legal": "20 个工作日（次日起算），至 2026年10月22日（周四）",
    "licence_due": "2026年10月16日（周五）", "manner": "书面承诺，签名或者盖章", "mark": _MARK,
    "mark_label": "受理编号", "members": [_MEMBER, _WAITS],
    "missing": [
        {"no": 1, "name": "经营场所平面布置图", "reason": "未提交", "standard": "标明面积和功能分区"},
        {"no": 2, "name": "租赁合同", "reason": "没有双方签字", "standard": "双方签字，在有效期内"},
    ],
    "not_counted": "现场检查、专家评审", "obligation": "已符合“样例证明”所证明的要求", "organ": "样例市样例局",
    "permit": "许可", "phone": "见大厅公示", "place": "样例市样例路 8 号", "procedure": "专家评审",
    "promise_basis": "以证明事项清单公布为准", "promised": "5 个工作日（次日起算），至 2026年9月24日（周四）",
    "provisional": False, "purpose": "核对办理进度", "qr_text": f"扫码核对编号：{_MARK}",
    "query_number": "CX-样张-1", "queried_time": "2026-09-18 10:30", "rating_text": "",
    "reason": "样例理由。", "received": _RECEIVED, "received_cn": _DAY, "received_time": "2026-09-18 10:30",
    "recipient": "李样例", "redirect": "样例市样例局窗口", "result": "样例经营许可证",
    "results": [{"name": "办件状态", "value": "已受理"}, {"name": "受理日期", "value": "2026-09-18"}],
    "rule_document": "《样例办法》", "silence_rule": "材料不齐全的，将在五个工作日内一次告知；逾期不告知的，自收到材料之日起即为受理。",
    "silent_since": "在五个工作日内没有告知需要补正的内容，自收到申请材料之日起即为受理", "source": "样例政务服务大厅办件副本",
    "staff": "T0000", "subject": _PERMIT, "supplement_limit": "至2026年9月30日（周三）止", "title": "特别程序告知书",
    "visits": [{"no": "①", "name": _PERMIT, "mark": _MARK, "points": "1. 场所与申报一致\n2. 设施齐全"}],
    "waiting_rule": "“待前置办结”各项以前置事项的决定为条件，现在尚未收件、受理，不计算期限。",
    "way": "窗口领取", "window": "01 综合窗", "workdays": "10",
}  # fmt: skip


class Specimens(msgspec.Struct, frozen=True, kw_only=True):
    """File names in the folder, and the warnings about a hall's own templates."""

    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def write_specimens(folder: Path, templates: Path | None = None, *, pdf: bool = False) -> Specimens:
    """Every document into ``folder``, from the hall's ``templates`` where it has its own, else the built-in ones.

    Everything is made before the first file is written; raises KnownError.
    """
    if templates is not None and not templates.is_dir():
        raise KnownError(f"没有“{templates}”这个文件夹。没有写出文件。请核对模板所在的位置。")
    wording, warning = own_wording(templates)
    values = dict(_VALUES) | {"remedy": wording["remedy"]}
    made, warnings = {}, [warning]
    for kind in sorted(REQUIRED):
        made[f"{kind}-{TITLES[kind]}"], told = render(kind, values, _QR, templates)
        warnings.append(told)
    out = {f"{name}.docx": data for name, data in made.items()}
    if pdf:
        out |= {f"{name}.pdf": data for name, data in to_pdfs(made).items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in out.items():
            write_out(folder / name, data)
    except OSError as error:
        raise KnownError(
            "样张写不进选定的文件夹，可能只写了一部分。模板没有改动。请换一个位置或者腾出空间再写。",
            detail=type(error).__name__,
        ) from error
    return Specimens(files=tuple(sorted(out)), warnings=tuple(dict.fromkeys(w for w in warnings if w)))

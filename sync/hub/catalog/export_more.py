"""Rows of what goes beyond the item, its form and its materials: process, 环节, 收费, 证明, 一件事."""

from __future__ import annotations

from collections.abc import Iterable

from models.domain.catalog import Bundle, Former, Item, ProofRule
from sync.hub.catalog.columns import FORMER
from sync.hub.catalog.conditions import COLUMN, format_condition
from sync.hub.catalog.listing import listing_columns
from sync.hub.catalog.splitting import CHOICE_MARKS, LIST_MARKS, escape, join
from sync.hub.catalog.vocabulary import (
    CLOSINGS,
    DEPTHS,
    HANDLINGS,
    RESULT_KINDS,
    SHARED_SCOPES,
    STATUSES,
    TRANSFERS,
    name_of,
)

Rows = list[dict[str, str]]
MORE_MARKS = LIST_MARKS + "|、"
OPTION_MARKS = CHOICE_MARKS + ":："


def yes(flag: bool) -> str:
    return "是" if flag else ""


def process_columns(item: Item) -> dict[str, str]:
    """Inverse of :func:`sync.hub.catalog.process.read_process`."""
    return {
        "本地编码": item.local_code,
        "划转": name_of(item.transfer, TRANSFERS),
        "原部门": item.former_department,
        "通办范围": name_of(item.shared_scope, SHARED_SCOPES),
        "可受理区划": "|".join(item.accepted_in),
        "进驻大厅": "" if item.entry_center else "否",
        "办理形式": name_of(item.handling, HANDLINGS),
        "网办深度": name_of(item.online_depth, DEPTHS),
        "到现场次数": _count(item.visits),
        "到现场原因": item.visits_reason,
        "邮寄申请": yes(item.by_post),
        "特别程序": join(item.special_procedures, "；", MORE_MARKS),
        "不计入时限": join(item.not_counted, "；", MORE_MARKS),
        "受理条件": join(item.conditions, "；", LIST_MARKS),
        "结果类型": name_of(item.result_kind, RESULT_KINDS),
        "办结方式": name_of(item.closing, CLOSINGS),
        "产生材料": item.produces,
        "结果样本": item.result_sample,
        "照后办证时限": _count(item.licence_first),
        "容缺补正时限": _count(item.deferral_days),
        "补正时限": _count(item.correction_days),
        "核查时限": str(item.check_days),
        "可延期时限": _count(item.extension.days),
        "延期依据": item.extension.basis,
        "办理地点": item.address,
        "办理时间": item.hours,
        "咨询电话": item.consult,
        "投诉电话": item.complaint,
        "主题": join(item.topics, "；", LIST_MARKS + "|"),
        "实施细则": item.detail_rule,
        **_former(item.former),
        **listing_columns(item.listing),
    }


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _former(former: Former | None) -> dict[str, str]:
    if former is None:
        return {}
    numbers = (former.materials, former.stages, former.workdays, former.visits, former.merged)
    return dict(zip(FORMER, (*map(str, numbers), former.source, yes(former.demo)), strict=True))


def item_tables(items: Iterable[Item]) -> dict[str, Rows]:
    """环节, 收费 and 常见问题 of all items."""
    tables: dict[str, Rows] = {"环节": [], "收费": [], "常见问题": []}
    for item in items:
        key = {"办理项标识": item.id}
        tables["环节"] += [
            key
            | {
                "环节标识": stage.id, "环节名称": stage.name, "工作日": _count(stage.workdays), "岗位": stage.role,
                "计入时限": "" if stage.counted else "否", "说明": stage.note,
            }
            for stage in item.stages
        ]  # fmt: skip
        tables["收费"] += [
            key
            | {
                "收费项目": fee.name, "收费标准": fee.standard, "依据": fee.basis, "减免": fee.relief,
                "网上缴费": yes(fee.online),
            }
            for fee in item.fees
        ]  # fmt: skip
        tables["常见问题"] += [key | {"问题": one.question, "解答": one.answer} for one in item.answers]
    return tables


def proof_rows(proofs: Iterable[ProofRule]) -> Rows:
    return [
        {"证明名称": rule.name, "是否保留": "是" if rule.allowed else "否", "依据": rule.basis, "替代方式": rule.instead}
        for rule in proofs
    ]  # fmt: skip


def bundle_tables(bundles: Iterable[Bundle]) -> dict[str, Rows]:
    """一件事, its questions and its members."""
    tables: dict[str, Rows] = {"一件事": [], "一件事情形": [], "一件事成员": []}
    for bundle in bundles:
        key = {"一件事标识": bundle.id}
        head = {"名称": bundle.name, "状态": name_of(bundle.status, STATUSES)}
        tables["一件事"].append(
            key | head | {"来源": bundle.source, "备注": bundle.note} | _former(bundle.former)
        )
        tables["一件事情形"] += [
            key
            | {
                "问题标识": q.id,
                "问题": q.text,
                "选项": "|".join(f"{escape(o.id, OPTION_MARKS)}:{escape(o.label, OPTION_MARKS)}" for o in q.options),
                COLUMN: format_condition(q.when),
            }
            for q in bundle.questions
        ]  # fmt: skip
        tables["一件事成员"] += [
            key
            | {
                "办理项标识": member.item, COLUMN: format_condition(member.when),
                "前置": "|".join(member.after), "一并勘验": yes(member.joint_visit),
                "预设情形": format_condition(member.settled),
            }
            for member in bundle.members
        ]  # fmt: skip
    return tables

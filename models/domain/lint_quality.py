"""The published quality rules for one item of the 实施清单 (domain facts §2.5, the 温州 checker).

What contradicts a rule is an error.  What a rule needs and the list does not say is an error where
the rule asks for it to be there, else a warning.
"""

from __future__ import annotations

import re
import unicodedata

from models.domain.catalog import ApplicantKind, Item, ItemKind, Need
from models.domain.findings import Findings, error, warning
from models.domain.forms import BLANK, SAMPLE, name_objection
from models.domain.topics import topic_for

# No limit in force is longer; one that is was mistyped.
LONGEST_LIMIT = 3650
PERMIT = "行政许可"
PERMIT_STAGES = 5
# 环节 a permit must have; the words after the first mean the same in real lists (§2.5: 审查/决定/制证).
_PERMIT_STAGES = (
    ("受理",), ("审核", "审查"), ("审批", "决定"), ("办结", "制证"), ("送达",),
)  # fmt: skip
# Looked for in this order: 批复 has no 文, but 批复文件 has.
_CLOSINGS = (
    ("批复", "approval", "审批办结"), ("证", "certificate", "出证办结"), ("文", "document", "出文办结"),
)  # fmt: skip
_WHO = {ApplicantKind.PERSON: "自然人", ApplicantKind.ORGANISATION: "法人"}
FORM_NAMES = (
    "申请书",
    "申请表",
    "登记表",
    "备案表",
    "信息表",
    "申报表",
    "申领表",
    "采集表",
    "备案书",
    "承诺书",
)


def limits(item: Item) -> Findings:
    """承诺“即办” ⇔ 即办件 and 即审即办, otherwise 承诺件 and 前审后批; 承诺 ≤ 法定; 环节 within 承诺."""
    legal, promised = item.legal.days, item.promised.days
    if item.kind is ItemKind.UNKNOWN:
        yield warning("kind-missing", item, "没有写办件类型（即办件、承诺件）")
    elif promised is not None and (item.kind is ItemKind.INSTANT) != (promised == 0):
        reason = (
            f"办件类型是即办件，承诺时限却是 {promised} 个工作日"
            if promised
            else "承诺时限是即办（0 个工作日），办件类型却是承诺件"
        )
        yield error("kind-promise", item, reason)
    if item.handling and item.kind is not ItemKind.UNKNOWN:
        if (item.handling == "at_once") != (item.kind is ItemKind.INSTANT):
            reason = "即办件应当即审即办，承诺件应当前审后批，办理形式与办件类型不一致"
            yield error("kind-handling", item, reason)
    elif not item.handling:
        yield warning("handling-missing", item, "没有写办理形式（即审即办、前审后批）")
    if legal is None and promised is None:
        yield warning("limit-missing", item, "法定时限和承诺时限都没有写，受理后不推算办结日期")
    elif promised is None:
        yield warning("promise-missing", item, "没有写承诺时限")
    for label, days in (("法定", legal), ("承诺", promised)):
        if days is not None and not 0 <= days <= LONGEST_LIMIT:
            yield error("limit-range", item, f"{label}时限 {days} 个工作日不在 0 到 {LONGEST_LIMIT} 之间")
    if legal is not None and promised is not None and promised > legal:
        reason = f"承诺时限 {promised} 个工作日长于法定时限 {legal} 个工作日"
        yield error("promise-over-legal", item, reason)
    if item.legal.binding and not item.legal.basis:
        yield warning("limit-basis", item, "法定时限没有写依据，请补上或者注明存疑")
    spent = sum(stage.workdays or 0 for stage in item.stages if stage.counted)
    if promised is not None and spent > promised:
        reason = f"各环节共 {spent} 个工作日，超过承诺的 {promised} 个工作日"
        yield error("stages-over-promise", item, reason)
    if item.extension.days and not item.extension.basis:
        yield error("extension-basis", item, f"可延期 {item.extension.days} 个工作日没有写依据，不能延期")
    if item.deferral_days is not None and promised is not None and item.deferral_days > promised:
        reason = f"容缺补正时限 {item.deferral_days} 个工作日长于承诺时限 {promised} 个工作日"
        yield error("deferral-over-promise", item, reason)


def visits(item: Item) -> Findings:
    """到现场次数: a reason if and only if it is not 0; 0 without online → by post; IV 级 → 0."""
    if item.visits is None:
        yield warning("visits-missing", item, "没有写到现场次数")
    elif item.visits and not item.visits_reason:
        yield error("visits-reason", item, f"要到现场 {item.visits} 次，没有写原因")
    elif not item.visits and item.visits_reason:
        yield error("visits-reason", item, "到现场 0 次，却写了到现场的原因")
    # I 级 is information only: nothing can be handed in online.
    if item.visits == 0 and item.online_depth in ("", "I") and not (item.listing.online or item.by_post):
        reason = "到现场 0 次，又不能网上办理，应当提供邮寄申请"
        yield error("visits-post", item, reason)
    if item.online_depth == "IV" and item.visits != 0:
        yield error("depth-visits", item, "网办深度是 IV 级，到现场次数应当是 0")


def fees(item: Item) -> Findings:
    """收费 → basis, standard and online payment; 不收费 → no line that takes money."""
    if item.fee and not item.fees:
        yield error("fee-lines", item, "收费，却没有列收费项目、标准和依据")
    if item.fees and not item.fee:
        yield error("fee-lines", item, "收费栏写的是不收费，却列了收费项目")
    for fee in item.fees:
        lacking = [
            word
            for word, there in (("标准", fee.standard), ("依据", fee.basis), ("网上缴费", fee.online))
            if not there
        ]
        if lacking:
            yield error("fee-complete", item, f"收费项目“{fee.name}”没有{'、'.join(lacking)}")


def contacts(item: Item) -> Findings:
    """咨询电话 and 投诉电话 are both there and differ."""
    for label, there in (("咨询电话", item.consult), ("投诉电话", item.complaint)):
        if not there:
            yield error("contact-missing", item, f"没有{label}")
    if item.consult and _spelt(item.consult) == _spelt(item.complaint):
        yield error("contact-same", item, "咨询电话和投诉电话相同")


def _spelt(phone: str) -> str:
    """A telephone number as it is dialled: 0538-1 and (0538) 1 are one."""
    return re.sub(r"[\s()\-—－]", "", unicodedata.normalize("NFKC", phone))


def topics(item: Item) -> Findings:
    """服务对象 agrees with 主题: no topic for others only, and one for each kind of applicant."""
    served = frozenset(item.applicants)
    covered: frozenset[ApplicantKind] = frozenset()
    for topic in item.topics:
        meant = topic_for(topic)
        covered |= meant or served
        if not meant:
            yield warning("topic-unknown", item, f"主题“{topic}”不在常用的主题里")
        elif not meant & served:
            who = "、".join(_WHO[kind] for kind in item.applicants)
            yield error("topic-applicants", item, f"服务对象是{who}，主题“{topic}”不面向{who}")
    if item.topics:
        for kind in sorted(served - covered):
            reason = f"服务对象有{_WHO[kind]}，没有一个面向{_WHO[kind]}的主题"
            yield error("topic-applicants", item, reason)
    else:
        yield warning("topic-missing", item, "没有写主题")


def permit(item: Item) -> Findings:
    """A 许可 has 常见问题 and at least five 环节, among them 受理, 审核, 审批, 办结 and 送达."""
    if item.power_type != PERMIT:
        return
    if not item.answers:
        yield error("permit-answers", item, "行政许可应当有常见问题")
    lacking = [
        words[0]
        for words in _PERMIT_STAGES
        if not any(word in stage.name for stage in item.stages for word in words)
    ]
    if len(item.stages) < PERMIT_STAGES or lacking:
        reason = f"行政许可应当有不少于 {PERMIT_STAGES} 个环节，现有 {len(item.stages)} 个"
        yield error("permit-stages", item, reason + (f"，缺少{'、'.join(lacking)}" if lacking else ""))


def result(item: Item) -> Findings:
    """证 → 出证办结, 文 → 出文办结, 批复 → 审批办结; what has a result has a sample of it."""
    found = next((one for one in _CLOSINGS if one[0] in item.result), None)
    if found is not None:
        mark, closing, word = found
        reason = f"结果“{item.result}”带“{mark}”，办结方式应当是{word}"
        if not item.closing:
            yield warning("closing-missing", item, reason + "，没有写")
        elif item.closing != closing:
            yield error("closing-result", item, reason)
    if item.result and not item.result_sample:
        yield error("result-sample", item, f"结果“{item.result}”没有样本")


def materials(item: Item) -> Findings:
    """空白表 and 样表 of what the applicant makes; 红线 items take neither 容缺 nor 告知承诺."""
    if item.red_line:
        if item.deferral_allowed or any(m.need is Need.DEFERRABLE for m in item.materials):
            yield error("red-line", item, "红线事项（安全、质量、环保）不适用容缺受理")
        if item.commitment_allowed or any(m.commitment_allowed for m in item.materials):
            yield error("red-line", item, "红线事项（安全、质量、环保）不适用告知承诺")
    if not item.materials:
        yield warning("materials-missing", item, "没有材料清单，窗口不能要求任何材料")
    for material in item.materials:
        for kind, name in ((BLANK, material.blank), (SAMPLE, material.sample)):
            objection = name_objection(name) if name else ""
            if objection:
                reason = f"材料“{material.name}”的{kind}“{name}”用不了：{objection}"
                yield warning("material-file-name", item, reason, material.id)
        if material.source != "applicant":
            continue
        if (material.kind == "form" or material.name.endswith(FORM_NAMES)) and not material.blank:
            yield warning("material-blank", item, f"材料“{material.name}”没有空白表", material.id)
        if not material.sample:
            yield warning("material-sample", item, f"材料“{material.name}”没有样表", material.id)


RULES = (limits, visits, fees, contacts, topics, permit, result, materials)

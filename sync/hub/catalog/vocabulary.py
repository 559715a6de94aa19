"""The closed vocabularies of the format: what is written, what lists write instead, what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from models.domain.catalog import DOMAIN_NAMES, ApplicantKind, Domain, FieldType, ItemKind, Need
from models.domain.listing import CANCELLED, SUSPENDED
from sync.hub.catalog.report import WARNING, Report
from sync.hub.catalog.rows import Row, plain_code

T = TypeVar("T")

# First name of each value: the one that is exported.
DOMAINS: Mapping[str, Domain] = {name: domain for domain, name in DOMAIN_NAMES.items()} | {
    "投资建设": Domain.CONSTRUCTION,
    "社会保险": Domain.SOCIAL_INSURANCE,
}
ITEM_KINDS: Mapping[str, ItemKind] = {
    "即办件": ItemKind.INSTANT, "即办": ItemKind.INSTANT, "承诺件": ItemKind.COMMITTED, "承诺办件": ItemKind.COMMITTED,
}  # fmt: skip
APPLICANTS: Mapping[str, ApplicantKind] = {
    "自然人": ApplicantKind.PERSON, "个人": ApplicantKind.PERSON, "公民": ApplicantKind.PERSON,
    "法人": ApplicantKind.ORGANISATION, "企业": ApplicantKind.ORGANISATION, "企业法人": ApplicantKind.ORGANISATION,
    "事业法人": ApplicantKind.ORGANISATION, "社会组织法人": ApplicantKind.ORGANISATION,
    "非法人组织": ApplicantKind.ORGANISATION, "其他组织": ApplicantKind.ORGANISATION, "组织": ApplicantKind.ORGANISATION,
}  # fmt: skip
NEEDS: Mapping[str, Need] = {
    "必要": Need.REQUIRED, "必须": Need.REQUIRED, "必需": Need.REQUIRED, "是": Need.REQUIRED, "1": Need.REQUIRED,
    "非必要": Need.OPTIONAL, "非必须": Need.OPTIONAL, "否": Need.OPTIONAL, "2": Need.OPTIONAL,
    "容缺后补": Need.DEFERRABLE, "容缺": Need.DEFERRABLE, "可容缺": Need.DEFERRABLE, "3": Need.DEFERRABLE,
}  # fmt: skip
ORIGINALS: Mapping[str, bool] = {"原件": True, "正本": True, "复印件": False, "副本": False}
FORMS: Mapping[str, str] = {
    "纸质": "paper", "1": "paper", "电子": "electronic", "电子化": "electronic", "2": "electronic",
    "纸质或电子": "either", "纸质/电子": "either", "纸质或电子化": "either", "3": "either",
}  # fmt: skip
SOURCES: Mapping[str, str] = {
    "申请人自备": "applicant", "10": "applicant", "政府部门核发": "government", "20": "government",
    "其他": "other", "99": "other",
}  # fmt: skip
FIELD_TYPES: Mapping[str, FieldType] = {
    "文本": FieldType.TEXT, "单行": FieldType.TEXT, "多行": FieldType.MULTILINE, "整数": FieldType.INTEGER,
    "小数": FieldType.DECIMAL, "数字": FieldType.DECIMAL, "日期": FieldType.DATE, "选择": FieldType.CHOICE,
    "电话": FieldType.PHONE, "身份证": FieldType.RESIDENT_ID, "身份证号": FieldType.RESIDENT_ID,
    "信用代码": FieldType.USCC, "统一社会信用代码": FieldType.USCC,
}  # fmt: skip
HANDLINGS: Mapping[str, str] = {"即审即办": "at_once", "前审后批": "reviewed"}
DEPTHS: Mapping[str, str] = {
    word: depth
    for depth, number, roman in (("I", "一", "Ⅰ"), ("II", "二", "Ⅱ"), ("III", "三", "Ⅲ"), ("IV", "四", "Ⅳ"))
    for word in (depth, f"{depth}级", f"{number}级", f"{roman}级", roman, f"{depth}类")
}
RESULT_KINDS: Mapping[str, str] = {
    "证照": "certificate", "出证": "certificate", "10": "certificate", "批文": "approval", "出文": "approval",
    "20": "approval", "其他": "other", "其它": "other", "30": "other",
}  # fmt: skip
CLOSINGS: Mapping[str, str] = {"出证办结": "certificate", "出文办结": "document", "审批办结": "approval"}
TRANSFERS: Mapping[str, str] = {
    "许可": "permit", "行政许可": "permit", "关联": "linked", "关联事项": "linked", "收费": "fee", "收费事项": "fee",
}  # fmt: skip
SHARED_SCOPES: Mapping[str, str] = {"同级通办": "city", "市县同权": "county"}
STATES: Mapping[str, str] = {
    "在用": "in_use", "有效": "in_use", "已发布": "in_use", "暂停": SUSPENDED, "暂停办理": SUSPENDED,
    "取消": CANCELLED, "已取消": CANCELLED, "废止": CANCELLED,
}  # fmt: skip
MATERIAL_KINDS: Mapping[str, str] = {
    "证件证书证明": "proof", "1": "proof", "申请表格文书": "form", "2": "form", "其他": "other", "其它": "other", "3": "other",
}  # fmt: skip
STATUSES: Mapping[str, str] = {"已上线": "online", "上线": "online", "梳理中": "preparing"}
WINDOW_KINDS: Mapping[str, str] = {
    "综合": "general",
    "综合窗口": "general",
    "专业": "specialist",
    "专业窗口": "specialist",
}


def name_of(value: T, words: Mapping[str, T]) -> str:
    """The word that is exported for a value; "" when it has none."""
    return next((word for word, one in words.items() if one == value), "")


def chosen(row: Row, column: str, words: Mapping[str, T], unclear: T, blank: T, report: Report) -> T:
    """The value of a word; an unknown word is reported and becomes ``unclear``."""
    word = plain_code(row.get(column))
    if not word:
        return blank
    if word in words:
        return words[word]
    allowed = "、".join(dict.fromkeys(name_of(value, words) for value in words.values()))
    taken = name_of(unclear, words)
    then = f"按“{taken}”读入" if taken else "按没有填处理"
    report.add(row, column, f"“{row.get(column)[:40]}”不在可选值里（{allowed}），{then}", WARNING)
    return unclear


def chosen_several(
    row: Row, column: str, words: Mapping[str, T], marks: str, report: Report
) -> tuple[T, ...]:
    """The values of all known words, each once; unknown words are reported and left out."""
    found: dict[T, None] = {}
    for part in row.parts(column, marks):
        if plain_code(part) in words:
            found.setdefault(words[plain_code(part)])
        else:
            report.add(row, column, f"不认识“{part[:40]}”，没有读入", WARNING)
    return tuple(found)


def yes(row: Row, column: str, report: Report, *, unclear: bool = False) -> bool:
    """是 or 否; anything else is reported and counts as ``unclear``."""
    flag = row.flag(column)
    if flag is None:
        taken = "是" if unclear else "否"
        reason = f"“{row.get(column)[:40]}”不是“是”或者“否”，按“{taken}”读入"
        report.add(row, column, reason, WARNING)
        return unclear
    return flag


def count(row: Row, column: str, high: int, report: Report) -> int | None:
    """A whole number from 0; blank is None, anything else is reported and becomes None."""
    text = row.code(column)
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= high:
        return int(text)
    report.add(row, column, f"“{text[:40]}”不是 0 到 {high} 的整数，按没有填处理", WARNING)
    return None


def whole(row: Row, column: str, default: int, low: int, high: int, report: Report) -> int:
    """A whole number; anything else is reported and becomes ``default``."""
    text = row.code(column)
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high:
        return int(text)
    report.add(row, column, f"“{text[:40]}”不是 {low} 到 {high} 的整数，按 {default} 读入", WARNING)
    return default

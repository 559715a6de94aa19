"""Item and department codes: what can be checked without a network.

GB/T 39554.1-2020 as far as real codes show it (domain facts §2.1): 基本编码 12 = 地区 2 + 类型 2 +
部门系统 2 + 主项 3 + 子项 3; 实施编码 31 = USCC 18 + 行使层级 1 + 基本编码 12; 业务办理项编码 33 = 31 + 2
running digits.  There is no check digit but that of the USCC (GB 32100) inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from stdnum.cn import uscc

POWER_TYPES = {
    "1": "行政许可", "2": "行政处罚", "3": "行政强制", "4": "行政征收", "5": "行政给付", "6": "行政检查",
    "7": "行政确认", "8": "行政奖励", "9": "行政裁决", "10": "其他行政权力", "20": "公共服务",
}  # fmt: skip
BASE, TASK, HANDLE = 12, 31, 33
# What children of one 主项 share: everything of 基本编码 but 子项.
SHARED = 9


class CodeDoubt(NamedTuple):
    """``sure`` is False where real codes break the rule, so that it can only be a warning."""

    rule: str
    sure: bool
    sentence: str


def code_doubts(code: str, power_type: str, division: str = "") -> Iterator[CodeDoubt]:
    """Everything odd about one 事项编码 that is not blank; ``power_type`` is the item's 事项类型.

    ``division`` is the 区划 of the department: the province of a 基本编码 that stands alone.
    """
    if len(code) not in (BASE, TASK, HANDLE):
        reason = f"事项编码长 {len(code)} 位，不是国家标准的 12、31 或者 33 位"
        yield CodeDoubt("code-length", True, reason)
        return
    if not re.fullmatch(r"[0-9A-Z]+", code):
        yield CodeDoubt("code-characters", True, "事项编码里有字母和数字以外的字符")
        return
    base = base_code(code)
    if len(code) > BASE:
        if not valid_uscc(code[:18]):
            reason = "事项编码前 18 位不是有效的统一社会信用代码（校验位不对）"
            yield CodeDoubt("code-uscc", True, reason)
        elif not valid_organisation(code[8:17]):
            reason = "统一社会信用代码里的组织机构代码（第 9 至 17 位）校验位不对"
            yield CodeDoubt("code-organisation", False, reason)
        division, level = code[2:8], code[18]
        expected = "2" if division.endswith("0000") else "3" if division.endswith("00") else "4"
        if level != expected:
            reason = f"事项编码第 19 位行使层级是 {level}，与区划 {division} 不一致"
            yield CodeDoubt("code-level", False, reason)
    if division and base[:2] not in ("00", division[:2]):
        reason = f"基本编码的地区 {base[:2]} 不是国家（00）也不是本省（{division[:2]}）"
        yield CodeDoubt("code-prefix", True, reason)
    kind = POWER_TYPES.get(base[2:4].lstrip("0"), "")
    if not kind:
        yield CodeDoubt("code-type", True, f"基本编码的类型 {base[2:4]} 不在国家目录里")
    elif power_type in POWER_TYPES.values() and kind != power_type:
        reason = f"基本编码的类型是{kind}，与事项类型“{power_type}”不一致"
        yield CodeDoubt("code-type-differs", True, reason)


def base_code(code: str) -> str:
    """The 基本编码 inside a code of standard length, else ""."""
    return {BASE: code, TASK: code[19:31], HANDLE: code[19:31]}.get(len(code), "")


@lru_cache(maxsize=4096)
def valid_uscc(code: str) -> bool:
    """GB 32100: length, alphabet and check digit."""
    return bool(uscc.is_valid(code)) and len(code) == 18


def valid_organisation(code: str) -> bool:
    """GB 11714: nine characters, the last a check digit.  Inside a USCC it is only a warning (§2.3)."""
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", code):
        return False
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c, 36) * w for c, w in zip(code[:8], weights, strict=True))
    return code[8] == "0123456789X0"[11 - total % 11]

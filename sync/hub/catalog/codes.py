"""The rules for item and department codes that a workstation can check (GB/T 39554.1, domain §2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.cn import uscc

from sync.hub.catalog.report import WARNING

POWER_TYPES = {
    "1": "行政许可", "2": "行政处罚", "3": "行政强制", "4": "行政征收", "5": "行政给付", "6": "行政检查",
    "7": "行政确认", "8": "行政奖励", "9": "行政裁决", "10": "其他行政权力", "20": "公共服务",
}  # fmt: skip


def power_type(text: str) -> str:
    """The name of a 事项类型 code (01 or 1); a name stays itself."""
    return POWER_TYPES.get(text.lstrip("0"), text)


def item_code_doubts(code: str) -> Iterator[tuple[str, str]]:
    """(reason, severity) of everything odd about a 事项编码; none is a reason not to load the row."""
    if not code:
        yield "没有事项编码", WARNING
        return
    if len(code) not in (12, 31, 33) or not re.fullmatch(r"[0-9A-Z]+", code):
        yield f"事项编码长 {len(code)} 位或者有其他字符，不是国家标准的 12、31 或者 33 位", WARNING
        return
    if len(code) > 12:
        yield from uscc_doubts(code[:18], "事项编码前 18 位")
        level, division = code[18], code[2:8]
        expected = "2" if division.endswith("0000") else "3" if division.endswith("00") else "4"
        if level != expected:
            yield f"行使层级 {level} 与区划 {division} 不一致", WARNING
    base = code if len(code) == 12 else code[19:31]
    if base[2:4] not in {f"{int(k):02d}" for k in POWER_TYPES}:
        yield f"基本编码的类型 {base[2:4]} 不在国家目录里", WARNING


def uscc_doubts(code: str, what: str = "部门编码") -> Iterator[tuple[str, str]]:
    if not code:
        yield f"没有{what}", WARNING
    elif len(code) != 18:
        yield f"{what}长 {len(code)} 位，不是 18 位统一社会信用代码", WARNING
    elif not uscc.is_valid(code):
        yield f"{what}的校验位不对", WARNING

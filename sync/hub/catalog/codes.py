"""The rules for item, department and division codes that can be checked without a network.

GB/T 39554.1 as far as real codes show it (domain facts §2.1): a broken rule is a doubt about the
row and never a reason to leave it out, because real codes break every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.domain.item_codes import (
    BASE,
    HANDLE,
    POWER_TYPES,
    TASK,
    code_doubts,
    valid_organisation,
    valid_uscc,
)

_SHORT_NAMES = {name.removeprefix("行政"): name for name in POWER_TYPES.values()} | {
    "其他": "其他行政权力", "其他权力": "其他行政权力", "其他类": "其他行政权力",
}  # fmt: skip


def power_type(text: str) -> tuple[str, bool]:
    """The name of a 事项类型 code (01 or 1) or name, and whether it is one of the national ones."""
    number = text.lstrip("0")
    name = POWER_TYPES.get(number) or _SHORT_NAMES.get(text, text)
    return name, name in POWER_TYPES.values()


def normal_item_code(text: str) -> str:
    """Upper case where it has a standard length; a local code stays as its owner writes it."""
    return text.upper() if len(text) in (BASE, TASK, HANDLE) else text


def item_code_doubts(code: str, type_name: str) -> Iterator[str]:
    """Everything odd about one 事项编码 that is not blank."""
    return (doubt.sentence for doubt in code_doubts(code, type_name))


def department_code_doubts(code: str) -> Iterator[str]:
    """What is odd about a 部门编码 (a USCC, GB 32100) that is not blank."""
    if len(code) == 18:
        if not valid_uscc(code):
            yield "部门编码不是有效的统一社会信用代码（校验位不对）"
        return
    short = code.replace("-", "")
    if len(short) == 9 and valid_organisation(short):
        yield "部门编码是 9 位组织机构代码，不是 18 位统一社会信用代码"
    else:
        yield f"部门编码长 {len(code)} 位，不是 18 位统一社会信用代码"


def division(text: str) -> tuple[str, bool]:
    """GB/T 2260 code without the zeros that pad it to 12 digits, and whether it has a known form."""
    if re.fullmatch(r"[1-9]\d{11}", text):
        text = text.removesuffix("000000") if text.endswith("000000") else text.removesuffix("000")
    return text, re.fullmatch(r"[1-9]\d{5}(\d{3}){0,2}", text) is not None

"""What a scanned code means at the window; pure.  A code that means nothing here is left alone."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

import msgspec

from models.domain.ids import IdKind, check_id
from models.domain.numbers import is_valid_number, normalise_number


class CodeKind(StrEnum):
    CASE = "case"
    ITEM = "item"
    USCC = "uscc"
    RESIDENT_ID = "resident_id"


class Code(msgspec.Struct, frozen=True):
    kind: CodeKind
    value: str


# Names that 营业执照 and other certificates give the code in the address of their QR.
_USCC_NAMES = ("uniscid", "uscc", "tyshxydm", "shxydm", "creditcode")


def meaning(text: str, today: dt.date) -> Code | None:
    """A notice's QR or a case number, a guide's QR, a 统一社会信用代码 (also inside an address), an id number.

    18 places fit three kinds; each has its own check digit, and the case number comes first: it is ours.
    """
    text = text.strip()
    if text.startswith("THB1|"):
        number = text.split("|")[1]
        return Code(CodeKind.CASE, number) if is_valid_number(number) else None
    if text.startswith("THBG1|"):
        item = text.split("|")[1]
        return Code(CodeKind.ITEM, item) if re.fullmatch(r"[A-Z0-9-]{2,20}", item) else None
    if "://" in text:
        return _in_address(text, today)
    value = normalise_number(text)
    if len(value) != 18:
        return None
    # The year of a case number stands where the birth year of an id stands not: 区划6 年4 against 区划6 出生8.
    if is_valid_number(value) and 2000 <= int(value[6:10]) <= today.year + 1 and not _id(value, today):
        return Code(CodeKind.CASE, value)
    if _id(value, today):
        return Code(CodeKind.RESIDENT_ID, value)
    if check_id(IdKind.USCC, value, today).ok:
        return Code(CodeKind.USCC, value)
    return None


def _id(value: str, today: dt.date) -> bool:
    return check_id(IdKind.RESIDENT_ID, value, today).ok


def _in_address(text: str, today: dt.date) -> Code | None:
    try:
        values = parse_qsl(urlsplit(text).query)
    except ValueError:
        return None
    for name, value in values:
        if name.lower() in _USCC_NAMES and check_id(IdKind.USCC, value, today).ok:
            return Code(CodeKind.USCC, value.upper())
    return None

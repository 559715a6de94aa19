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


def meanings(text: str, today: dt.date) -> tuple[Code, ...]:
    """What it may be, the likeliest first; () for a code that means nothing here.

    A notice's or guide's QR, a 统一社会信用代码 (also inside the address of a 营业执照), an id number, a case
    number.  The last two have one check digit between them: which it is only the case list can tell, so both
    are named and the caller looks the case up first.
    """
    text = text.strip()
    if text.startswith("THB1|"):
        number = text.split("|")[1]
        return (Code(CodeKind.CASE, number),) if is_valid_number(number) else ()
    if text.startswith("THBG1|"):
        item = text.split("|")[1]
        return (Code(CodeKind.ITEM, item),) if re.fullmatch(r"[A-Z0-9-]{2,20}", item) else ()
    if "://" in text:
        return _in_address(text, today)
    value = normalise_number(text)
    if len(value) != 18:
        return ()
    found = []
    if is_valid_number(value) and 2000 <= int(value[6:10]) <= today.year + 1:
        found.append(Code(CodeKind.CASE, value))
    if check_id(IdKind.RESIDENT_ID, value, today).ok:
        found.append(Code(CodeKind.RESIDENT_ID, value))
    if not found and check_id(IdKind.USCC, value, today).ok:
        found.append(Code(CodeKind.USCC, value))
    return tuple(found)


def _in_address(text: str, today: dt.date) -> tuple[Code, ...]:
    try:
        values = parse_qsl(urlsplit(text).query)
    except ValueError:
        return ()
    for name, value in values:
        if name.lower() in _USCC_NAMES and check_id(IdKind.USCC, value, today).ok:
            return (Code(CodeKind.USCC, value.upper()),)
    return ()

"""Checking one value of the form as it is typed: normalised, or one sentence why not."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

import msgspec

from models.domain.catalog import Field, FieldType
from models.domain.ids import (
    IdKind,
    check_id,
    check_phone,
    half_width,
    mask_id,
    mask_phone,
    mask_uscc,
)


class FieldCheck(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is what would be stored; ``error`` is "" when it may be."""

    value: str
    error: str = ""
    warning: str = ""


_MASKS = {FieldType.PHONE: mask_phone, FieldType.RESIDENT_ID: mask_id, FieldType.USCC: mask_uscc}
PRIVATE_TYPES = frozenset(_MASKS)
"""Types of fields that are masked at rest."""
# Python's \s also takes the separators U+001C to U+001F, which are no blanks anybody typed.
_BLANKS = re.compile(r"[^\S\x1c-\x1f]+")
_LINE_END = re.compile("\r\n?|[\u2028\u2029]")


def mask_value(field: Field, value: str) -> str:
    """``value`` as it is shown at rest: numbers that name a person or a phone are masked."""
    mask = _MASKS.get(field.type)
    return mask(value) if mask is not None else value


def check_value(field: Field, raw: str, today: dt.date) -> FieldCheck:
    """Check ``raw`` against ``field``.  Never raises; an optional empty field is fine."""
    if field.type is FieldType.MULTILINE:
        value = _LINE_END.sub("\n", raw).strip()
    else:
        # Of all blanks only the space is printable.
        plain = raw.isprintable() and "  " not in raw
        value = (raw if plain else _BLANKS.sub(" ", raw)).strip()
    if not value:
        return FieldCheck(value="", error="必填，还没有填。" if field.required else "")
    if len(value) > field.max_length:
        return FieldCheck(
            value=value, error=f"{field.label}有 {len(value)} 个字，最多 {field.max_length} 个。请删减。"
        )
    match field.type:
        case FieldType.INTEGER:
            return _integer(field, value)
        case FieldType.DECIMAL:
            return _decimal(field, value)
        case FieldType.DATE:
            return _date(field, value)
        case FieldType.CHOICE:
            ok = value in field.choices
            return FieldCheck(value=value, error="" if ok else f"{field.label}只能从选项中选。")
        case FieldType.PHONE:
            phone = check_phone(value)
            return FieldCheck(value=phone.value, error=phone.error)
        case FieldType.RESIDENT_ID | FieldType.USCC:
            kind = IdKind.USCC if field.type is FieldType.USCC else IdKind.RESIDENT_ID
            number = check_id(kind, value, today)
            return FieldCheck(value=number.value, error=number.error, warning=number.warning)
        case FieldType.TEXT | FieldType.MULTILINE:
            return _text(field, value)


def parse_date(text: str) -> dt.date | None:
    """2026-09-24, 2026年9月24日, 2026.9.24, 2026/9/24 or 20260924, also full-width.

    None when it is not written as a date; ValueError when there is no such day.
    """
    plain = half_width(text).strip()
    found = _DATE.fullmatch(plain) or _DATE_TIGHT.fullmatch(plain)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    return dt.date(year, month, day)


_DATE = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?")
_DATE_TIGHT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")

# What no printed notice can carry: XML has no such characters, and Word refuses the document.
_NONCHARACTER = re.compile(r"[\ufdd0-\ufdef\ufffe\uffff]")
# Marks that turn the reading direction round, so that a notice would read otherwise than it is stored.
_TURNING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _text(field: Field, value: str) -> FieldCheck:
    if value.isprintable():
        return FieldCheck(value=value)
    allowed = "\n\t" if field.type is FieldType.MULTILINE else ""
    bad = any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in value)
    if bad or _NONCHARACTER.search(value) or _TURNING.search(value):
        return FieldCheck(value=value, error=f"{field.label}里有不能打印的字符。请重新填写。")
    return FieldCheck(value=value)


def _number(value: str) -> str:
    return re.sub(r"[,\s]", "", half_width(value))


def _integer(field: Field, value: str) -> FieldCheck:
    plain = _number(value)
    if not re.fullmatch(r"[0-9]{1,15}", plain):
        return FieldCheck(value=value, error=f"{field.label}要填不带小数的数字，最多 15 位。请核对。")
    return FieldCheck(value=str(int(plain)))


def _decimal(field: Field, value: str) -> FieldCheck:
    plain = _number(value)
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,6})?", plain):
        return FieldCheck(
            value=value, error=f"{field.label}要填数字，整数最多 15 位，小数最多 6 位。请核对。"
        )
    whole, _, part = plain.partition(".")
    return FieldCheck(value=str(int(whole)) + (f".{part}" if part else ""))


def _date(field: Field, value: str) -> FieldCheck:
    try:
        day = parse_date(value)
    except ValueError:
        return FieldCheck(value=value, error=f"{field.label}写的 {value} 这一天不存在，请核对。")
    if day is None:
        return FieldCheck(value=value, error=f"{field.label}要写成 2026-09-24 这样的日期。")
    return FieldCheck(value=day.isoformat())

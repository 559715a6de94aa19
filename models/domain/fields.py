"""Checking one value of the form as it is typed: normalised, or one sentence why not."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

import msgspec

from models.domain.catalog import Field, FieldType
from models.domain.ids import IdKind, check_id, check_phone, half_width


class FieldCheck(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is what would be stored; ``error`` is "" when it may be."""

    value: str
    error: str = ""
    warning: str = ""


def check_value(field: Field, raw: str, today: dt.date) -> FieldCheck:
    """Check ``raw`` against ``field``.  Never raises; an optional empty field is fine."""
    value = raw.strip() if field.type is FieldType.MULTILINE else re.sub(r"\s+", " ", raw).strip()
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
            allowed = "\n\t" if field.type is FieldType.MULTILINE else ""
            if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in value):
                return FieldCheck(value=value, error=f"{field.label}里有不能打印的字符。请重新填写。")
            return FieldCheck(value=value)


def _integer(field: Field, value: str) -> FieldCheck:
    plain = half_width(value).replace(",", "").replace(" ", "")
    if not re.fullmatch(r"\d{1,15}", plain):
        return FieldCheck(value=value, error=f"{field.label}要填整数。请核对。")
    return FieldCheck(value=str(int(plain)))


def _decimal(field: Field, value: str) -> FieldCheck:
    plain = half_width(value).replace(",", "").replace(" ", "")
    if not re.fullmatch(r"\d{1,15}(\.\d{1,6})?", plain):
        return FieldCheck(value=value, error=f"{field.label}要填数字，小数最多六位。请核对。")
    whole, _, part = plain.partition(".")
    return FieldCheck(value=str(int(whole)) + (f".{part}" if part else ""))


_DATE = re.compile(r"(\d{4})\s*(?:[-/.年])\s*(\d{1,2})\s*(?:[-/.月])\s*(\d{1,2})\s*日?")


def _date(field: Field, value: str) -> FieldCheck:
    plain = half_width(value)
    found = _DATE.fullmatch(plain) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain)
    if found is None:
        return FieldCheck(value=value, error=f"{field.label}要写成 2026-09-24 这样的日期。")
    year, month, day = (int(part) for part in found.groups())
    try:
        return FieldCheck(value=dt.date(year, month, day).isoformat())
    except ValueError:
        return FieldCheck(value=value, error=f"{year} 年 {month} 月 {day} 日不存在，请核对{field.label}。")

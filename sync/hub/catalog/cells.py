"""Cleaning a cell: what Excel made of codes, dates and formulas, and what nobody can see."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

# What of a cell the rest of the package gets to see: its text and "" or what is doubtful about it.
Cleaned = tuple[str, str]

_EXCEL_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)")
_SCIENTIFIC = re.compile(r"\d(\.(?P<mantissa>\d+))?[Ee]\+?(?P<exponent>\d{1,3})")
_TRAILING_ZERO = re.compile(r"(\d+)\.0+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
# Excel keeps 15 digits of a number; the rest became zeros.
EXACT = 10**15


def clean_text(text: str, column: str, codes: frozenset[str], several_lines: frozenset[str]) -> Cleaned:
    """The text of a CSV or text cell.  Never raises."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    doubt = "有看不见的控制字符，已去掉" if kept != text else ""
    if "\ufffd" in kept:
        doubt = "有认不出的字符（文件编码有损坏），请核对"
    text = kept.strip()
    if _EXCEL_ERROR.fullmatch(text):
        return "", f"单元格是 Excel 的错误值 {text}，按空白处理"
    if text.startswith("'"):
        # Excel's own sign for "this is text"; write_catalog sets it before a formula's first sign.
        text = text[1:].lstrip()
    if "\n" in text and column not in several_lines:
        text, doubt = re.sub(r"\s*\n\s*", "", text), doubt or "单元格里有换行，已连成一行"
    if column in codes:
        return _code(text, column, doubt)
    return text, doubt


def _code(text: str, column: str, doubt: str) -> Cleaned:
    half = unicodedata.normalize("NFKC", text).replace(" ", "")
    if plain := _TRAILING_ZERO.fullmatch(half):
        return plain[1], doubt
    if sci := _SCIENTIFIC.fullmatch(half):
        digits, exponent = half[0] + (sci["mantissa"] or ""), int(sci["exponent"])
        if (
            column in ("区划代码", "代码", "上级")
            and exponent in (5, 8, 11)
            and 6 <= len(digits) <= exponent + 1
        ):
            whole = digits.ljust(exponent + 1, "0")
            return whole, f"被 Excel 写成了科学计数 {text}，按 {whole} 读入，请核对"
        return "", f"被 Excel 写成了科学计数 {text}，原编码已经丢失，按空白处理，请改成文本格式重填"
    return text, doubt


def clean_value(value: object, column: str, codes: frozenset[str], several_lines: frozenset[str]) -> Cleaned:
    """The text of a workbook cell, whatever type Excel gave it.  Never raises."""
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return ("是" if value else "否"), ""
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, dt.datetime | dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        return day.isoformat(), f"被 Excel 当成了日期，按 {day.isoformat()} 读入，请核对"
    if isinstance(value, dt.time | dt.timedelta):
        return str(value), f"被 Excel 当成了时间，按 {value} 读入，请核对"
    return clean_text(str(value), column, codes, several_lines)


def _number(value: int | float) -> Cleaned:
    if value != value or value in (float("inf"), float("-inf")):
        return "", "不是数字，按空白处理"
    if abs(value) >= EXACT:
        return "", f"被 Excel 存成了数字 {value:.5E}，15 位以后已经丢失，按空白处理，请改成文本格式重填"
    whole = int(value)
    return (str(whole) if whole == value else repr(value)), ""

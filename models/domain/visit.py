"""What a visit leaves on a case beside the case itself: the visitor's rating, and what was done free of charge.

Domain facts §2.8 (好差评, GB/T 39734 and 39735): five levels, voluntary, 一次一评 where somebody came to a
window and 一事一评 on the net.  未评价 is no rating and never becomes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from models.domain.workdays import is_day

LEVELS: Mapping[int, str] = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
UNRATED = "未评价"
GOOD_FROM = 3  # 好评: 5, 4 and 3; 差评: 2 and 1
LONGEST_TEXT = 150
MOST_REASONS = 12
DEFAULT_DAYS, MOST_DAYS = 5, 15  # workdays in which a 差评 is dealt with; local, so a hall sets it
PRIORITY, AGENCY, STEP = "service.priority", "service.agency", "step."
SERVICE_PATHS = ("service.", STEP)


class Channel(StrEnum):
    """Where a rating came from; the sources are counted apart (立体评价)."""

    SCREEN = "screen"
    RECEIPT = "receipt"
    ACCOUNT = "account"
    SMS = "sms"
    TERMINAL = "terminal"
    PAPER = "paper"
    WEB = "web"
    APP = "app"


CHANNEL_NAMES: Mapping[str, str] = {
    Channel.SCREEN: "窗口第二屏",
    Channel.RECEIPT: "回执二维码",
    Channel.ACCOUNT: "公众号",
    Channel.SMS: "短信",
    Channel.TERMINAL: "自助终端",
    Channel.PAPER: "纸质评价表",
    Channel.WEB: "政务服务网",
    Channel.APP: "移动端",
}
ONLINE = frozenset({Channel.WEB, Channel.APP})  # 一事一评; all others 一次一评


class Rating(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rating.  ``about`` is the op id of the act it is of, ``day`` the visit's day, ISO 8601.

    ``proof`` shows that it came by ``channel``: over :func:`screen_payload` by the machine whose second
    screen it was, else over :func:`receipt_payload` by the machine (``issuer``) that printed the code.
    ``days``: workdays in which a 差评 is to be dealt with, 0 for the default.  ``op_id`` and ``at_ms``
    are filled in by the law, and so is ``served``, the 工号 of who did the act.
    """

    about: str
    day: str
    level: int
    channel: str
    reasons: tuple[str, ...] = ()
    text: str = ""
    proof: bytes = b""
    issuer: str = ""
    days: int = 0
    op_id: str = ""
    at_ms: int = 0
    served: str = ""

    @property
    def good(self) -> bool:
        return self.level >= GOOD_FROM


class Given(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something done free of charge: ``count`` pieces at ``unit_fen`` (1/100 yuan) each, as priced that day."""

    kind: str
    count: int
    unit_fen: int
    name: str = ""
    unit: str = ""
    op_id: str = ""
    day: str = ""
    staff: str = ""

    @property
    def fen(self) -> int:
        return self.count * self.unit_fen


class VisitFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an act says of the visit; a struct of its own, for Act has no room for more (see there)."""

    rating: Rating | None = None
    given: Given | None = None
    answer: str = ""  # how a 差评 was dealt with: an Answer
    due: str = ""  # the day until which it is put right, where that was promised


class Answer(StrEnum):
    """How a 差评 was dealt with (谁办理谁负责).  FALSE goes to 申诉复核; the rating stays as it was given."""

    FIXED = "fixed"
    LEDGER = "ledger"
    EXPLAINED = "explained"
    APPEAL = "appeal"


ANSWER_NAMES: Mapping[str, str] = {
    Answer.FIXED: "立行立改",
    Answer.LEDGER: "列入台账，限期整改",
    Answer.EXPLAINED: "当面或电话说明",
    Answer.APPEAL: "申诉复核",
}


def rating_problem(rating: Rating) -> str:
    """What is wrong with a rating as such, "" when it can be taken."""
    if rating.level not in LEVELS:
        return "评价要选一个等级，没有记录。请申请人再选一次。"
    if not rating.about or not is_day(rating.day):
        return "评价没有写明是哪一次办理，没有记录。"
    if len(rating.reasons) > MOST_REASONS or len(set(rating.reasons)) != len(rating.reasons):
        return "评价的理由重复或者太多，没有记录。"
    if any(not fits_level(code, rating.level) for code in rating.reasons):
        return "评价的理由和等级对不上，没有记录。"
    if len(rating.text) > LONGEST_TEXT:
        return f"评价意见最长 {LONGEST_TEXT} 个字，没有记录。"
    if rating.channel not in set(Channel):
        return "不认识这条评价渠道，没有记录。"
    if not rating.proof:
        return "评价只能由申请人在第二屏、扫回执上的码或者自己的手机上作出，没有记录。"
    if not 0 <= rating.days <= MOST_DAYS:
        return f"差评整改期限是 1 到 {MOST_DAYS} 个工作日，没有记录。"
    return ""


def fits_level(code: str, level: int) -> bool:
    """The national codes begin with their level."""
    return len(code) == 3 and code.isascii() and code.isdigit() and code[0] == str(level)


def same_visit(one: Rating, other: Rating) -> bool:
    """Whether the second would rate the same again: 一次一评 by the visit's day, 一事一评 by the case."""
    online = one.channel in ONLINE
    if online != (other.channel in ONLINE):
        return False
    return online or one.about == other.about or one.day == other.day


def screen_payload(case_id: str, rating: Rating) -> bytes:
    """What the second screen signs: this very rating of this very act, and no other."""
    plain = msgspec.structs.replace(rating, proof=b"", op_id="", at_ms=0, served="")
    return b"taihaoban/rating-screen/1\0" + case_id.encode() + b"\0" + msgspec.msgpack.encode(plain)


def receipt_payload(device: str, about: str) -> bytes:
    """What the code on a receipt signs: who printed it, for which act."""
    return f"taihaoban/rating-receipt/1\0{device}\0{about}".encode()

"""One act of a clerk: the op, its bytes, its place in the device's hash chain."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from models.domain.case import NOTHING_LATER, Later, Missing
from models.domain.files import CaseFile
from models.domain.visit import VisitFacts

SCHEMA_VERSION = 1
_EPOCH = dt.date(1970, 1, 1).toordinal()
GENESIS = b"\0" * 32
MAX_OP_BYTES = 256 * 1024  # a larger one could never be sent, and would hold up all that come after it


class OpKind(StrEnum):
    """Kinds this version knows.  ``Op.kind`` is plain text: an unknown kind is kept, not dropped."""

    SAVE = "save"  # 暂存
    RECEIVE = "receive"  # 收件
    ACCEPT = "accept"  # 受理
    SUPPLEMENT = "supplement"  # 一次性告知
    REFUSE = "refuse"  # 不予受理
    WITHDRAW = "withdraw"  # 撤回
    CORRECT = "correct"  # 更正 after acceptance
    NOTE = "note"
    VOID = "void"  # 作废 of a case that was never received
    RESOLVE = "resolve"  # a person's decision on a conflict
    NUMBER = "number"  # 换发编号: the official number for a case received under a provisional mark
    ATTACH = "attach"  # 附件: the facts of a file; its bytes come after
    DETACH = "detach"  # 作废附件: it stays, marked with the reason
    SUPPLIED = "supplied"  # 补齐: everything told as missing is in
    DEEM = "deem"  # 视为受理: silence past the term, put on record
    PAUSE = "pause"  # 特别程序 or 挂起, told in writing
    RESUME = "resume"  # 恢复计时
    EXTEND = "extend"  # 延期
    DECIDE = "decide"  # 准予 or 不予
    DELIVER = "deliver"  # 送达
    DEFERRAL_DONE = "deferral_done"  # 容缺补齐: a deferred material is handed in
    CHECK = "check"  # 核查: what an inquiry into a promise found
    RATE = "rate"  # 评价: the visitor's own act, never a clerk's
    RESPOND = "respond"  # 差评整改
    AMEND = "amend"  # 当场更正 by the applicant, before acceptance
    SERVE = "serve"  # 服务登记: marks of the visit, steps, free copies and postage


OP_NAMES: Mapping[str, str] = {
    OpKind.SAVE: "暂存",
    OpKind.RECEIVE: "收件",
    OpKind.ACCEPT: "受理",
    OpKind.SUPPLEMENT: "一次性告知",
    OpKind.REFUSE: "不予受理",
    OpKind.WITHDRAW: "撤回",
    OpKind.CORRECT: "更正",
    OpKind.NOTE: "备注",
    OpKind.VOID: "作废",
    OpKind.RESOLVE: "比对裁定",
    OpKind.NUMBER: "换发编号",
    OpKind.ATTACH: "附件",
    OpKind.DETACH: "作废附件",
    OpKind.SUPPLIED: "补齐",
    OpKind.DEEM: "视为受理",
    OpKind.PAUSE: "暂停计时",
    OpKind.RESUME: "恢复计时",
    OpKind.EXTEND: "延期",
    OpKind.DECIDE: "决定",
    OpKind.DELIVER: "送达",
    OpKind.DEFERRAL_DONE: "容缺补齐",
    OpKind.CHECK: "核查",
    OpKind.RATE: "评价",
    OpKind.RESPOND: "差评整改",
    OpKind.AMEND: "当场更正",
    OpKind.SERVE: "服务登记",
}


class RefusalClause(StrEnum):
    """Grounds for not accepting (行政许可法 第三十二条第一款)."""

    NOT_NEEDED = "not_needed"  # (一) no permit is needed
    NOT_COMPETENT = "not_competent"  # (二) another office: it must be named
    NOT_ELIGIBLE = "not_eligible"  # a review point that the law makes a condition fails


CLAUSE_NAMES: Mapping[RefusalClause, str] = {
    RefusalClause.NOT_NEEDED: "依法不需要办理",
    RefusalClause.NOT_COMPETENT: "不属于本机关职权范围",
    RefusalClause.NOT_ELIGIBLE: "不符合受理条件",
}


class Change(msgspec.Struct, frozen=True, array_like=True):
    """``old`` is the value the clerk saw (the base of a merge), ``new`` the one entered; "" is none."""

    old: str
    new: str


def local_day(unix_ms: int, offset_min: int) -> dt.date:
    """The calendar day at that time, where clocks are ``offset_min`` before UTC."""
    # Asked for several times an act; a time zone object each time would cost ten times as much.
    return dt.date.fromordinal(_EPOCH + (unix_ms + offset_min * 60_000) // 86_400_000)


class OpTime(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the desk can attest about when: nothing here is trusted alone.

    ``wall_ms`` Unix time; ``offset_min`` local offset from UTC; ``mono_ms`` since ``boot``;
    ``anchor_ms`` the hub's time when last heard; ``uncertainty_ms`` bounds the error against it;
    ``attested_ms`` the hub's time now by the monotonic counter, 0 when not heard since ``boot``.
    """

    wall_ms: int
    offset_min: int = 480
    mono_ms: int = 0
    boot: str = ""
    anchor_ms: int = 0
    uncertainty_ms: int = 0
    attested_ms: int = 0

    @property
    def day(self) -> dt.date:
        """The local calendar day of the act."""
        return local_day(self.wall_ms, self.offset_min)

    @property
    def minute(self) -> int:
        """The local minute of the day, from 0."""
        return (self.wall_ms // 60_000 + self.offset_min) % (24 * 60)


class Trust(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an act says about things taken on trust."""

    duty: str = ""  # id of the duty that a DEFERRAL_DONE or a CHECK is about
    finding: str = ""  # a models.domain.duties.Finding
    consequence: str = ""  # a models.domain.duties.Consequence
    due: str = ""  # the day until which a false promise may be put right
    credit: str = ""  # hash of the 失信名单 that the desk held


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a kind needs besides field changes.  Days are ISO 8601.

    Beyond 15 fields msgspec writes its head in another way, and ops would no longer keep their bytes:
    what a later kind needs goes into a struct of its own.
    """

    number: str = ""
    receipt: str = ""
    clause: str = ""
    reason: str = ""
    redirect: str = ""
    text: str = ""
    due_promised: str = ""
    due_legal: str = ""
    missing: tuple[Missing, ...] = ()
    conflict: str = ""  # id of the conflict that a RESOLVE settles
    file: CaseFile | None = None  # what an ATTACH brings
    file_id: str = ""  # what a DETACH takes out of use
    later: Later = NOTHING_LATER
    trust: Trust | None = None  # of a DEFERRAL_DONE, a CHECK, a RESPOND, or an acceptance
    visit: VisitFacts | None = None  # of a RATE, a RESPOND, a SERVE; the fifteenth and last


class Op(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One act.  ``changes`` is sorted by path.  Unknown later fields are ignored on reading."""

    op_id: str
    device: str
    dseq: int
    lease_id: str
    staff: str
    case_id: str
    scope: str
    kind: str
    item_id: str
    catalog_version: str
    schema_version: int
    base_rev: int
    time: OpTime
    prev_hash: bytes
    item_name: str = ""
    window: str = ""
    changes: dict[str, Change] = {}
    act: Act = Act()


def encode_op(op: Op) -> bytes:
    """The bytes that are stored, hashed, signed and sent; made once, never re-made."""
    ordered = msgspec.structs.replace(op, changes=dict(sorted(op.changes.items())))
    return msgspec.msgpack.encode(ordered)


def decode_op(data: bytes) -> Op:
    """Raises msgspec.DecodeError for bytes that are no op."""
    return msgspec.msgpack.decode(data, type=Op)


def op_hash(data: bytes) -> bytes:
    """SHA-256 of an op's bytes: the next op's ``prev_hash``."""
    return hashlib.sha256(data).digest()


def uuid7(wall_ms: int, random_bytes: bytes) -> str:
    """RFC 9562 UUIDv7 text from a Unix time in ms and 10 random bytes."""
    raw = bytearray((wall_ms & (1 << 48) - 1).to_bytes(6, "big") + random_bytes[:10])
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

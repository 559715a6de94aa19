"""A case (办件) as a value: one state, reached only by applying ops.

Everything a clerk enters lives in ``fields``, a flat map of path → text, so that merging,
comparing and showing a disagreement need one mechanism only:

=========================  =====================================================
``applicant.kind``         ``person`` or ``organisation``
``applicant.name`` …       also ``id_kind``, ``id_number``, ``phone``, ``address``,
                           ``division`` (区划, empty: the hall's own)
``agent.name`` …           the same, empty without an agent (代理人)
``answer.<question>``      option id
``form.<field>``           normalised value
``material.<id>``          a :class:`Receipt` value
``material.<id>.copies``   and ``.pages``: digits; ``.note``: why it does not comply
``material.<id>.due``      day until which a deferred one comes, or a promise is checked
``material.<id>.way``      how a deferred one will be handed in
``material.<id>.from``     the earlier case it is taken over from (see models.domain.reuse)
``promise.licence``        ``yes``: 照后办证; ``.due``: the day by which the permit follows
``other.<system>.number``  what a department's own system numbered it (see models.domain.other_system)
``point.<id>``             a :class:`PointMark` value; ``.note``: the reason
``service.priority``       ground of a 优先 ticket; ``service.agency``: ``yes`` for 代办
``step.<id>``              ``yes``: a step of the 八步曲 was done
=========================  =====================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from models.domain.amendment import Amendment
from models.domain.duties import Duty
from models.domain.files import CaseFile
from models.domain.visit import Given, Rating


class CaseStatus(StrEnum):
    OPEN = "open"
    RECEIVED = "received"
    SUPPLEMENT = "supplement"
    ACCEPTED = "accepted"
    DECIDED = "decided"
    DELIVERED = "delivered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


STATUS_NAMES: Mapping[CaseStatus, str] = {
    CaseStatus.OPEN: "暂存",
    CaseStatus.RECEIVED: "已收件",
    CaseStatus.SUPPLEMENT: "待补正",
    CaseStatus.ACCEPTED: "已受理",
    CaseStatus.DECIDED: "已办结",
    CaseStatus.DELIVERED: "已送达",
    CaseStatus.REFUSED: "不予受理",
    CaseStatus.WITHDRAWN: "已撤回",
    CaseStatus.VOIDED: "已作废",
}


PRE_ACCEPTANCE = frozenset({CaseStatus.OPEN, CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT})


class Receipt(StrEnum):
    """How a material was taken in; the digits 1–7 of the material list."""

    PAPER = "paper"
    SCAN = "scan"
    CERTIFICATE = "certificate"  # 证照库: exempt from handing in
    ELECTRONIC = "electronic"
    DEFERRED = "deferred"  # 容缺后补
    COMMITTED = "committed"  # 告知承诺
    DEFECTIVE = "defective"  # 不符合


RECEIPT_NAMES: Mapping[Receipt, str] = {
    Receipt.PAPER: "纸质收取",
    Receipt.SCAN: "高拍扫描",
    Receipt.CERTIFICATE: "证照库",
    Receipt.ELECTRONIC: "电子附件",
    Receipt.DEFERRED: "容缺后补",
    Receipt.COMMITTED: "告知承诺",
    Receipt.DEFECTIVE: "不符合",
}

IN_HAND = frozenset({Receipt.PAPER, Receipt.SCAN, Receipt.CERTIFICATE, Receipt.ELECTRONIC})


class PointMark(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "na"


POINT_NAMES: Mapping[PointMark, str] = {
    PointMark.PASS: "符合",
    PointMark.FAIL: "不符合",
    PointMark.NOT_APPLICABLE: "不适用",
}


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an 一次性告知书: a listed material, why it is wanting, and to what standard."""

    material: str
    name: str
    reason: str
    standard: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An appended remark; notes of several desks are united, never overwritten (class A)."""

    op_id: str
    text: str
    staff: str
    at_ms: int


class Later(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the acts after receipt and acceptance add, in an act and in the notice that tells of it.

    A struct of its own: MessagePack heads a map of more than 15 possible fields otherwise, so a wider Act
    or Notice would change the bytes of everything written before, and with them hashes and checksums.
    """

    service: str = ""  # ServiceMark of the act
    procedure: str = ""  # PAUSE: a Procedure value
    basis: str = ""  # PAUSE, EXTEND: the article or document it rests on
    workdays: int = 0  # PAUSE: the time needed, as told; EXTEND: how many are added
    approver: str = ""  # EXTEND: who approved it
    decision: str = ""  # DECIDE: a Decision value
    way: str = ""  # DELIVER: a DeliveryWay value
    recipient: str = ""  # DELIVER: to whom
    amendment: Amendment | None = None  # AMEND
    together: tuple[
        str, ...
    ] = ()  # PAUSE, RESUME of a 一并勘验: the case ids it is for, in the order of the acts


NOTHING_LATER = Later()


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document handed to the applicant, recorded by the act that issued it.

    ``kind`` is an act kind (receive, accept, supplement, refuse); ``day`` is ISO 8601, local.
    """

    op_id: str
    kind: str
    day: str
    staff: str
    device: str
    number: str = ""
    receipt: str = ""
    clause: str = ""
    reason: str = ""
    redirect: str = ""
    due_promised: str = ""
    due_legal: str = ""
    missing: tuple[Missing, ...] = ()
    failed_points: tuple[str, ...] = ()
    later: Later = NOTHING_LATER  # never an equal one: only this very value is left out of the bytes


class Stoppage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Days that do not count: from ``start`` until ``end``, the day on which the clock runs again; no ``end``:
    still stopped.

    ``workdays`` is the time needed as it was told in writing, ``procedure`` a Procedure value.
    """

    op_id: str
    procedure: str
    start: str
    end: str = ""
    workdays: int = 0
    reason: str = ""
    basis: str = ""


class Prolonged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Workdays added to the limit, with who approved them and why."""

    op_id: str
    day: str
    workdays: int
    approver: str
    reason: str
    basis: str = ""


class CaseState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case at one revision.  ``rev`` counts the ops applied to it, from 1.

    ``number`` is the official 受理编号, empty until one is taken; ``receipt`` is a receipt mark
    that is plainly provisional.  Days are ISO 8601 in local time; ``received_on`` never moves,
    also when it is a weekend (五+二+X).  ``complete_on`` is the day on which everything told as missing
    was in.  ``deemed``: accepted by the silence of the office, not by its word.  ``service`` marks a
    receipt outside of opening hours.  ``unsure`` names acts whose day the desk alone cannot vouch for
    (see models.domain.attested); it is settled once the hub has taken the act in.
    """

    case_id: str
    scope: str
    item_id: str
    item_name: str
    catalog_version: str
    rev: int = 0
    status: CaseStatus = CaseStatus.OPEN
    number: str = ""
    receipt: str = ""
    device: str = ""
    staff: str = ""
    window: str = ""
    opened_ms: int = 0
    changed_ms: int = 0
    received_on: str = ""
    supplemented_on: str = ""
    accepted_on: str = ""
    closed_on: str = ""
    fields: dict[str, str] = {}
    notices: tuple[Notice, ...] = ()
    notes: tuple[Note, ...] = ()
    files: tuple[CaseFile, ...] = ()
    complete_on: str = ""
    deemed: bool = False
    decided_on: str = ""
    decision: str = ""
    delivered_on: str = ""
    stoppages: tuple[Stoppage, ...] = ()
    prolonged: tuple[Prolonged, ...] = ()
    service: str = ""
    unsure: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()
    revoked_on: str = ""  # a check found the promise false, and what stood on it was revoked
    ratings: tuple[Rating, ...] = ()
    given: tuple[Given, ...] = ()  # done free of charge
    amended: tuple[Amendment, ...] = ()  # 当场更正, in the order they were made

    def value(self, path: str) -> str:
        return self.fields.get(path, "")

    def section(self, prefix: str) -> dict[str, str]:
        """The fields under ``prefix.``, keyed by the rest of their path."""
        start = prefix + "."
        return {path[len(start) :]: text for path, text in self.fields.items() if path.startswith(start)}

    @property
    def answers(self) -> dict[str, str]:
        return self.section("answer")


def encode_state(state: CaseState) -> bytes:
    """Canonical bytes: equal states give equal bytes (field paths sorted)."""
    ordered = msgspec.structs.replace(state, fields=dict(sorted(state.fields.items())))
    return msgspec.msgpack.encode(ordered)


def decode_state(data: bytes) -> CaseState:
    return msgspec.msgpack.decode(data, type=CaseState)

"""The catalogue of one version: what a hall may take in, and what it may ask for.

The structures follow the national 实施清单 (domain facts §2.5).  They are frozen and are
encoded with msgspec both in the catalogue file of a version and on the wire, so a field is
only ever added, with a default.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from models.domain.listing import Listing

# What a hall starts from; no law sets them.
REUSE_DAYS = 365
CHECK_DAYS = 20


class Domain(StrEnum):
    """The five domains of the 2019 reform (分领域一窗受理)."""

    MARKET = "market"
    CONSTRUCTION = "construction"
    REAL_ESTATE = "real_estate"
    SOCIAL_INSURANCE = "social_insurance"
    SOCIAL_AFFAIRS = "social_affairs"
    UNSORTED = "unsorted"


DOMAIN_NAMES: Mapping[Domain, str] = {
    Domain.MARKET: "市场准入",
    Domain.CONSTRUCTION: "投资建设项目",
    Domain.REAL_ESTATE: "不动产登记",
    Domain.SOCIAL_INSURANCE: "社会保险征缴",
    Domain.SOCIAL_AFFAIRS: "社会事务",
    Domain.UNSORTED: "未分领域",
}


class ItemKind(StrEnum):
    """办件类型."""

    INSTANT = "instant"  # 即办件
    COMMITTED = "committed"  # 承诺件
    UNKNOWN = "unknown"  # the source does not say


ITEM_KIND_NAMES: Mapping[ItemKind, str] = {
    ItemKind.INSTANT: "即办件",
    ItemKind.COMMITTED: "承诺件",
    ItemKind.UNKNOWN: "类型待核",
}


class Need(StrEnum):
    """材料必要性 (is_need of the national table)."""

    REQUIRED = "required"  # 必要
    OPTIONAL = "optional"  # 非必要
    DEFERRABLE = "deferrable"  # 容缺后补


class ApplicantKind(StrEnum):
    """Who may apply: 自然人 or 法人/非法人组织."""

    PERSON = "person"
    ORGANISATION = "organisation"


class DayLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A time limit in workdays (行政许可法 第八十二条).

    ``days`` 0 means on the spot (即办 / 当场); None means the source is silent.
    ``approximate`` limits are hints for the catalogue manager; they are never shown or
    computed as law.  ``basis`` is the article that sets the limit, empty if none is known.
    """

    days: int | None = None
    approximate: bool = False
    basis: str = ""

    @property
    def binding(self) -> bool:
        """Whether a deadline may be computed and shown from this limit."""
        return self.days is not None and not self.approximate


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """All of ``all_of`` must hold: question id → any one of the listed option ids.

    Empty means always.  Written in the import format as ``问题=选项|选项;问题=选项``.
    """

    all_of: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def holds(self, answers: Mapping[str, str]) -> bool:
        return not self.all_of or all(answers.get(question) in options for question, options in self.all_of)


class Option(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    label: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One situational question (情形); asked only when ``when`` holds."""

    id: str
    text: str
    options: tuple[Option, ...]
    when: Condition = Condition()


class FieldType(StrEnum):
    TEXT = "text"
    MULTILINE = "multiline"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    CHOICE = "choice"
    PHONE = "phone"
    RESIDENT_ID = "resident_id"
    USCC = "uscc"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the one form.  ``id`` comes from the field dictionary, so items share it."""

    id: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    max_length: int = 200
    choices: tuple[str, ...] = ()
    unit: str = ""
    hint: str = ""
    when: Condition = Condition()


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """A material that may be demanded; nothing outside the list may be (法律底线).

    ``canonical`` names what the paper is, whichever item asks for it (e.g. ``id-card``,
    ``business-licence``): materials of several items with one canonical id are handed in once.
    ``proof`` marks a 证明事项: it must be on the 证明事项清单 and not among the abolished ones.
    ``blank`` and ``sample`` are names of attached files (空白表, 样表), empty if there is none.
    """

    id: str
    name: str
    need: Need = Need.REQUIRED
    original: bool = True  # 原件; False: 复印件
    copies: int = 1
    form: str = "either"  # paper | electronic | either
    source: str = "applicant"  # applicant | government | other
    commitment_allowed: bool = False  # 可告知承诺
    standard: tuple[str, ...] = ()  # 受理标准
    basis: str = ""
    when: Condition = Condition()
    canonical: str = ""
    proof: bool = False
    blank: str = ""
    sample: str = ""
    pages: int = 0  # 0: the list does not say
    reuse_days: int = REUSE_DAYS  # how long a verified one is offered again; the hall's own, no law sets it
    kind: str = ""  # 材料类型: proof (证件证书证明) | form (申请表格文书) | other; empty: not said
    source_note: str = ""  # 来源说明
    page_format: str = ""  # 纸张规格
    fill_note: str = ""  # 填报须知


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One 环节 of the procedure, in order: 受理, 审查, 决定, 制证, 送达 …  ``workdays`` None: not said."""

    id: str
    name: str
    workdays: int | None = None
    role: str = ""
    counted: bool = True  # False: 特别程序, outside the limit (行政许可法 第四十五条)
    note: str = ""


class Fee(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    standard: str
    basis: str = ""
    relief: str = ""  # 减免
    online: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the 常见问题."""

    question: str
    answer: str


class Former(msgspec.Struct, frozen=True, kw_only=True):
    """What the item asked before the reform (三减一并), as the hall's register has it.

    ``merged`` counts procedures merged into this one; ``demo`` marks rows made up for the demo city.
    """

    materials: int
    stages: int
    workdays: int
    visits: int = 0
    merged: int = 0
    demo: bool = False
    source: str = ""


class ReviewPoint(msgspec.Struct, frozen=True, kw_only=True):
    """审查要点 of the 业务手册; bound to a material or to the application as a whole."""

    id: str
    text: str
    material: str = ""
    basis: str = ""
    when: Condition = Condition()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One 办理项, the leaf a clerk ends at.

    ``id`` is unique in the catalogue and stable over versions; it is the 业务办理项编码 where
    the list has one, else a local code.
    """

    id: str
    name: str
    parent: str = ""  # 主项
    national_code: str = ""
    department: str = ""  # department id
    domain: Domain = Domain.UNSORTED
    kind: ItemKind = ItemKind.UNKNOWN
    handling: str = ""  # 办理形式: at_once (即审即办) | reviewed (前审后批), empty: not said
    power_type: str = ""  # 事项类型: 行政许可 …
    applicants: tuple[ApplicantKind, ...] = (ApplicantKind.PERSON, ApplicantKind.ORGANISATION)
    legal: DayLimit = DayLimit()
    promised: DayLimit = DayLimit()
    red_line: bool = False  # 安全/质量/环保: neither 容缺 nor 告知承诺
    deferral_allowed: bool = False  # 容缺受理
    commitment_allowed: bool = False  # 告知承诺
    specialist: bool = False  # only at a 专业窗口
    basis: tuple[str, ...] = ()  # 设定依据
    fee: str = ""  # empty: no fee
    result: str = ""
    not_counted: tuple[str, ...] = ()  # 不计入时限的环节
    level: str = ""  # 行使层级: 市 县 乡
    accepted_in: tuple[str, ...] = ()  # 区划 prefixes that may accept; empty: everywhere
    questions: tuple[Question, ...] = ()
    fields: tuple[Field, ...] = ()
    materials: tuple[Material, ...] = ()
    points: tuple[ReviewPoint, ...] = ()
    note: str = ""
    local_code: str = ""  # the province's own code beside the national one
    transfer: str = ""  # 划转: permit | linked | fee (许可/关联/收费), empty: not transferred
    former_department: str = ""  # 原部门, kept for filtering and back-flow
    shared_scope: str = ""  # 通办范围: empty, city (同级通办) or county (市县同权)
    entry_center: bool = True  # 进驻大厅
    online_depth: str = ""  # 网办深度 I–IV
    visits: int | None = None  # 到现场次数
    visits_reason: str = ""
    by_post: bool = False
    special_procedures: tuple[str, ...] = ()  # 特别程序
    conditions: tuple[str, ...] = ()  # 受理条件
    result_kind: str = ""  # certificate (证) | approval (批文) | other
    closing: str = ""  # 办结方式: certificate (出证办结) | document (出文办结) | approval (审批办结)
    produces: str = ""  # canonical material that the result is, for 套娃 and prerequisites
    result_sample: str = ""
    licence_first: int | None = None  # 照后办证: days in which the permit is promised after the licence
    deferral_days: int | None = None  # 容缺补正 limit in workdays; never above the promised limit
    correction_days: int | None = None  # 补正: workdays that a notice presets; the hall's own, no law sets it
    address: str = ""
    hours: str = ""
    consult: str = ""
    complaint: str = ""
    topics: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    fees: tuple[Fee, ...] = ()
    answers: tuple[Answer, ...] = ()
    former: Former | None = None
    detail_rule: str = ""  # 实施细则 / 创新点 note
    extension: DayLimit = DayLimit()  # 延期 that the list allows on a basis of its own
    check_days: int = CHECK_DAYS  # workdays in which a promise is checked; the hall's own, no law sets it
    listing: Listing = Listing()  # what else the national list says

    def material(self, material_id: str) -> Material | None:
        return next((m for m in self.materials if m.id == material_id), None)


class BundleMember(msgspec.Struct, frozen=True, kw_only=True):
    """A 办理项 of a 一件事: in when ``when`` holds, begun when all of ``after`` (item ids) are done.

    ``settled`` answers questions of the item that the 一件事 itself leaves no choice in.
    """

    item: str
    when: Condition = Condition()
    after: tuple[str, ...] = ()
    joint_visit: bool = False  # 一并勘验
    settled: Condition = Condition()


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """一件事: several 办理项 taken in at once.  ``status``: online (已上线) or preparing (梳理中)."""

    id: str
    name: str
    status: str = "preparing"
    questions: tuple[Question, ...] = ()
    members: tuple[BundleMember, ...] = ()
    former: Former | None = None
    source: str = ""
    note: str = ""


class ProofRule(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the 证明事项清单 (``allowed``) or of the abolished proofs."""

    name: str
    allowed: bool
    basis: str = ""
    instead: str = ""  # how the fact is proved now


class RuleDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The document that sets a rule, from ``effective_from`` to the day before ``effective_to`` (ISO days).

    ``id`` names the rule; several documents of one rule follow each other in time.  Empty: no bound.
    """

    id: str
    title: str
    number: str = ""  # 文号
    effective_from: str = ""
    effective_to: str = ""

    def in_force(self, day: str) -> bool:
        return self.effective_from <= day and (not self.effective_to or day < self.effective_to)


class Department(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    division: str = ""
    code: str = ""  # USCC where the source has one
    phone: str = ""
    address: str = ""


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """区划 (GB/T 2260: 6 digits; townships 9)."""

    code: str
    name: str
    parent: str = ""
    selectable: bool = True


class Catalog(msgspec.Struct, frozen=True, kw_only=True, weakref=True):
    """One immutable version.  ``version`` sorts by publication, e.g. ``2026.11.23-r1``."""

    version: str
    departments: tuple[Department, ...] = ()
    items: tuple[Item, ...] = ()
    effective_on: str = ""  # ISO day from which new cases use it; empty: at once
    bundles: tuple[Bundle, ...] = ()
    proofs: tuple[ProofRule, ...] = ()
    rules: tuple[RuleDocument, ...] = ()


def encode_catalog(catalog: Catalog) -> bytes:
    """Deterministic bytes of a catalogue (JSON, fields in declared order)."""
    return msgspec.json.encode(catalog)


_IN_USE: weakref.WeakValueDictionary[bytes, Catalog] = weakref.WeakValueDictionary()


def decode_catalog(data: bytes) -> Catalog:
    """Inverse of :func:`encode_catalog`; raises msgspec.DecodeError on anything else.

    A version that somebody in the process still holds is given again: it never changes, and decoding a
    city's takes many times as long as its hash.
    """
    name = hashlib.sha256(data).digest()
    found = _IN_USE.get(name)
    if found is None:
        found = _IN_USE[name] = msgspec.json.decode(data, type=Catalog)
    return found

"""Demands in free text: a reason says what is wrong with a listed material and asks for no other one.

What an applicant has to hand in follows from the 实施清单 alone (行政许可法 第三十条、第三十一条: no material without
relation to the matter may be asked for).  Words cannot be judged to the last; so what reads like a demand must
name nothing but listed materials, or how they are to be (原件, 加盖公章 …).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from models.domain.case import Missing
from models.domain.catalog import Item
from models.domain.ops import Op, OpKind
from models.domain.proof_list import paper_key
from models.domain.verdict import Refusal

DEMAND = re.compile(
    r"(?<![不无免勿毋申])(?:须|需|应|请|要|还|另|再)(?:当|要|您|你|先|另行|一并|同时|再|另|重新|补充)*"
    r"(?:提供|提交|出具|出示|递交|上传|补交|交来|附上|开具|携带|带来|带上|补充提供|补充提交)"
    r"|(?<![不无免勿毋申])(?:补|另|再)(?:交|开|附|提交|提供|出具)|并(?:出示|携带|出具)"
)
_WANTING = re.compile(r"缺少|缺|没有|没交|没带|未提供|未提交|未附|未带|未交|未出具|少了|少")
_END = re.compile(r"[,。;.!?:()\[\]]|$")
_AND = re.compile(r"以及|和|及|与|或|、|/")
_PAPER = re.compile(
    r"(?:证|证明|证书|户口[本簿]|介绍信|委托书|承诺书|申请书|说明|报告|合同|协议|执照|批复|批准文件|发票|照片|流水|"
    r"凭证|收据|意见书|公证书?|表|簿|函)(?:原件|复印件|扫描件)?"
)
# What a person can be sent home for.  Outside a notice's lines only these are demands: 需提交专家评审,
# 需上传国家平台 and 请提供联系电话 are lawful sentences.
_THING = re.compile(
    rf"{_PAPER.pattern}|材料|文件|资料|图纸|图|书|照|册|卡|单|护照|印章|样品|清册|账号|存折|病历|档案|截图|录像"
)
_NO_THING = re.compile(
    r"单位|单独|书面|书记|照常|按照|依照|参照|验证码?|查证|核证|论证|认证|听证|保证|图书|代表|表决|表示"
)
# Who fetches a result tells who they are, and hands in nothing.
_FETCH = re.compile(
    r"^(?:本人|您的?|代理人|有效|[的和])*(?:身份证件?|有效证件|证件|受理通知书|收件凭证|取件码)(?:原件)?[^,]*(?:领取|领证|取件|取证)"
)
# How a material is to be, and words that name none of their own.
_HOW = re.compile(
    r"(?:有效期内|清单|列明|规定|所列|上述|下列|重新|填写|完整|齐全|清晰|有效|最新|加盖|盖有|公章|印章|签名|签字|"
    r"盖章|手印|原件|复印件|正本|副本|扫描件|电子件|材料|证件|全部|全套|其余|申请人|本人|单位|法定代表人|缺页|"
    r"经|由|该|本|此|这|的|并|且|好|后|了|一|二|两|三|[0-9]|次|遍|份|页|第|《|》|“|”|\"|')*+"
)
_KINDS = frozenset(
    {
        OpKind.SUPPLEMENT,
        OpKind.REFUSE,
        OpKind.PAUSE,
        OpKind.EXTEND,
        OpKind.DECIDE,
        OpKind.CORRECT,
        OpKind.RESOLVE,
        OpKind.NOTE,
    }
)
_INSTEAD = "没有采用，写的字都在。要交什么只看实施清单；请只写清单里的材料哪里不符合。"


def plain(text: str) -> str:
    """Text as it is searched: full-width marks made half-width, without blanks and invisible marks."""
    narrow = unicodedata.normalize("NFKC", text)
    return "".join(one for one in narrow if unicodedata.category(one) not in ("Zs", "Cf", "Cc"))


def demand_problem(text: str, names: Iterable[str], *, wanting: bool = True) -> str:
    """Why ``text`` asks for something that is not among ``names``, "" when it does not.

    ``wanting``: it stands in a line of an 一次性告知书, where all that is asked for must be listed and what is
    called missing is asked for too.  Elsewhere it must name some paper or thing to be a demand.
    """
    said = plain(text)
    listed = [key for name in names for key in {plain(name), paper_key(name)} if key]
    for found in DEMAND.finditer(said):
        for part in _parts(said, found.end()):
            named = _THING.search(_NO_THING.sub("", part))
            harmless = not wanting and (not named or _FETCH.match(part))
            if not harmless and not _is_listed(part, listed):
                return f"“{part[:20]}”不在实施清单里，不能要求提供。{_INSTEAD}"
    for found in _WANTING.finditer(said) if wanting else ():
        for part in _parts(said, found.end()):
            if _PAPER.fullmatch(part[_paper_at(part) :]) and not _is_listed(part, listed):
                return f"“{part[:20]}”不在实施清单里，不能写成缺少。{_INSTEAD}"
    return ""


def op_demand(op: Op, item: Item) -> Refusal | None:
    """A Refusal when the free text of an op demands what ``item`` does not list, or a line of its notice
    calls a material or its standard otherwise than the list does."""
    for line in op.act.missing:
        problem = _line_problem(line, item)
        if problem:
            return Refusal(code="not_listed", message=problem)
    names = [material.name for material in item.materials]
    for text, wanting in _written(op):
        problem = demand_problem(text, names, wanting=wanting)
        if problem:
            return Refusal(code="demand", message=problem)
    return None


def _written(op: Op) -> Iterator[tuple[str, bool]]:
    """Every free text of an op, and whether what it calls missing is a demand."""
    for line in op.act.missing:
        yield line.reason, True
    for path, change in op.changes.items():
        if not path.endswith(".note"):
            continue
        if path.startswith("material."):
            yield change.new, True
        elif path.startswith("point."):
            yield change.new, False
    if (told := op.act.later.amendment) is not None:
        yield told.now, False
    if op.kind in _KINDS:
        yield op.act.reason, False
        yield op.act.redirect, False
        yield op.act.text, False


def _line_problem(line: Missing, item: Item) -> str:
    material = item.material(line.material)
    if material is None:
        return f"实施清单里没有“{line.name}”，不能要求提供。"
    if line.name != material.name:
        return f"实施清单里没有“{line.name}”，那一份叫“{material.name}”，不能要求提供别的。"
    if line.standard not in ("", "；".join(material.standard)):
        return f"“{material.name}”的受理标准和实施清单不一样，不能另立标准。没有采用。请按清单告知。"
    return ""


def _parts(said: str, start: int) -> list[str]:
    """What a demand is for, each thing on its own."""
    end = _END.search(said, start)
    return [part for part in _AND.split(said[start : end.start() if end else None]) if part]


def _is_listed(part: str, listed: list[str]) -> bool:
    """Whether nothing of ``part`` is left beside listed names, parts of them, and how they are to be."""
    rest = part
    for name in sorted(listed, key=len, reverse=True):
        rest = rest.replace(name, "")
    begun = _HOW.match(rest)
    rest = rest[begun.end() if begun else 0 :]
    core = paper_key(rest)
    return not rest or (len(core) > 1 and any(core in name for name in listed))


def _paper_at(part: str) -> int:
    """Where the last word of ``part`` begins if that is a paper."""
    begins = [found.start() for found in _PAPER.finditer(part)]
    return begins[-1] if begins else len(part)

"""On which law a notice before the decision rests: 行政许可法 for permits only.

For other items no source gives the article, so the notice names what the list of the item names, or the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.domain.catalog import Domain, Item
from models.domain.ops import OpKind, RefusalClause
from models.domain.procedures import LAW, LAW_32_4, LAW_32_5, LAW_42, REAL_ESTATE_RULE
from models.domain.terms import is_permit

LAW_32 = f"{LAW}第三十二条"
OWN_LIST = "本事项实施清单"
_PERMIT: Mapping[str, str] = {
    OpKind.RECEIVE: LAW_32_4,
    OpKind.ACCEPT: LAW_32_5,
    OpKind.SUPPLEMENT: LAW_32_4,
    OpKind.DEEM: LAW_32_4,
    RefusalClause.NOT_NEEDED: f"{LAW_32}第一款第（一）项",
    RefusalClause.NOT_COMPETENT: f"{LAW_32}第一款第（二）项",
}


def notice_basis(item: Item, kind: str, clause: str = "") -> str:
    """What the notice of an act on receipt or acceptance rests on; ``clause`` is that of a refusal."""
    if is_permit(item):
        return _PERMIT.get(clause or kind, LAW_32)
    if item.domain is Domain.REAL_ESTATE:
        return REAL_ESTATE_RULE
    return "、".join(item.basis) or OWN_LIST


def silence_rule(item: Item) -> str:
    """What a receipt tells: until when the office says what is missing, and what follows if it does not."""
    if item.domain is Domain.REAL_ESTATE:
        return (
            f"依据{REAL_ESTATE_RULE}，材料不齐全或者不符合法定形式的，当场书面告知需要补正的全部内容；"
            "没有当场书面告知的，视为受理。"
        )
    told = "材料不齐全的，将在五个工作日内一次告知；逾期不告知的，自收到材料之日起即为受理。"
    return f"依据{LAW_32_4}，{told}" if is_permit(item) else told


def silent_words(item: Item) -> str:
    """What the notice of a 视为受理 says of the silence and of the day from which it counts."""
    if item.domain is Domain.REAL_ESTATE:
        return "没有当场书面告知需要补正的内容，自收到申请材料之日起即视为受理"
    return "在五个工作日内没有告知需要补正的内容，自收到申请材料之日起即为受理"


def set_basis(items: Iterable[Item]) -> str:
    """What the one notice of a 一件事 rests on; its members may be of several kinds."""
    permits = {is_permit(item) for item in items}
    law = f"{LAW_32}、{LAW_42.removeprefix(LAW)}"
    if permits == {True}:
        return law
    return f"各事项实施清单（行政许可事项并依{law}）" if True in permits else "各事项实施清单"

"""常用语: sentences that clerks write again and again, by kind.  None of them may ask for a material.

What an applicant has to hand in follows from the 实施清单 alone (行政许可法 第三十条); a phrase says what is wrong
with something that is listed, or what was said and done.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from models.domain.demands import DEMAND, plain
from models.domain.search import initials

KINDS = ("补正原因", "不予受理理由", "撤回理由", "一般")
LONGEST, MOST_OWN = 200, 100


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """``whose``: "" comes with the program, ``hall`` or ``own``."""

    kind: str
    text: str
    whose: str = ""


def phrase_problem(text: str) -> str:
    """Why a sentence cannot be kept as a phrase; "" when it can."""
    if not text:
        return "还没有写字，没有存成常用语。请写好一句再存。"
    if len(text) > LONGEST:
        return f"常用语最长 {LONGEST} 个字，这一句有 {len(text)} 个，没有存。框里的字都在。请删短再存。"
    if DEMAND.search(plain(text)):
        return "常用语不能要求交材料：要交什么只看实施清单。没有存，框里的字都在。"
    return ""


def matching(phrases: Sequence[Phrase], typed: str) -> list[Phrase]:
    """Those whose initials begin with ``typed`` first, then those that have it anywhere, in words or initials."""
    wanted = "".join(typed.split()).lower()
    if not wanted:
        return list(phrases)
    first, then = [], []
    for phrase in phrases:
        letters = initials(phrase.text)
        if letters.startswith(wanted):
            first.append(phrase)
        elif wanted in letters or wanted in phrase.text:
            then.append(phrase)
    return first + then

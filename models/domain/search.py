"""Finding among a thousand items as one types: words, pinyin, initials, codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import Any

import msgspec
from pypinyin import Style, pinyin

MAX_READINGS = 8  # 多音字 multiply; more readings than this add noise, not finds


class SearchEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    parent: str = ""
    code: str = ""
    department: str = ""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """``spans`` are (start, end) in the name to set in bold; ``score`` is higher for better."""

    id: str
    score: int
    spans: tuple[tuple[int, int], ...] = ()


class _Row(msgspec.Struct, frozen=True):
    entry: SearchEntry
    name: str
    initials: tuple[str, ...]
    full: str
    starts: tuple[int, ...]  # where each character's syllable starts in ``full``
    rest: str
    code: str


def _each(unknown: str) -> Any:
    """Characters without a reading stand for themselves; pypinyin takes the list its stub leaves out."""
    return list(unknown)


def initials(text: str) -> str:
    """First letters of the first reading; ASCII stays: 王样例 → wyl."""
    return "".join(part[0][:1] for part in pinyin(text, style=Style.NORMAL, errors=_each)).lower()


@lru_cache(maxsize=8192)
def _readings(char: str) -> tuple[str, ...]:
    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors=_each)[0]
    return tuple(dict.fromkeys(r.lower() for r in found))


def _plain(text: str) -> str:
    return re.sub(r"[\s'’]", "", unicodedata.normalize("NFKC", text)).lower()


class SearchIndex:
    """Built once per catalogue version; :meth:`find` reads only, so threads may share it."""

    def __init__(self, entries: Iterable[SearchEntry]) -> None:
        self._rows = [self._row(entry) for entry in entries]

    @staticmethod
    def _row(entry: SearchEntry) -> _Row:
        name = unicodedata.normalize("NFKC", entry.name).lower()
        name = name if len(name) == len(entry.name) else entry.name.lower()
        letters = [tuple(dict.fromkeys(r[:1] for r in _readings(c))) for c in name]
        count, variants = 1, []
        for options in letters:
            keep = options if count * len(options) <= MAX_READINGS else options[:1]
            count *= len(keep)
            variants.append(keep)
        starts: list[int] = []
        full = ""
        for part in (_readings(c)[0] for c in name):
            starts.append(len(full))
            full += part
        return _Row(
            entry,
            name,
            tuple("".join(v) for v in product(*variants)),
            full,
            tuple(starts),
            f"{entry.parent} {entry.department}".lower(),
            entry.code.lower(),
        )

    def find(self, query: str, limit: int = 50) -> list[Hit]:
        """Best first.  Several words must all match; an empty query finds nothing."""
        words = [w for w in (_plain(w) for w in query.split()) if w]
        if not words:
            return []
        hits: list[tuple[int, int, Hit]] = []
        for row in self._rows:
            score, spans = 0, []
            for word in words:
                one = _match(row, word)
                if one is None:
                    break
                score += one[0]
                if one[1] is not None:
                    spans.append(one[1])
            else:
                hits.append(
                    (-score, len(row.name), Hit(id=row.entry.id, score=score, spans=tuple(sorted(spans))))
                )
        hits.sort(key=lambda h: (h[0], h[1], h[2].id))
        return [hit for _, _, hit in hits[:limit]]


def _match(row: _Row, word: str) -> tuple[int, tuple[int, int] | None] | None:
    """(score, span) of one word; a prefix of the name beats initials beats anything inside."""
    at = row.name.find(word)
    if at >= 0:
        return (1000 if at == 0 else 700) + len(word), (at, at + len(word))
    if word.isascii():
        for letters in row.initials:
            at = letters.find(word)
            if at >= 0 and len(word) > 1:
                return (900 if at == 0 else 600) + len(word), (at, at + len(word))
        at = row.full.find(word)
        if at in row.starts and len(word) > 1:
            first = row.starts.index(at)
            last = next((i for i, s in enumerate(row.starts) if s >= at + len(word)), len(row.starts))
            return (800 if at == 0 else 500) + len(word), (first, last)
        if row.code and len(word) >= 3 and (row.code.startswith(word) or row.code.endswith(word)):
            return 950, None
        if row.code and len(word) >= 4 and word in row.code:
            return 400, None
    if word in row.rest:
        return 200, None
    return None

"""Finding among a thousand items as one types: words, pinyin, initials, codes.

Every reading of a 多音字 counts, and none is written out: what is typed becomes a pattern of character
classes (all characters that can be read so), which runs over all names as one string.  For initials,
a second string of the same length holds a sign for each character's set of initials, because classes
of few signs compile faster than classes of many characters.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any

import msgspec
from pypinyin import Style, pinyin

MAX_SPELLINGS = 8  # ways to cut typed pinyin into syllables (xian = xian | xi an); more are never meant
MAX_ASCII = 64  # longer than any code, and than any name anybody types in pinyin
LONGEST_SYLLABLE = 6  # zhuang

# What these characters are read as when they are surnames; pypinyin puts the common reading first.
_SURNAMES = {
    "单": "shan", "仇": "qiu", "曾": "zeng", "解": "xie", "查": "zha", "区": "ou", "朴": "piao", "盖": "ge",
    "翟": "zhai", "员": "yun", "种": "chong", "覃": "qin",
}  # fmt: skip


class SearchEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    parent: str = ""
    code: str = ""
    department: str = ""
    note: str = ""  # found by what stands in it, after everything else


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """``spans`` are (start, end) in the name to set in bold; ``score`` is higher for better."""

    id: str
    score: int
    spans: tuple[tuple[int, int], ...] = ()


Span = tuple[int, int]
_MARK = re.compile(r"[^\w\n]")  # brackets, dots, commas, dashes
Found = dict[int, tuple[int, Span | None]]


def _each(unknown: str) -> Any:
    """Characters without a reading stand for themselves; pypinyin takes the list its stub leaves out."""
    return list(unknown)


@lru_cache(maxsize=8192)
def initials(text: str) -> str:
    """First letters of the likeliest reading; ASCII stays: 王样例 → wyl, 单样例 → syl.

    A text of up to four characters is taken for a person's name and begins with a surname.
    """
    letters = "".join(part[0][:1] for part in pinyin(text, style=Style.NORMAL, errors=_each)).lower()
    if len(text) <= 4 and text[:1] in _SURNAMES and text[:2] != "单于":
        return _SURNAMES[text[0]][0] + letters[1:]
    return letters


@lru_cache(maxsize=8192)
def _readings(char: str) -> frozenset[str]:
    return frozenset(
        reading.lower() for reading in pinyin(char, style=Style.NORMAL, heteronym=True, errors=_each)[0]
    )


def _plain(text: str) -> str:
    return re.sub(r"[\s'’]", "", unicodedata.normalize("NFKC", text)).lower()


def _same_length(text: str) -> str:
    """Half-width lower case, character by character, so that places in it are places in ``text``."""
    plain = (unicodedata.normalize("NFKC", char).lower() for char in text)
    return "".join(
        " " if old.isspace() else new if len(new) == 1 else old for old, new in zip(text, plain, strict=True)
    )


class SearchIndex:
    """Built once per catalogue version; :meth:`find` reads only, so threads may share it."""

    def __init__(self, entries: Iterable[SearchEntry]) -> None:
        rows = list(entries)
        self._ids = [entry.id for entry in rows]
        self._names = [_same_length(entry.name) for entry in rows]
        self._rest = [_same_length(f"{entry.parent} {entry.department} {entry.note}") for entry in rows]
        self._codes = [re.sub(r"\s", "", entry.code).lower() for entry in rows]
        # Nobody types the brackets of a name: （零售）, 《…》, 、 are passed over.
        self._places = [[at for at, char in enumerate(name) if not _MARK.match(char)] for name in self._names]
        self._bare = [
            "".join(name[at] for at in places) for name, places in zip(self._names, self._places, strict=True)
        ]
        self._text = "\n".join(self._bare) + "\n"
        self._starts = [0, *accumulate(len(name) + 1 for name in self._bare)]
        vocabulary = sorted(set(self._text) - {"\n"})
        sets = {char: frozenset(r[0] for r in _readings(char)) for char in vocabulary}
        signs = {letters: chr(0x21 + n) for n, letters in enumerate(sorted(set(sets.values()), key=sorted))}
        self._signs = self._text.translate({ord(char): signs[sets[char]] for char in vocabulary})
        self._initial_class = _classes(
            (letter, sign) for letters, sign in signs.items() for letter in letters
        )
        spoken = [(r, char) for char in vocabulary for r in _readings(char) if len(r) > 1]
        self._syllable_class = _classes(spoken)
        self._opening_class = _classes((r[:n], char) for r, char in spoken for n in range(1, len(r) + 1))

    def find(self, query: str, limit: int = 50) -> list[Hit]:
        """Best first.  Several words must all match; an empty query finds nothing."""
        words = [w for w in (_plain(w) for w in query.split()) if w]
        if not words:
            return []
        each = [self._word(word) for word in words]
        rows = set.intersection(*(set(found) for found in each))
        ranked = sorted(rows, key=lambda row: (-sum(f[row][0] for f in each), len(self._names[row]), row))
        return [
            Hit(
                id=self._ids[row],
                score=sum(found[row][0] for found in each),
                spans=_merged(found[row][1] for found in each),
            )
            for row in ranked[:limit]
        ]

    def _word(self, word: str) -> Found:
        """Row → (score, span): the start of the name beats initials, these beat anything inside."""
        best: Found = {}

        def keep(row: int, score: int, span: Span | None) -> None:
            if row not in best or score > best[row][0]:
                best[row] = (score, span)

        size = len(word)
        bare = _MARK.sub("", word)
        for row, name in enumerate(self._names):
            if (at := name.find(word)) >= 0:
                keep(row, (700 if at else 1000) + size, (at, at + size))
            elif bare and (at := self._bare[row].find(bare)) >= 0:
                keep(row, (700 if at else 1000) + len(bare), self._span(row, at, at + len(bare)))
        if bare and word.isascii() and size <= MAX_ASCII:
            for base, pattern, text in self._patterns(bare):
                for row, start, end in self._first_in_each(pattern, text):
                    keep(row, (base if start else base + 300) + len(bare), self._span(row, start, end))
            if size >= 3:
                for row, code in enumerate(self._codes):
                    if word in code:
                        if code.startswith(word) or code.endswith(word):
                            keep(row, 950 + size, None)
                        elif size >= 4:
                            keep(row, 400 + size, None)
        for row, rest in enumerate(self._rest):
            if row not in best and word in rest:
                best[row] = (200 + size, None)
        return best

    def _span(self, row: int, start: int, end: int) -> Span:
        """The span in the name of one in the name without its marks."""
        places = self._places[row]
        return places[start], places[end - 1] + 1

    def _patterns(self, word: str) -> Iterator[tuple[int, re.Pattern[str], str]]:
        """(score inside a name, pattern, the string it runs over) for initials, then for full pinyin."""
        letters = [self._initial_class.get(letter) for letter in word]
        if None not in letters:
            # One letter alone says too little to match inside a name.
            start = "^" if len(word) == 1 else ""
            yield 600, re.compile(start + "".join(f"[{c}]" for c in letters), re.MULTILINE), self._signs
        for parts in self._spellings(word):
            classes = [self._syllable_class[p] for p in parts[:-1]] + [self._opening_class[parts[-1]]]
            yield 500, re.compile("".join(f"[{c}]" for c in classes)), self._text

    def _spellings(self, word: str) -> list[list[str]]:
        """Cuts of ``word`` into syllables of this index; the last one may be unfinished."""
        done: list[list[str]] = []
        dead: set[int] = set()

        def cut(at: int, parts: list[str]) -> bool:
            """Whether ``word`` can be cut from ``at`` on; where it cannot, nobody tries again."""
            if at in dead or len(done) >= MAX_SPELLINGS:
                return False
            rest, alive = word[at:], False
            if rest in self._opening_class and (parts or len(rest) > 1):
                done.append([*parts, rest])
                alive = True
            for size in range(min(LONGEST_SYLLABLE, len(rest) - 1), 0, -1):
                if rest[:size] in self._syllable_class:
                    alive = cut(at + size, [*parts, rest[:size]]) or alive
            if not alive:
                dead.add(at)
            return alive

        cut(0, [])
        return done

    def _first_in_each(self, pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int, int]]:
        """(row, start, end) of the first match in each row."""
        found = pattern.search(text)
        while found is not None:
            row = bisect_right(self._starts, found.start()) - 1
            yield row, found.start() - self._starts[row], found.end() - self._starts[row]
            found = pattern.search(text, self._starts[row + 1])


def _classes(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key → its characters, escaped for the inside of a regular expression's class."""
    grouped: dict[str, dict[str, None]] = {}
    for key, char in pairs:
        grouped.setdefault(key, {})[re.escape(char)] = None
    return {key: "".join(chars) for key, chars in grouped.items()}


def _merged(spans: Iterable[Span | None]) -> tuple[Span, ...]:
    """Sorted, and joined where they touch."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span is not None):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)

r"""Cells with several values: cutting and joining them so that nothing is lost on the way.

A mark inside a value is written with a backslash before it (``甲\|乙`` is one value), a backslash
before a mark as two.  Any other backslash is just itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LIST_MARKS = "；;\n"
CHOICE_MARKS = "|｜"
# For closed vocabularies and codes, where no value holds such a mark.
ANY_MARKS = "|｜；;、，,/\n"

_ESCAPABLE = "\\|｜；;：:=＝、\n"
_ESCAPED = re.compile(r"\\([" + re.escape(_ESCAPABLE) + "])")


def pieces(text: str, marks: str) -> list[str]:
    """Cut at unescaped ``marks``; the pieces keep their escapes for another cut inside them."""
    if "\\" not in text:
        return re.split(f"[{re.escape(marks)}]", text)
    found, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] and text[at + 1] in _ESCAPABLE:
            at += 2
            continue
        if text[at] in marks:
            found.append(text[start:at])
            start = at + 1
        at += 1
    return [*found, text[start:]]


def plain(piece: str) -> str:
    """A piece without its escapes and outer blanks."""
    return _ESCAPED.sub(r"\1", piece.strip())


def split(text: str, marks: str) -> tuple[str, ...]:
    """The values of a cell; empty ones are left out."""
    return tuple(value for piece in pieces(text, marks) if (value := plain(piece)))


def escape(value: str, marks: str) -> str:
    return re.sub("[" + re.escape("\\" + marks) + "]", r"\\\g<0>", value)


def join(values: Iterable[str], mark: str, marks: str) -> str:
    """Inverse of :func:`split` for values without outer blanks."""
    return mark.join(escape(value, marks) for value in values)

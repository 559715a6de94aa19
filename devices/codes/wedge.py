"""A scanner that types: told from a clerk by its speed and its Enter, or by a prefix of its own.

Pure: fed with characters and times, it answers what to do with each.  Without a prefix nothing is ever held
back, so typing is as quick as ever; what a scan typed into a field is taken out again once it is known to be
one.  With a prefix (set in the scanner) a scan is held from its first character on and reaches no field at all.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

GAP_MS = 35  # a fast typist needs 60 and more between two keys, a scanner 1 to 20
LEAST = 8  # shorter is no case number, no 统一社会信用代码, no id
MOST = 1000
ENDS = ("\r", "\n", "\t")


class Do(StrEnum):
    PASS = "pass"  # let the key go where it goes
    HOLD = "hold"  # keep it; it comes back in ``keys`` if it was typing after all
    TAKE = "take"  # the whole scan, without its end; the key itself goes nowhere
    RELEASE = "release"  # ``keys`` were typing: give them back, in order, then let this key go


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    do: Do
    code: str = ""
    keys: str = ""


class Wedge:
    """``known`` says whether a text is a code that means something here; anything else was typed."""

    def __init__(self, known: Callable[[str], bool], prefix: str = "", gap_ms: float = GAP_MS) -> None:
        self._known, self._prefix, self._gap = known, prefix, gap_ms
        self._text = ""
        self._last = float("-inf")
        self._held = False

    @property
    def burst(self) -> str:
        """What has come so fast that it may be a scan; it begins anew after every pause."""
        return self._text

    def feed(self, char: str, at_ms: float) -> Verdict:
        """One typed character (an Enter or Tab too) at a time that never runs backwards."""
        late = at_ms - self._last > self._gap
        held = self._drop() if self._held and (late or len(self._text) > MOST) else ""
        if late or len(self._text) > MOST:
            self._text = ""
        self._last = at_ms
        if held:
            again = self.feed(char, at_ms)
            return Verdict(do=Do.HOLD if again.do is Do.HOLD else Do.RELEASE, keys=held)
        if char in ENDS:
            return self._end()
        if self._prefix and char == self._prefix and not self._text:
            self._text, self._held = char, True
            return Verdict(do=Do.HOLD)
        self._text += char
        return Verdict(do=Do.HOLD if self._held else Do.PASS)

    def forget(self) -> str:
        """A key that no scanner sends, or a gap after a HOLD: what was held comes back."""
        return self._drop()

    def _end(self) -> Verdict:
        held, text = self._held, self._text
        code = text.removeprefix(self._prefix) if held else text
        self._text, self._held = "", False
        if len(code) >= LEAST and self._known(code):
            return Verdict(do=Do.TAKE, code=code)
        return Verdict(do=Do.RELEASE, keys=text) if held else Verdict(do=Do.PASS)

    def _drop(self) -> str:
        text = self._text if self._held else ""
        self._text, self._held = "", False
        return text

"""Binding keys so that the help screen can read what is bound: a key map that can't lie (ui.md §5).

Autorepeat is off wherever a second act would do harm; a held key is one press.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from weakref import WeakSet

from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QWidget

_WHAT = "what"
_bound: WeakSet[QShortcut] = WeakSet()  # all there are; to look for them under a whole page takes 5 ms
_SINGLE = "singleKeys"


class Binding(NamedTuple):
    """A key as it is printed, what it does, and the title of the screen it does it on ("" = all)."""

    where: str
    key: str
    what: str


def bind(
    owner: QWidget,
    key: str,
    what: str,
    act: Callable[[], object],
    *,
    repeat: bool = False,
    context: Qt.ShortcutContext | None = None,
) -> QShortcut:
    """Let ``key`` do ``act`` while ``owner`` is on the screen; ``what`` is the line in the key map.

    ``context``: where it counts, by default in the whole window, as Qt has it.
    """
    shortcut = QShortcut(QKeySequence(key), owner)
    if context is not None:
        shortcut.setContext(context)
    shortcut.setAutoRepeat(repeat)
    shortcut.setProperty(_WHAT, what)
    shortcut.activated.connect(act)
    _bound.add(shortcut)
    return shortcut


def shortcuts_below(root: QWidget) -> list[QShortcut]:
    """Every shortcut of ``root`` and of what lies in it."""
    return [
        one
        for one in list(_bound)
        if not sip.isdeleted(one)
        and isinstance(owner := one.parent(), QWidget)
        and (owner is root or root.isAncestorOf(owner))
    ]


def name_single_keys(widget: QWidget, pairs: Iterable[tuple[str, str]]) -> None:
    """Tell the key map of keys that ``widget`` handles itself while it has the focus."""
    widget.setProperty(_SINGLE, [f"{key}\t{what}" for key, what in pairs])


def bound_keys(root: QWidget, where_of: Callable[[QWidget], str]) -> list[Binding]:
    """Everything bound below ``root``; ``where_of`` names the screen a widget is on ("" = all)."""
    found: dict[tuple[str, str], Binding] = {}

    def add(owner: QWidget, key: str, what: str) -> None:
        if key and what:
            row = Binding(where_of(owner), key, what)
            found.setdefault((row.where, row.key), row)

    for shortcut in root.findChildren(QShortcut):  # in the order of making: the first of a key names it
        owner = shortcut.parent()
        if isinstance(owner, QWidget):
            add(owner, shown_key(shortcut.key()), what_of(shortcut))
    for widget in root.findChildren(QWidget):
        for line in widget.property(_SINGLE) or ():
            key, _, what = str(line).partition("\t")
            add(widget, key, what)
    return sorted(found.values())


def shown_key(sequence: QKeySequence) -> str:
    """A key as it stands on the keyboard: Enter, not Return."""
    return sequence.toString().replace("Return", "Enter")


def what_of(shortcut: QShortcut) -> str:
    """The line of a key in the key map: what was told when it was bound, else the name of its button."""
    told = shortcut.property(_WHAT)
    if told:
        return str(told)
    owner = shortcut.parent()
    return owner.accessibleName() if isinstance(owner, QWidget) else ""


class Guard:
    """Lets an act through at most once in ``pause_ms``: F7 pressed twice must not call two people."""

    def __init__(self, pause_ms: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause, self._clock = pause_ms / 1000, clock
        self._last: float | None = None

    def passes(self) -> bool:
        now = self._clock()
        if self._last is not None and now - self._last < self._pause:
            return False
        self._last = now
        return True

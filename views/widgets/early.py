"""Settings of labels without the ``Qt`` namespace: its first use makes all its enums, ten milliseconds
before the sign-in window has painted.  A test compares the numbers with Qt's own.
"""

from __future__ import annotations

from PyQt6.QtWidgets import QLabel, QLineEdit

PLAIN_TEXT = 0
ALIGN_RIGHT = 0x02 | 0x80  # with AlignVCenter, as a label has it by itself
ALIGN_CENTER = 0x84
LATIN_AS_TYPED = 0x200 | 0x40  # ImhPreferLatin | ImhNoPredictiveText


def set_plain(label: QLabel) -> None:
    """What stands in it is never markup."""
    label.setProperty("textFormat", PLAIN_TEXT)


def align(label: QLabel, how: int) -> None:
    label.setProperty("alignment", how)


def set_latin(editor: QLineEdit) -> None:
    editor.setProperty("inputMethodHints", LATIN_AS_TYPED)

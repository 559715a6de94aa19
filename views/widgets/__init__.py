"""Shared pieces, all built from standard Qt widgets so that screen readers see them.

``label(text, role)``, ``Tag``, ``KeyCap``, ``KeyButton`` (with a gate that keeps focus and says its
reason), ``Notice`` (what happened · what is safe · what to do), ``Field``, ``CodeEdit``, ``Card``,
``ActTable`` (row actions by single keys, only while focused), ``DeadlineStrip``.
"""

from views.widgets.basic import Card, KeyButton, KeyCap, Notice, Rule, Tag, clear_layout, label
from views.widgets.fields import CodeEdit, Field
from views.widgets.strip import DeadlineStrip
from views.widgets.table import ActTable, Cell, RowModel

__all__ = [
    "ActTable",
    "Card",
    "Cell",
    "CodeEdit",
    "DeadlineStrip",
    "Field",
    "KeyButton",
    "KeyCap",
    "Notice",
    "RowModel",
    "Rule",
    "Tag",
    "clear_layout",
    "label",
]

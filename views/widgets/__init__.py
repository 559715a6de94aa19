"""Shared pieces, all built from standard Qt widgets so that screen readers see them.

``label(text, role)``, ``Tag``, ``KeyCap``, ``KeyButton`` (with a gate that keeps focus and says its
reason), ``Notice`` (what happened · what is safe · what to do), ``Field``, ``CodeEdit``, ``Card``,
``ActTable`` (row actions by single keys, only while focused), ``DeadlineStrip``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from views.widgets.basic import Card, KeyButton, KeyCap, Notice, Rule, Tag, clear_layout, label
from views.widgets.fields import CodeEdit, Field

if TYPE_CHECKING:
    from views.widgets.cells import Cell
    from views.widgets.row_model import RowModel
    from views.widgets.strip import DeadlineStrip
    from views.widgets.table import ActTable

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

# The sign-in window shows no table; making Qt's table classes known costs a third of its start.
_LATER = {
    "DeadlineStrip": "strip",
    "ActTable": "table",
    "Cell": "cells",
    "RowModel": "row_model",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(name)
    return getattr(import_module(f"views.widgets.{_LATER[name]}"), name)

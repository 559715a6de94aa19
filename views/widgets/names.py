"""Sentences about the parts of a case's flat map."""

from __future__ import annotations

from collections.abc import Collection

from models.domain.catalog import Item
from models.domain.field_words import path_words


def held_words(paths: Collection[str], item: Item | None) -> str:
    """Why a case can only be read while these fields are not settled; "" when there are none."""
    if not paths:
        return ""
    names = "、".join(path_words(path, item) for path in paths)
    return f"两边都改过“{names}”，定好以前只能查看。两个值都留着。请按 Alt+T 到同步里比对。"

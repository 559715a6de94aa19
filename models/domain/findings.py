"""What 清单质检 says about a catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from models.domain.catalog import Item

ERROR: Literal["error"] = "error"  # the list may not be published like this
WARNING: Literal["warning"] = "warning"  # a person should look


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """``item`` is the id of the item or bundle, empty for the whole list; ``material`` an id or empty."""

    rule: str
    severity: Literal["error", "warning"]
    sentence: str
    item: str = ""
    name: str = ""
    material: str = ""


Findings = Iterator[Finding]


def error(rule: str, item: Item, sentence: str, material: str = "") -> Finding:
    return Finding(
        rule=rule, severity=ERROR, sentence=sentence, item=item.id, name=item.name, material=material
    )


def warning(rule: str, item: Item, sentence: str, material: str = "") -> Finding:
    return Finding(
        rule=rule, severity=WARNING, sentence=sentence, item=item.id, name=item.name, material=material
    )

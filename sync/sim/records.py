"""What is known of a moment of a simulated world: an event, a copy of a machine, a backup of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from models.device import DeviceFacts


@dataclass(frozen=True)
class Done:
    """An act that a clerk was told is done: what must never be lost, and what was printed."""

    op_id: str
    case_id: str
    kind: str
    number: str
    words: str
    true_ms: int = 0


@dataclass(frozen=True)
class Image:
    """A copy of a machine's whole profile, and what had been done by then."""

    disk: bytes
    facts: DeviceFacts
    key: bytes
    data_key: bytes
    formers: dict[str, int]
    done: list[Done]


@dataclass(frozen=True)
class Backup:
    """A copy of the hub's database.  ``folded``: steps of the feed that had been folded away by then."""

    at_ms: int
    disk: bytes
    folded: dict[tuple[str, int], Row[Any]]


@dataclass(frozen=True)
class Event:
    """One thing that happens.  Its own chance makes it the same when others are left out."""

    place: int
    kind: str
    desk: int
    chance: int
    wait_ms: int

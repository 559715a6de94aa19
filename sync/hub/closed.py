"""Who is shut out for good, kept beside the database: a backup put back would else let them in again.

One line a machine in ``closed.jsonl``, only ever added to.  The file goes wherever ``hub.key`` goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import Connection, select, update

from models.errors import KnownError
from models.files import append_private
from sync.hub import tables as t

FILE = "closed.jsonl"
REVOKED, SUCCEEDED = "revoked", "succeeded"  # by an administrator; by its own new identity (recovery)


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    why: str


class Closed(Protocol):
    """The list of machines that are shut out."""

    def add(self, names: Sequence[str], why: str) -> None:
        """Raises KnownError when it cannot be kept."""

    def all(self) -> Mapping[str, str]:
        """Why, by machine; ``REVOKED`` is stronger than ``SUCCEEDED``.  Raises KnownError."""


class ClosedFile:
    """The list in a file beside the database."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / FILE

    def add(self, names: Sequence[str], why: str) -> None:
        # Begun anew on a line of its own, whatever a power cut has left of the last one.
        lines = [msgspec.json.encode(_Line(device=name, why=why)) for name in names]
        text = b"\n" + b"\n".join(lines) + b"\n"
        try:
            append_private(self._place, text)
        except OSError as error:
            raise KnownError(
                f"停用名单“{FILE}”写不了，没有改动。请检查中心的数据目录和磁盘空间。",
                detail=type(error).__name__,
            ) from error

    def all(self) -> Mapping[str, str]:
        try:
            lines = self._place.read_bytes().splitlines() if self._place.exists() else []
        except OSError as error:
            raise KnownError(
                f"停用名单“{FILE}”读不出来，没有改动。请检查中心的数据目录。", detail=type(error).__name__
            ) from error
        return merged(_lines(lines))


def _lines(lines: Sequence[bytes]) -> list[tuple[str, str]]:
    found = []
    for line in lines:
        try:
            one = msgspec.json.decode(line, type=_Line)
        except msgspec.MsgspecError:
            continue  # torn by a power cut: what it said did not happen
        found.append((one.device, one.why))
    return found


def merged(lines: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """By machine; once revoked it stays so, whatever else is said of it."""
    found: dict[str, str] = {}
    for device, why in lines:
        if found.get(device) != REVOKED:
            found[device] = why
    return found


def shut_out(conn: Connection, closed: Mapping[str, str]) -> int:
    """What the list says, said again in a database that came from a backup; returns how many it changed."""
    count = 0
    for device, why in closed.items():
        status = "revoked" if why == REVOKED else "frozen"
        kept = ("revoked", "moved") if why == REVOKED else ("revoked", "moved", "frozen")
        values = {"status": status} if why == REVOKED else {"status": status, "reason": _SUCCEEDED}
        count += conn.execute(
            update(t.device)
            .where(t.device.c.device == device, t.device.c.status.not_in(kept))
            .values(**values)
        ).rowcount
    return count


_SUCCEEDED = "这个身份已经停用：那台机器已用恢复码换成了新的身份。"


def heirs_of(conn: Connection, device: str) -> list[str]:
    """The machine and the identities that it took later on with recovery codes."""
    names = {device}
    while True:
        heirs = select(t.device.c.device).where(t.device.c.former.in_(names))
        found = set(conn.execute(heirs).scalars()) - names
        if not found:
            return sorted(names)
        names |= found

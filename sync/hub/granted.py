"""How far each number series was given out, kept beside the database: one that was put back forgets it.

``hub restore`` leaves a gap behind what a backup knows.  A database can go back without it: a file copied
by hand, a standby that lacked the last commits.  One line a grant in ``granted.jsonl``, written before the
grant is committed and only ever added to; what it says is never granted again.  The file goes wherever
``hub.key`` goes; workers on several machines need one folder for it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Protocol

import msgspec

from models.errors import KnownError
from models.files import append_private

FILE = "granted.jsonl"


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    series: str
    next: int


class Granted(Protocol):
    """What was given out of each series ("370911/2026")."""

    def note(self, series: str, following: int) -> None:
        """Every serial before ``following`` may be out.  Raises KnownError when it cannot be kept."""

    def reach(self, series: str) -> int:
        """The first serial that was never given out, as far as is known here; at least 1.  Raises KnownError."""


class GrantedFile:
    """The list in a file beside the database.  Any thread; other processes may write to it too."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / FILE
        self._lock = threading.Lock()
        self._read = 0  # bytes
        self._reach: dict[str, int] = {}

    def note(self, series: str, following: int) -> None:
        # Begun anew on a line of its own, whatever a power cut has left of the last one.
        text = b"\n" + msgspec.json.encode(_Line(series=series, next=following)) + b"\n"
        try:
            append_private(self._place, text)
        except OSError as error:
            raise _unkept(error) from error

    def reach(self, series: str) -> int:
        with self._lock:
            try:
                self._read_on()
            except FileNotFoundError:
                self._read, self._reach = 0, {}
            except OSError as error:
                raise _unkept(error) from error
            return self._reach.get(series, 1)

    def _read_on(self) -> None:
        with self._place.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self._read:  # another file lies here now
                self._read, self._reach = 0, {}
            file.seek(self._read)
            data = file.read()
        whole = data.rfind(b"\n") + 1
        self._read += whole
        for text in data[:whole].splitlines():
            try:
                line = msgspec.json.decode(text, type=_Line)
            except msgspec.MsgspecError:
                continue  # empty, or cut off: its grant was never committed
            self._reach[line.series] = max(line.next, self._reach.get(line.series, 1))


def _unkept(error: OSError) -> KnownError:
    return KnownError(
        f"发号记录“{FILE}”读写不了，没有发放编号。请检查中心的数据目录和磁盘空间。",
        detail=type(error).__name__,
    )

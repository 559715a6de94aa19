"""Where a desk keeps the sealed bytes of attached files: beside the replica, under names that say nothing."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from models.errors import KnownError
from models.files import HALF, cannot_write, sync_folder, write_private

_NAME = re.compile("[0-9a-f]{64}")
_PART = ".part"
_PART_KEPT_S = 7 * 24 * 3600.0  # how long a fetch that was cut may still be gone on with


class Missing(KnownError):
    """The sealed bytes are not on this machine, or cannot be read."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("这份附件的内容不在本机。办件不受影响。联网后可以从中心取回。", detail=detail)


class Vault(Protocol):
    """Sealed files by name.  What a method has returned from survives a power cut."""

    def put(self, name: str, data: bytes) -> None:
        """Keep a whole file.  Raises KnownError when there is no room; nothing is then left of it."""

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Some bytes, fewer at the end.  Raises :class:`Missing`."""

    def has(self, name: str) -> bool: ...

    def part_size(self, name: str) -> int:
        """How much of a file under way is here already."""

    def add_part(self, name: str, offset: int, data: bytes) -> None:
        """Put bytes after the first ``offset`` ones of a file under way, whatever was there."""

    def part(self, name: str) -> bytes:
        """What has come of a file under way."""

    def drop_part(self, name: str) -> None: ...

    def remove(self, name: str) -> None: ...

    def names(self, min_age_s: float = 0.0) -> set[str]:
        """Every whole file, or those put at least so long ago."""

    def tidy(self, min_age_s: float) -> None:
        """Drop what a power cut left half written so long ago, and fetches that nobody went on with for a week.

        With 0 every piece goes, whoever may still want it.
        """


class FolderVault:
    """The folder ``files`` of a profile."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        path = self._path(name)
        if not path.parent.exists():
            try:
                path.parent.mkdir(parents=True, mode=0o700)
                sync_folder(self._root)
            except OSError as error:
                raise cannot_write(error) from error
        write_private(path, data)
        self.drop_part(name)

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        try:
            with open(self._path(name), "rb") as file:
                file.seek(offset)
                return file.read(length)
        except OSError as error:
            raise Missing(type(error).__name__) from error

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def part_size(self, name: str) -> int:
        try:
            return self._part_path(name).stat().st_size
        except OSError:
            return 0

    def add_part(self, name: str, offset: int, data: bytes) -> None:
        path = self._part_path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(handle, "r+b") as file:
                file.truncate(offset)
                file.seek(offset)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(error) from error

    def part(self, name: str) -> bytes:
        try:
            return self._part_path(name).read_bytes()
        except OSError:
            return b""

    def drop_part(self, name: str) -> None:
        with suppress(OSError):
            self._part_path(name).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(error) from error

    def names(self, min_age_s: float = 0.0) -> set[str]:
        latest = time.time() - min_age_s
        return {
            path.name
            for path in self._root.glob("??/*")
            if _NAME.fullmatch(path.name) and path.stat().st_mtime <= latest
        }

    def tidy(self, min_age_s: float) -> None:
        now = time.time()
        for end, age in ((HALF, min_age_s), (_PART, max(min_age_s, _PART_KEPT_S) if min_age_s else 0.0)):
            for path in self._root.glob(f"??/*{end}"):
                with suppress(OSError):  # gone meanwhile, or cannot be removed: it costs room, nothing else
                    if path.stat().st_mtime <= now - age:
                        path.unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Missing("name")
        return self._root / name[:2] / name

    def _part_path(self, name: str) -> Path:
        path = self._path(name)
        return path.with_name(path.name + _PART)


class MemoryVault:
    """A vault that lasts as long as the object: for simulated machines."""

    def __init__(self) -> None:
        self.whole: dict[str, bytes] = {}
        self.parts: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        self.whole[name] = data
        self.parts.pop(name, None)

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        if name not in self.whole:
            raise Missing("absent")
        return self.whole[name][offset:] if length < 0 else self.whole[name][offset : offset + length]

    def has(self, name: str) -> bool:
        return name in self.whole

    def part_size(self, name: str) -> int:
        return len(self.parts.get(name, b""))

    def add_part(self, name: str, offset: int, data: bytes) -> None:
        self.parts[name] = self.parts.get(name, b"")[:offset] + data

    def part(self, name: str) -> bytes:
        return self.parts.get(name, b"")

    def drop_part(self, name: str) -> None:
        self.parts.pop(name, None)

    def remove(self, name: str) -> None:
        self.whole.pop(name, None)

    def names(self, min_age_s: float = 0.0) -> set[str]:
        return set(self.whole)

    def tidy(self, min_age_s: float) -> None:
        if not min_age_s:
            self.parts.clear()

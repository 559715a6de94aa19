"""Small files and whole databases put in place so that a crash leaves the old one or the new one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from models.errors import KnownError
from models.progress import UNSEEN, Progress, Stopped

BLOCK = 8 * 1024 * 1024
HALF = ".new"  # what a file is called while it is written
_SIDES = ("", "-wal", "-shm", "-journal")


def append_private(path: Path, data: bytes) -> None:
    """Add to a file that only its owner may read, durably and in one write: what two processes add at once
    never runs into each other.  Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)


def write_private(path: Path, data: bytes) -> None:
    """Replace a small file atomically and durably, readable by its owner only.

    Raises KnownError when it cannot be written; the former content is then untouched, and nothing half written
    takes room.
    """
    temporary = path.with_name(path.name + HALF)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.unlink(missing_ok=True)  # one left by a crash might be readable by others
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise cannot_write(error) from error


def write_out(path: Path, data: bytes, progress: Progress = UNSEEN) -> None:
    """Put a file on a medium that travels: whole and durable, or not there at all.

    Raises OSError (full, write-protected, pulled out) and Stopped; what was under that name is then
    untouched.
    """
    temporary = path.with_name(path.name + ".new")
    try:
        with open(temporary, "wb") as file:
            for start in range(0, len(data), BLOCK):
                progress.step(start, len(data))
                file.write(memoryview(data)[start : start + BLOCK])
                file.flush()
                os.fsync(file.fileno())  # block by block: a slow stick would take them all at the end
        progress.commit()
        temporary.replace(path)
        sync_folder(path.parent)
    except (OSError, Stopped):
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def read_in(path: Path, progress: Progress = UNSEEN) -> bytes:
    """A whole file from a medium that may be slow.  Raises OSError and Stopped."""
    size, parts = path.stat().st_size, []
    with open(path, "rb") as file:
        while part := file.read(BLOCK):
            parts.append(part)
            progress.step(min(len(parts) * BLOCK, size), size)
    return b"".join(parts)


def make_private(path: Path) -> None:
    """An empty file that only its owner can read, for a database to fill (SQLite alone makes 0644)."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise cannot_write(error) from error


def remove_database(path: Path) -> None:
    """Take away a database nobody has open, with the files SQLite keeps beside it."""
    try:
        for side in _SIDES:
            path.with_name(path.name + side).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(error) from error


def folded(path: Path) -> bool:
    """Whether the file alone is the whole database: nothing waits in a log beside it."""
    log = path.with_name(path.name + "-wal")
    return not log.exists() or log.stat().st_size == 0


def swap_in(fresh: Path, path: Path) -> None:
    """Put a finished, closed database in another's place, durably.

    Raises OSError, and KnownError when either is still in use: a log left beside ``path`` would be
    replayed into the wrong file.
    """
    if not (folded(fresh) and folded(path)):
        raise KnownError("副本正被别的程序占用，没有改动。办件都还在。请关闭别的程序后再打开。")
    with open(fresh, "r+b") as file:
        os.fsync(file.fileno())
    for side in _SIDES[1:]:
        path.with_name(path.name + side).unlink(missing_ok=True)
    os.replace(fresh, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows does so by itself."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def cannot_write(error: OSError) -> KnownError:
    """The sentence for a folder that takes no files; name and path stay out of it."""
    return KnownError(
        "写不进资料目录，可能是没有权限或者磁盘已满。已存的内容没有改动。请腾出空间或者联系管理员。",
        detail=type(error).__name__,
    )

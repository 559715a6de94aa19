"""A disk that fills up: a small tmpfs where root may mount one, else a limit on the size of files."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def can_mount() -> bool:
    """Whether this user may mount a tmpfs here (a container's root often may not)."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder) / "try", 1):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own that holds no more than this."""
    folder.mkdir(parents=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)],
        check=True,
        capture_output=True,
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled_up(folder: Path, leave: int = 0) -> Iterator[None]:
    """Take all the room of the folder's file system but ``leave`` bytes, while the block runs."""
    ballast = folder / "ballast"
    room = os.statvfs(folder)
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(4096, room.f_bavail * room.f_frsize - leave))
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def file_limit(most: int) -> Iterator[None]:
    """No file of this process may grow beyond ``most`` bytes while the block runs (Python ignores SIGXFSZ)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

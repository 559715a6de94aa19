"""A watched folder: what other programs (a scanner's own, a fax) put there is offered, never taken silently."""

from __future__ import annotations

import os
from pathlib import Path

from devices.base import DeviceError, State

DONE = "已存入"
MOST = 200  # of a folder that somebody took for an archive


class WatchedFolder:
    """Ask :meth:`poll` now and then, off the GUI thread; it may be on a network share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._left: dict[Path, tuple[int, int]] = {}

    def poll(self) -> list[Path]:
        """Files that are whole: as large as at the last look and not turned down.  Raises DeviceError."""
        try:
            with os.scandir(self.folder) as entries:
                found = {
                    Path(one.path): (one.stat().st_size, one.stat().st_mtime_ns)
                    for one in entries
                    if one.is_file() and not one.name.startswith((".", "~"))
                }
        except OSError as error:
            raise DeviceError(
                State.ABSENT,
                "扫描文件夹打不开。办件不受影响。请检查网络或者在设置里重新选文件夹。",
                type(error).__name__,
            ) from error
        settled = [
            path
            for path, now in sorted(found.items())
            if now[0] > 0 and self._sizes.get(path) == now and self._left.get(path) != now
        ]
        self._sizes = found
        return settled[:MOST]

    def leave(self, path: Path) -> None:
        """不收: it is not offered again unless it changes."""
        if path in self._sizes:
            self._left[path] = self._sizes[path]

    def put_away(self, path: Path) -> None:
        """Its content is sealed: move it out of the way.  Raises DeviceError; the case has it all the same."""
        try:
            (self.folder / DONE).mkdir(exist_ok=True)
            target = self.folder / DONE / path.name
            number = 1
            while target.exists():
                number += 1
                target = self.folder / DONE / f"{path.stem}-{number}{path.suffix}"
            path.rename(target)
        except OSError as error:
            self.leave(path)
            raise DeviceError(
                State.BUSY,
                "文件已经存入办件，但是没能从扫描文件夹移走。办件里的是完整的。请手工移走原文件。",
                type(error).__name__,
            ) from error

"""A hub directory is served, or it is restored into, never both at once."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from models.errors import KnownError

FILE = "hub.lock"


class Serving:
    """Held while a hub is served (shared) or restored into (``alone``).  The system lets go of it when
    the process ends, however it ends."""

    def __init__(self, data_dir: Path, *, alone: bool = False) -> None:
        self._path = data_dir / FILE
        self._alone = alone
        self._file: BinaryIO | None = None

    def __enter__(self) -> Serving:
        try:
            self._file = open(self._path, "a+b")
        except OSError as error:
            raise KnownError("中心的数据目录没有写入权限，没有改动。请检查权限。") from error
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                kind = fcntl.LOCK_EX if self._alone else fcntl.LOCK_SH
                fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            what = (
                "中心正在运行，没有恢复，数据没有改动。请先停下中心。"
                if self._alone
                else "中心正在恢复数据，没有启动。请稍后再试。"
            )
            raise KnownError(what) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

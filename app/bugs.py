"""A bug must cost the user nothing but one sentence; the trace goes to a local file without values."""

from __future__ import annotations

import datetime as dt
import os
import traceback
from pathlib import Path

from platformdirs import user_log_path


def report_bug(error: BaseException, directory: Path | None = None) -> str:
    """Write where it happened (never local values or messages, which may be personal) and say so.

    Returns the sentence for the user; works also when nothing can be written.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-8:]))
    stamp = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    folder = directory or user_log_path("taihaoban", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "bugs.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as log:
            log.write(f"{stamp} {type(error).__name__} {place}\n")
        where = str(folder / "bugs.log")
    except OSError:
        where = place
    return f"程序出了一个没料到的问题。已存的办件都在加密副本里，没有丢失。请重新打开再试，并把 {where} 交给管理员。"

"""The built-in templates as files, for a hall to make its own from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import msgspec

from models.errors import KnownError
from models.files import write_out


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """File names written, and those left alone because something was there under the name."""

    files: tuple[str, ...]
    kept: tuple[str, ...]


def copy_built_in(folder: Path) -> Copied:
    """All templates and the wording into ``folder``; a hall's own files stay.  Raises KnownError."""
    there = {one.name: one for one in files("resources").joinpath("templates").iterdir()}
    built_in = {name: one for name, one in sorted(there.items()) if name.endswith((".docx", ".json"))}
    kept = tuple(name for name in built_in if (folder / name).exists())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in built_in.keys() - set(kept):
            write_out(folder / name, built_in[name].read_bytes())
    except OSError as error:
        raise KnownError(
            "模板写不进选定的文件夹，可能只写了一部分。原有的文件没有改动。请换一个位置或者腾出空间再写。",
            detail=type(error).__name__,
        ) from error
    return Copied(files=tuple(name for name in built_in if name not in kept), kept=kept)

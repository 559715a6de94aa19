"""空白表、样表: having them here before the line drops, opening them, taking them from a stick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from app.commands.attach import sending_limit
from app.commands.context import Desk
from app.queries.forms import find_form
from models.domain.forms import MOST_BYTES, FormFile
from models.errors import KnownError
from models.files import write_out
from models.vault import Missing
from sync import forms
from sync.forms import FormReport, Forms


class TakenForms(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder brought: files kept, files that were here, and names of those on no list."""

    kept: int = 0
    known: int = 0
    unlisted: tuple[str, ...] = ()


def open_form(desk: Desk, name: str) -> tuple[FormFile, bytes]:
    """The file the catalogue calls ``name``, fetched from the hub if it is not here yet.

    Raises KnownError: nobody has added it, it is not here and there is no line, or no room.
    """
    file = find_form(desk, name)
    if file is None:
        raise KnownError(
            f"中心还没有“{name}”这份文件。办件不受影响，要填的内容见指南。请告诉事项管理员补上。"
        )
    try:
        return file, forms.whole(desk.forms, file)
    except Missing:
        _line(desk).fetch([file])
    return file, forms.whole(desk.forms, file)


def fetch_forms(desk: Desk, stop: Callable[[], bool] = lambda: False) -> FormReport:
    """Fetch what the catalogue names and this machine lacks, leaving half of the line to the cases."""
    return _line(desk, stop).fetch_lacking(desk.rulebook)


def import_forms(desk: Desk, folder: Path) -> TakenForms:
    """Take files from a folder that ``hub catalog files export`` wrote; each must be one of the hub's list.

    Raises KnownError: the folder cannot be read, or there is no room; what was kept before stays.
    """
    with desk.store.read() as conn:
        listed = forms.held_list(conn).files
    here = desk.forms.names()
    kept, known, unlisted = 0, 0, []
    try:
        for path in sorted(one for one in folder.iterdir() if one.is_file() and one.name[0] not in ".~"):
            data = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
            file = forms.keep(desk.forms, listed, data)
            if file is None:
                unlisted.append(path.name)
            elif file.sha256 in here:
                known += 1
            else:
                kept += 1
                here.add(file.sha256)
    except OSError as error:
        raise KnownError(
            "这个文件夹读不出来，可能介质已经拔出。已取到的都在本机。请检查介质后再装一次。",
            detail=type(error).__name__,
        ) from error
    return TakenForms(kept=kept, known=known, unlisted=tuple(unlisted))


def write_form(path: Path, data: bytes) -> None:
    """Write a form where the clerk chose.  Raises KnownError; what was under that name is then untouched."""
    try:
        write_out(path, data)
    except OSError as error:
        raise KnownError(
            "文件没有存成，可能没有权限或者磁盘已满。原有的文件没有改动。请换一个地方再存。",
            detail=type(error).__name__,
        ) from error


def sweep_forms(desk: Desk) -> int:
    """Remove what the hub's list does not name any more; returns how many files."""
    with desk.store.read() as conn:
        return forms.sweep(conn, desk.forms)


def _line(desk: Desk, stop: Callable[[], bool] = lambda: False) -> Forms:
    limit = sending_limit(desk) * 1024
    return Forms(desk.store, desk.forms, desk.device, desk.device_key, desk.clock, limit=limit, stop=stop)

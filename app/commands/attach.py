"""附件: taking a file into a case, sealing it at once, and reading it again.

The sealed bytes are durable before the act that names them is; a power cut in between leaves a stray that
nobody can read, never an act without its file.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, select

from app.commands.act import Entry, perform
from app.commands.context import Changes, Desk
from models.crypto import WrongKey, seal_once, unseal
from models.device import get_meta, set_meta
from models.domain.files import MAX_FILE_BYTES, CaseFile
from models.domain.ops import Act, OpKind
from models.errors import KnownError
from models.files import read_in
from models.prepared import Prepared
from models.progress import UNSEEN, Progress
from models.projection import live_state
from models.tables import replica as t
from models.vault import Missing
from sync.attachments import FileReport, Files, try_again

NAME_KEY = "file_name_key"
LIMIT_KEY = "file_limit"  # KB a second, "" for none

_KNOWN = Prepared(select(t.file.c.file_id).where(t.file.c.file_id == bindparam("of")))

_KINDS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),  # docx, xlsx, ofd
)


def media_of(data: bytes) -> str:
    """What a file is by its first bytes, whatever it is called."""
    return next((media for magic, media in _KINDS if data.startswith(magic)), "application/octet-stream")


def attach(
    desk: Desk, entry: Entry, data: bytes, *, title: str, material: str = "", pages: int = 0
) -> Changes:
    """Attach a file to a case; what is entered so far is saved with it (the case is opened if it is new).

    The same bytes a second time are stored and sent once.  Raises KnownError and then nothing has changed:
    an empty or too large file, a material that is not on the list, a closed case, no room.
    """
    return attach_sealed(desk, entry, seal_content(desk, data), title=title, material=material, pages=pages)


class Sealed(NamedTuple):
    """A content whose sealed bytes are on this disk; ``made``: they were not before."""

    file: CaseFile
    made: bool


def seal_content(desk: Desk, data: bytes) -> Sealed:
    """*Slow* (60 MB: over a second): seal it here, away from the worker that keeps the drafts.

    Raises KnownError, and then nothing is left: an empty or too large file, no room.
    """
    if not 0 < len(data) <= MAX_FILE_BYTES:
        raise KnownError(
            f"附件是空的，或者超过 {MAX_FILE_BYTES // 1024 // 1024} MB，没有采用。已填内容都保存了。请分成几份再附。"
        )
    return Sealed(*_sealed(desk, data))


def attach_sealed(
    desk: Desk, entry: Entry, sealed: Sealed, *, title: str, material: str = "", pages: int = 0
) -> Changes:
    """:func:`attach` what :func:`seal_content` has sealed.  Raises KnownError; then its bytes are gone too."""
    file = msgspec.structs.replace(sealed.file, title=title.strip(), material=material, pages=pages)
    try:
        return perform(desk, OpKind.ATTACH, entry, Act(file=file))
    except KnownError:
        if sealed.made:
            desk.vault.remove(file.file_id)
        raise


def attach_path(
    desk: Desk,
    entry: Entry,
    path: Path,
    *,
    title: str = "",
    material: str = "",
    progress: Progress = UNSEEN,
) -> Changes:
    """:func:`attach` a file from a folder or a stick; it stays where it is.  It may be stopped while it is read."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KnownError(
                f"“{path.name}”超过 {MAX_FILE_BYTES // 1024 // 1024} MB，没有附上。办件没有改动。请分成几份再附。"
            )
        data = read_in(path, progress)
    except OSError as error:
        raise KnownError(
            f"“{path.name}”读不出来，没有附上。办件没有改动。请检查文件或者介质。",
            detail=type(error).__name__,
        ) from error
    progress.commit()
    return attach(desk, entry, data, title=title or path.stem[:200], material=material)


def detach(desk: Desk, entry: Entry, file_id: str, reason: str) -> Changes:
    """作废附件: it counts no more, and stays in the case with the reason."""
    return perform(desk, OpKind.DETACH, entry, Act(file_id=file_id, reason=reason.strip()))


def find_file(desk: Desk, case_id: str, file_id: str) -> CaseFile:
    """A file of a case by its id or the beginning of it.  Raises KnownError."""
    with desk.store.read() as conn:
        state = live_state(conn, desk.rulebook, case_id)
    found = [] if state is None else [f for f in state.files if file_id and f.file_id.startswith(file_id)]
    if len({f.file_id for f in found}) != 1:
        raise KnownError("这件办件没有这份附件，或者标识不够长。没有改动。请先列出附件再选。")
    return found[0]


def open_file(desk: Desk, file: CaseFile) -> bytes:
    """The content.  Raises :class:`models.vault.Missing` when it must be fetched first or is damaged."""
    try:
        return unseal(file.key, desk.vault.read(file.file_id), file.file_id.encode())
    except WrongKey as error:
        raise Missing("seal") from error


def fetch_file(
    desk: Desk, case_id: str, file: CaseFile, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Bring the sealed bytes here from the hub.  Raises KnownError; what has come is kept for the next time."""
    if desk.vault.has(file.file_id):
        try:
            open_file(desk, file)
            return
        except Missing:
            desk.vault.remove(file.file_id)
    _files(desk, on_progress=on_progress).fetch(case_id, file)


def send_files(
    desk: Desk,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    *,
    again: bool = False,
) -> FileReport:
    """Send what the hub lacks, small files first.  ``again``: those too that had been given up."""
    if again:
        try_again(desk.store)
    return _files(desk, on_progress=on_progress, stop=stop).send()


def limit_sending(desk: Desk, kilobytes: int) -> None:
    """How many KB a second files may take of the line; 0 for as much as there is."""
    if not 0 <= kilobytes <= 1_000_000:
        raise KnownError("限速要写 0（不限）到 1000000 之间的 KB/s，没有改动。")
    with desk.store.write() as conn:
        set_meta(conn, LIMIT_KEY, str(kilobytes).encode())


def sending_limit(desk: Desk) -> int:
    """KB a second that files may take of the line, 0 for no limit."""
    with desk.store.read() as conn:
        return int(get_meta(conn, LIMIT_KEY) or b"0")


def _files(
    desk: Desk,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Files:
    return Files(
        desk.store,
        desk.vault,
        desk.device,
        desk.device_key,
        desk.clock,
        limit=sending_limit(desk) * 1024,
        on_progress=on_progress,
        stop=stop,
    )


def _name_key(desk: Desk) -> bytes:
    """The key that names this machine's files: without it a name tells nothing of a content."""
    with desk.store.read() as conn:
        key = get_meta(conn, NAME_KEY)
    if key is None:
        with desk.store.write() as conn:
            key = get_meta(conn, NAME_KEY) or secrets.token_bytes(32)
            set_meta(conn, NAME_KEY, key)
    return key


def _sealed(desk: Desk, data: bytes) -> tuple[CaseFile, bool]:
    """The facts of a content whose sealed bytes are on this disk, and whether they were just put there.

    Name and key follow from the content and the machine's own key: one content is one file here, always
    sealed to the same bytes, so a lost or damaged copy is made whole by attaching the file again.
    """
    name_key = _name_key(desk)
    name = hmac.digest(name_key, data, "sha256").hex()
    key = hmac.digest(name_key, b"key\0" + name.encode(), "sha256")
    sealed = seal_once(key, data, name.encode())
    file = CaseFile(
        file_id=name,
        key=key,
        size=len(sealed),
        sha256=hashlib.sha256(sealed).digest(),
        media=media_of(data),
        title="-",
    )
    with desk.store.read() as conn:
        known = _KNOWN(conn, of=name).first()
    try:
        if known is not None and desk.vault.read(name) == sealed:
            return file, False
    except Missing:
        pass
    desk.vault.put(name, sealed)
    return file, known is None

"""Attached files as screens and commands show them: what there is, where its bytes are, what is under way."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, select

from app.commands.context import Desk
from models.domain.case import decode_state
from models.domain.files import CaseFile
from models.projection import live_state
from models.tables import replica as t

_WORDS = {
    "waiting": "在本机，联网后自动传到中心",
    "done": "本机和中心都有",
    "stuck": "没有传成，请看原因",
    "elsewhere": "在中心，需要时取回",
}


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a case.  ``place``: waiting, done, stuck (here) or elsewhere; ``size`` in bytes.

    ``words`` says the place, and why a file is stuck.  ``sent``: bytes that the hub has confirmed.
    """

    file_id: str
    op_id: str
    case_id: str
    title: str
    material: str
    media: str
    pages: int
    size: int
    sent: int
    staff: str
    at_ms: int
    void: str
    place: str
    words: str


class FilesFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What of this machine's files the hub still lacks."""

    waiting: int
    waiting_bytes: int
    stuck: int


def read_files(desk: Desk, case_id: str) -> list[FileRow]:
    """The files of a case in the order they came, those out of use too."""
    with desk.store.read() as conn:
        state = live_state(conn, desk.rulebook, case_id)
        if state is None:
            return []
        here = t.file.c
        rows = conn.execute(
            select(here.file_id, here.upload, here.sent, here.reason).where(
                here.file_id.in_([file.file_id for file in state.files])
            )
        )
        known = {row.file_id: row for row in rows}
    return [_row(case_id, file, known.get(file.file_id)) for file in state.files]


def read_unsent(desk: Desk) -> list[FileRow]:
    """Files the hub still lacks, in the order they will be sent; those that want a person first."""
    here = t.file.c
    with desk.store.read() as conn:
        rows = conn.execute(
            select(here.file_id, here.case_id, here.upload, here.sent, here.reason, t.case_view.c.state)
            .join(t.case_view, t.case_view.c.case_id == here.case_id)
            .where(here.upload != "done")
            .order_by(here.upload, here.size, here.file_id)
        ).all()
    files = {
        data: {file.file_id: file for file in decode_state(data).files} for data in {r.state for r in rows}
    }
    return [_row(row.case_id, file, row) for row in rows if (file := files[row.state].get(row.file_id))]


def files_facts(desk: Desk) -> FilesFacts:
    with desk.store.read() as conn:
        rows = conn.execute(select(t.file.c.upload, t.file.c.size).where(t.file.c.upload != "done")).all()
    waiting = [row.size for row in rows if row.upload == "waiting"]
    return FilesFacts(waiting=len(waiting), waiting_bytes=sum(waiting), stuck=len(rows) - len(waiting))


def _row(case_id: str, file: CaseFile, here: Row[*tuple[Any, ...]] | None) -> FileRow:
    """``here``: what this machine knows of the bytes, None for a file it never had."""
    place = here.upload if here is not None else "elsewhere"
    return FileRow(
        file_id=file.file_id,
        op_id=file.op_id,
        case_id=case_id,
        title=file.title,
        material=file.material,
        media=file.media,
        pages=file.pages,
        size=file.size,
        sent=here.sent if here is not None else file.size,
        staff=file.staff,
        at_ms=file.at_ms,
        void=file.void,
        place=place,
        words=(here.reason if here is not None else "") or _WORDS[place],
    )

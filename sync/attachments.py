"""The desk's end of attached files: sending what the hub lacks, fetching what is wanted here.

Independent of rounds: a large scan on a thin line holds up no case.  Small files go first, a cut costs one
chunk at most, and each file is checked by its SHA-256 on both sides.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from models.domain.files import CaseFile
from models.errors import KnownError
from models.prepared import Prepared
from models.store import Store
from models.tables import replica as t
from models.vault import Missing, Vault
from sync import file_protocol as fp
from sync.bootstrap import not_served
from sync.client import HubClient, HubGarbled, HubRefused, HubUnreachable
from sync.line import Line, Wanted

MAX_TRIES = 5
_WAITING = Prepared(
    select(t.file).where(t.file.c.upload == "waiting").order_by(t.file.c.size, t.file.c.file_id)
)
_SENT = Prepared(
    update(t.file).where(t.file.c.file_id == bindparam("of")).values(sent=bindparam("bytes_sent"))
)
_DONE = Prepared(
    update(t.file)
    .where(t.file.c.file_id == bindparam("of"))
    .values(upload="done", sent=bindparam("bytes_sent"), tries=0, reason="")
)
_INSERT = sqlite_insert(t.file)
_AWAIT = Prepared(
    _INSERT.on_conflict_do_update(
        index_elements=[t.file.c.file_id],
        set_={
            "upload": _INSERT.excluded.upload,
            "tries": literal_column("0"),
            "reason": literal_column("''"),
        },
    )
)
_LEFT = Prepared(
    select(t.file.c.upload, func.count().label("files"), func.sum(t.file.c.size).label("size"))
    .where(t.file.c.upload != "done")
    .group_by(t.file.c.upload)
)


class FileReport(msgspec.Struct, kw_only=True):
    """What one run did.  ``waiting`` and ``stuck`` are of what is left on this machine."""

    sent: int = 0
    sent_bytes: int = 0
    waiting: int = 0
    waiting_bytes: int = 0
    stuck: int = 0
    problems: list[str] = []


class Files(Line):
    """Files of one desk."""

    def send(self) -> FileReport:
        """Bring the hub what it lacks.  Never raises for what a network, a hub or a disk can do."""
        report = FileReport()
        waiting = self._waiting()
        if waiting:
            try:
                with self._client() as client:
                    scope = self._open(client)
                    self._send_all(client, waiting, scope, report)
            except KnownError as error:
                report.problems.append(str(error))
        with self._store.read() as conn:
            for row in _LEFT(conn):
                if row.upload == "waiting":
                    report.waiting, report.waiting_bytes = row.files, row.size
                else:
                    report.stuck = row.files
        return report

    def fetch(self, case_id: str, file: CaseFile) -> None:
        """Bring a file of the hall to this machine, going on where a cut left it.

        Raises KnownError: no line, not at the hub yet, or what came is not the file.
        """
        if self._vault.has(file.file_id):
            return
        with self._client() as client:
            scope = self._open(client)
            wanted = Wanted(name=file.file_id, size=file.size, sha256=file.sha256)
            self._bring(
                wanted,
                lambda at, length: client.read_file(
                    fp.FileWant(file_id=file.file_id, offset=at, length=length)
                ),
            )
        with self._store.write() as conn:
            await_file(conn, file_row(case_id, scope, file, "done", self._clock.now().wall_ms))

    def _waiting(self) -> list[Row[Any]]:
        with self._store.read() as conn:
            return list(_WAITING(conn))

    def _send_all(self, client: HubClient, waiting: list[Row[Any]], scope: str, report: FileReport) -> None:
        total = sum(row.size - row.sent for row in waiting)
        done = 0
        for row in waiting:
            if self._stop():
                return
            try:
                if self._send_one(client, row, done, total):
                    report.sent += 1
                    report.sent_bytes += row.size
                    self._settle(row, scope)
            except HubUnreachable:
                raise
            except HubRefused as error:
                if not_served(error):
                    return  # an older hub takes no files; they wait
                if error.code not in ("unknown_file", "busy", "store_down"):
                    self._failed(row, str(error), report)
                elif error.code != "unknown_file":
                    raise
            except KnownError as error:
                self._failed(row, str(error), report)
            done += row.size - row.sent

    def _send_one(self, client: HubClient, row: Row[Any], done: int, total: int) -> bool:
        """True when the hub has the whole file; False when it was stopped on the way.

        ``done`` of ``total`` bytes of the run have gone before it.
        """
        reply = client.offer_file(fp.FileOffer(file_id=row.file_id))
        start, stalled = reply.sent, 0
        while not reply.done:
            if self._stop():
                return False
            if reply.spoilt:
                self._check_own(row)
                raise KnownError("附件传到中心后核对不上，中心没有收下，会再传。附件还在本机。")
            at = reply.sent
            if not 0 <= at < row.size:
                raise HubGarbled("中心对附件的答复看不懂。附件还在本机，稍后会自动再传。")
            data = self._vault.read(row.file_id, at, self._chunk)
            if not data:
                self._check_own(row)
            began = self._ticks()
            reply = client.send_chunk(fp.FileChunk(file_id=row.file_id, offset=at, data=data))
            self._paced(len(data), began)
            stalled = stalled + 1 if reply.sent <= at and not reply.done else 0
            if stalled > 2:
                raise HubGarbled("中心没有收下附件的这一段。附件还在本机，稍后会自动再传。")
            with self._store.write() as conn:
                _SENT(conn, of=row.file_id, bytes_sent=reply.sent)
            self._progress(done + max(0, reply.sent - start), total)
        return True

    def _check_own(self, row: Row[Any]) -> None:
        """Raises :class:`Missing` when the bytes on this disk are not the file any more."""
        data = self._vault.read(row.file_id)
        if len(data) != row.size or hashlib.sha256(data).digest() != row.sha256:
            raise Missing("spoilt here")

    def _settle(self, row: Row[Any], scope: str) -> None:
        """The hub has it.  A file of a hall this machine has left goes from here now."""
        with self._store.write() as conn:
            if row.scope == scope:
                _DONE(conn, of=row.file_id, bytes_sent=row.size)
                return
            conn.execute(delete(t.file).where(t.file.c.file_id == row.file_id))
        self._vault.remove(row.file_id)

    def _failed(self, row: Row[Any], reason: str, report: FileReport) -> None:
        tries = row.tries + 1
        stuck = tries >= MAX_TRIES
        with self._store.write() as conn:
            conn.execute(
                update(t.file)
                .where(t.file.c.file_id == row.file_id)
                .values(tries=tries, reason=reason, upload="stuck" if stuck else "waiting", sent=0)
            )
        report.problems.append(reason)


def await_file(conn: Connection, row: dict[str, Any]) -> None:
    """A case refers to a file whose sealed bytes are on this machine; a known one is looked at again."""
    _AWAIT(conn, **row)


def file_row(case_id: str, scope: str, file: CaseFile, upload: str, now_ms: int) -> dict[str, Any]:
    """A row of the replica's ``file``."""
    return {
        "file_id": file.file_id,
        "scope": scope,
        "case_id": case_id,
        "key": file.key,
        "size": file.size,
        "sha256": file.sha256,
        "upload": upload,
        "sent": file.size if upload == "done" else 0,
        "tries": 0,
        "reason": "",
        "added_ms": now_ms,
    }


def offer_wanted(store: Store, wanted: tuple[str, ...]) -> None:
    """The hub lacks these files, or has lost them: those whose bytes are here are sent (again)."""
    if wanted:
        with store.write() as conn:
            conn.execute(
                update(t.file)
                .where(t.file.c.file_id.in_(wanted), t.file.c.upload == "done")
                .values(upload="waiting", sent=0)
            )


def try_again(store: Store) -> int:
    """Let stuck files be sent again; returns how many there are."""
    with store.write() as conn:
        return conn.execute(
            update(t.file).where(t.file.c.upload == "stuck").values(upload="waiting", tries=0, reason="")
        ).rowcount


def sweep(store: Store, vault: Vault, min_age_s: float = 3600.0) -> int:
    """Remove sealed bytes that no row knows: a power cut came between the file and its act, or in its midst.

    Young ones stay: another process of this machine may be about to write their act.
    """
    vault.tidy(min_age_s)
    strays = vault.names(min_age_s)
    with store.read() as conn:
        strays -= set(conn.execute(select(t.file.c.file_id)).scalars())
    for name in strays:
        vault.remove(name)
    return len(strays)

"""The desk's end of blank forms and samples: the list it holds, and the files of it that are here.

The files hold nothing of anybody, so they lie unsealed, by their SHA-256, which the signed list vouches for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from models.device import get_meta
from models.domain.forms import FormFile, FormList, named_forms, read_form_list
from models.errors import KnownError
from models.rulebook import Rulebook
from models.vault import Missing, Vault
from sync import file_protocol as fp
from sync.bootstrap import not_served
from sync.client import HubClient, HubRefused
from sync.line import Line, Wanted

LIST_KEY = "form_list"
BUSIEST = 0.5  # of the time: what is fetched in advance leaves half of a thin line to the cases


class FormReport(msgspec.Struct, kw_only=True):
    """What one run fetched, and how many files that the catalogue names are still lacking here."""

    fetched: int = 0
    waiting: int = 0
    problems: list[str] = []


def held_list(conn: Connection) -> FormList:
    """The list last received; an unreadable one counts as none, and comes again."""
    try:
        return read_form_list(get_meta(conn, LIST_KEY))
    except msgspec.MsgspecError:
        return FormList()


def lacking(conn: Connection, rulebook: Rulebook, vault: Vault) -> list[FormFile]:
    """Listed files that the catalogue in force, or one that waits for its day, names and that are not here.

    Small ones first.  A desk that is offline on the day changes over by itself, and needs its forms then.
    """
    files = {file.name: file for file in held_list(conn).files}
    versions = {rulebook.current_version(conn), rulebook.newest_version(conn)} if files else set()
    catalogs = [catalog for one in versions if (catalog := rulebook.catalog(conn, one)) is not None]
    named = {form.name for catalog in catalogs for item in catalog.items for form in named_forms(item)}
    here = vault.names()
    wanted = {file.sha256: file for name, file in files.items() if name in named and file.sha256 not in here}
    return sorted(wanted.values(), key=lambda file: (file.size, file.sha256))


def keep(vault: Vault, listed: Iterable[FormFile], data: bytes) -> FormFile | None:
    """Keep bytes that are a listed file, whatever way they came; returns which one, None for none.

    Raises KnownError when there is no room.
    """
    name = hashlib.sha256(data).hexdigest()
    for file in listed:
        if file.sha256 == name and file.size == len(data):
            if not vault.has(name):
                vault.put(name, data)
            return file
    return None


def whole(vault: Vault, file: FormFile) -> bytes:
    """The content of a file that is here.  Raises :class:`models.vault.Missing`; a spoilt one is thrown away."""
    data = vault.read(file.sha256)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        vault.remove(file.sha256)
        raise Missing("spoilt here")
    return data


def sweep(conn: Connection, vault: Vault) -> int:
    """Remove files that the list does not name any more; returns how many.  None by a list that can't be read."""
    try:
        held = get_meta(conn, LIST_KEY)
        if held is None:
            return 0
        listed = {file.sha256 for file in read_form_list(held).files}
    except msgspec.MsgspecError:
        return 0
    vault.tidy(3600.0)
    gone = vault.names() - listed
    for name in gone:
        vault.remove(name)
    return len(gone)


class Forms(Line):
    """Fetches forms over the line."""

    def fetch(self, files: Iterable[FormFile]) -> None:
        """Fetch these now.  Raises KnownError; what has come of a file is kept for the next time."""
        with self._client() as client:
            self._open(client)
            for file in files:
                self._fetch_one(client, file)

    def fetch_lacking(self, rulebook: Rulebook) -> FormReport:
        """Fetch in advance what a window may need offline.  Never raises for what a line or a disk can do."""
        report = FormReport()
        with self._store.read() as conn:
            wanted = lacking(conn, rulebook, self._vault)
        report.waiting = len(wanted)
        if not wanted:
            return report
        try:
            with self._client() as client:
                self._open(client)
                for file in wanted:
                    if self._stop():
                        break
                    began = self._ticks()
                    if not self._fetched(client, file, report):
                        continue
                    report.fetched += 1
                    report.waiting -= 1
                    self._pause((self._ticks() - began) * (1 / BUSIEST - 1))
        except HubRefused as error:
            if not not_served(error):
                report.problems.append(str(error))
        except KnownError as error:
            if not self._stop():
                report.problems.append(str(error))
        return report

    def _fetched(self, client: HubClient, file: FormFile, report: FormReport) -> bool:
        """False for a file that the hub has no more: a newer list is on its way."""
        try:
            self._fetch_one(client, file)
        except HubRefused as error:
            if error.code != "unknown_form":
                raise
            report.problems.append(str(error))
            return False
        return True

    def _fetch_one(self, client: HubClient, file: FormFile) -> None:
        if self._vault.has(file.sha256):
            return
        wanted = Wanted(name=file.sha256, size=file.size, sha256=bytes.fromhex(file.sha256))
        self._bring(
            wanted,
            lambda at, length: client.read_form(fp.FormWant(sha256=file.sha256, offset=at, length=length)),
        )

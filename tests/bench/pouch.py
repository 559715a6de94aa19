"""The reference: PouchDB and express-pouchdb, installed outside the repository and run as processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

SOURCE = Path(__file__).with_name("pouchdb")
INSTALL = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")


class NoReference(Exception):
    """Why PouchDB cannot be measured here, in one sentence."""


class Replicated(msgspec.Struct, frozen=True):
    """What one run of the client tells; loading has no seconds."""

    docs: int
    adapter: str
    seconds: float = 0.0


class Pouch(msgspec.Struct, frozen=True):
    """An installation; databases are folders of the caller's."""

    home: Path

    def load(self, documents: Path, database: Path) -> str:
        """Put documents (one JSON a line) into a fresh database; tells the adapter."""
        return self._client("load", documents, database).adapter

    def push(self, url: str, database: Path) -> Replicated:
        return self._client("push", url, database)

    def pull(self, url: str, database: Path, cap_s: float) -> Replicated:
        return self._client("pull", url, database, str(cap_s))

    @contextmanager
    def server(self, folder: Path) -> Iterator[int]:
        """An express-pouchdb process; yields its port."""
        folder.mkdir()
        process = subprocess.Popen(
            ["node", "server.js", str(folder)],
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise NoReference("express-pouchdb did not start")
            yield int(line)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def _client(self, *arguments: str | Path) -> Replicated:
        done = subprocess.run(
            ["node", "client.js", *map(str, arguments)],
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise NoReference(f"PouchDB failed: {done.stderr.strip().splitlines()[-1:]}")
        return msgspec.json.decode(done.stdout, type=Replicated)


def install() -> Pouch:
    """Install into the user's cache, once for each set of versions.  Raises NoReference."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise NoReference(f"{program} is missing: install nodejs and npm to measure PouchDB beside it")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taihaoban-bench" / "pouchdb"
    stamp = home / "installed.json"
    wanted = (SOURCE / "package.json").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        shutil.copy(SOURCE / "package.json", home)
        with tempfile.TemporaryFile("w+") as words:
            done = subprocess.run(INSTALL, cwd=home, stdout=words, stderr=words, check=False)
        if done.returncode != 0:
            raise NoReference("npm could not install PouchDB: is the npm registry within reach?")
        stamp.write_text(wanted)
    for script in SOURCE.glob("*.js"):
        shutil.copy(script, home)
    return Pouch(home)

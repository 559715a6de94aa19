"""Bringing a replica's schema up: never in place, always on a copy that is checked and swapped in.

alembic in place, killed at a bad moment, left databases that never opened again (DESIGN §7).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, Engine

from models.errors import KnownError

# Kept here so that opening an up-to-date replica does not have to load alembic.
HEAD = "0001"
KNOWN = frozenset({"0001"})


def current_revision(conn: Connection) -> str:
    """The schema revision of a replica; "" for a file that is no replica of ours."""
    there = conn.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
    if there is None:
        raise KnownError("这个文件不是本系统的副本，没有打开，也没有改动。请核对资料目录，或者联系管理员。")
    row = conn.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row is not None else ""


def run(conn: Connection, target: str = "head", *, down: bool = False) -> None:
    """Run the migrations to ``target`` in one transaction on ``conn``."""
    from alembic import command
    from alembic.config import Config

    spec = find_spec("migrations")
    assert spec is not None
    assert spec.submodule_search_locations
    config = Config()
    config.set_main_option(
        "script_location", str(Path(next(iter(spec.submodule_search_locations))) / "replica")
    )
    config.attributes["connection"] = conn
    conn.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        (command.downgrade if down else command.upgrade)(config, target)
        conn.exec_driver_sql("COMMIT")
    except BaseException:
        conn.exec_driver_sql("ROLLBACK")
        raise


def upgrade_file(
    path: Path, open_engine: Callable[[Path], Engine], checkpoint: Callable[[str], None] | None = None
) -> None:
    """Upgrade the replica at ``path``; a crash at any moment leaves it openable, old or new.

    The former file stays beside it as ``.before-<revision>``.  ``checkpoint`` is called with the name
    of each step, so that a test can kill the process there.  Raises KnownError when the copy does not
    check out; then the replica is as it was.
    """
    step = checkpoint or (lambda name: None)
    copy = path.with_name(path.name + ".upgrading")
    for leftover in (copy, *(copy.with_name(copy.name + s) for s in ("-wal", "-shm"))):
        leftover.unlink(missing_ok=True)
    engine = open_engine(path)
    try:
        with engine.connect() as conn:
            before = outbox_hash(conn)
            revision = current_revision(conn)
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            step("checkpointed")
            # VACUUM INTO keeps the cipher key; a file copy beside a live WAL would not be the database.
            conn.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    finally:
        engine.dispose()
    step("copied")
    fresh = open_engine(copy)
    try:
        with fresh.connect() as conn:
            run(conn)
            step("migrated")
            sound = conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            if not sound or outbox_hash(conn) != before:
                raise KnownError("副本升级后核对不上，已退回原副本。办件都还在，没有改动。请联系管理员。")
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        fresh.dispose()
    step("checked")
    kept = path.with_name(f"{path.name}.before-{revision}")
    kept.unlink(missing_ok=True)
    os.link(path, kept)
    step("kept")
    os.replace(copy, path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    step("swapped")


def outbox_hash(conn: Connection) -> str:
    """A digest of every op and its state: the same before and after an upgrade."""
    digest = hashlib.sha256()
    for row in conn.exec_driver_sql(
        "SELECT op.dseq, op.hash, op_status.state FROM op JOIN op_status USING (dseq) ORDER BY op.dseq"
    ):
        digest.update(f"{row[0]}\0{row[2]}\0".encode() + bytes(row[1]))
    return digest.hexdigest()

"""Backing a hub up, and coming back from a backup under a new epoch.

Since the backup, desks may have been told of outcomes and granted numbers that it does not know: the
new epoch makes them offer their ops again, and the serials after the known grants are set aside.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from models.errors import KnownError
from models.files import write_private
from sync.hub import keys as key_files
from sync.hub import migrate
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.closed import ClosedFile, shut_out
from sync.hub.database import DATABASE_FILE, Hub, new_epoch
from sync.hub.engine import Database, make_engine
from sync.hub.numbers import Restores, skip_ahead
from sync.hub.serving import Serving

RESTORES = "restores.json"
KEPT_MS = 400 * 24 * 3600 * 1000  # numbers of a year are granted from the December before it


def backup(hub: Hub, target: Path) -> None:
    """Write a consistent copy of the database to a new file; the hub may go on serving meanwhile.

    SQLite only.  ``hub.key`` is not in it: it is kept apart, and the copy is useless without it.
    """
    if not hub.db.is_sqlite:
        raise KnownError(
            "PostgreSQL 上的中心请用 pg_dump 备份，没有写文件。恢复后再运行 hub restore --epoch-only。"
        )
    if target.exists():
        raise KnownError(f"“{target}”已经存在，没有覆盖。请换一个文件名。")
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        raw = hub.db.engine.raw_connection()
        try:
            raw.cursor().execute("VACUUM INTO ?", (str(part),))
        finally:
            raw.close()
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except Exception as error:
        part.unlink(missing_ok=True)
        raise KnownError(
            "备份没有写成，中心的数据没有改动。请检查目标目录和磁盘空间。", detail=type(error).__name__
        ) from error


def count_restore(data_dir: Path, now_ms: int) -> Restores:
    """The restores of late, with the one that is to come, and how far numbers had been given out.

    Kept beside the database, which itself forgets: two restores would else both grant the serials that
    neither backup knows of.  Raises KnownError: the record cannot be read or written.
    """
    place = data_dir / RESTORES
    try:
        data = place.read_bytes() if place.exists() else b"[]"
        if data.startswith(b"["):  # as earlier programs kept it
            kept = Restores(times=msgspec.json.decode(data, type=list[int]))
        else:
            kept = msgspec.json.decode(data, type=Restores)
    except (OSError, msgspec.MsgspecError) as error:
        raise _no_record(error) from error
    kept.times = [ms for ms in kept.times if ms > now_ms - KEPT_MS] + [now_ms]
    keep_restores(data_dir, kept)
    return kept


def keep_restores(data_dir: Path, kept: Restores) -> None:
    """Write the record; before the restore is committed, so that none goes uncounted.  Raises KnownError."""
    try:
        write_private(data_dir / RESTORES, msgspec.json.encode(kept))
    except (OSError, KnownError) as error:
        raise _no_record(error) from error


def _no_record(error: Exception) -> KnownError:
    return KnownError(
        f"恢复次数的记录“{RESTORES}”读写不了，没有恢复，数据没有改动。请检查中心的数据目录。",
        detail=type(error).__name__,
    )


def restore(data_dir: Path, source: Path, now_ms: int) -> str:
    """Put a backup in the place of the hub's SQLite database; returns the new epoch.

    The former file is kept beside it.  Raises KnownError and then nothing has changed: the hub is
    running, the file is no backup of this hub, or there is no room.
    """
    keys = key_files.load(data_dir / key_files.FILE)
    if not source.is_file():
        raise KnownError(f"没有“{source}”这个文件，没有恢复，数据没有改动。")
    fresh = data_dir / "hub.db.restoring"
    with Serving(data_dir, alone=True):
        try:
            _remove(fresh)
            shutil.copyfile(source, fresh)
            database = Database(make_engine(fresh))
            try:
                _check(database, keys.public)
                migrate.upgrade(database.engine)
                with database.write() as conn:
                    closed = ClosedFile(data_dir).all()
                    kept = count_restore(data_dir, now_ms)
                    epoch = start_epoch(conn, now_ms, kept, closed)
                    keep_restores(data_dir, kept)
                raw = database.engine.raw_connection()
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
                raw.close()
            finally:
                database.close()
            _swap(fresh, data_dir / DATABASE_FILE, now_ms)
        except (OSError, DBAPIError) as error:
            _remove(fresh)
            raise KnownError(
                "没有恢复成，原来的数据没有改动。请检查备份文件和磁盘空间。", detail=type(error).__name__
            ) from error
        except KnownError:
            _remove(fresh)
            raise
    return epoch


def start_epoch(
    conn: Connection, now_ms: int, kept: Restores | None = None, closed: Mapping[str, str] | None = None
) -> str:
    """What every restore must do, also one made by pg_restore.

    ``kept``: see :func:`count_restore`; it is told how far numbers go now.  ``closed``: who is shut out for good (sync.hub.closed).
    """
    epoch = new_epoch(conn)
    if shut := shut_out(conn, closed or {}):
        record(conn, now_ms, "cli", "shut_out", detail=str(shut))
    skip_ahead(conn, epoch, now_ms, kept or Restores(times=[now_ms]))
    record(conn, now_ms, "cli", "restore", detail=epoch)
    return epoch


def _check(database: Database, public_key: bytes) -> None:
    with database.read() as conn:
        try:
            sound = conn.exec_driver_sql("PRAGMA integrity_check").scalar()
        except DBAPIError as error:
            raise KnownError("这个文件不是中心的备份，或者已经损坏，没有恢复，数据没有改动。") from error
        if sound != "ok":
            raise KnownError("备份文件已经损坏，没有恢复，数据没有改动。请换一个备份。")
        if migrate.current_revision(conn) is None:
            raise KnownError("这个文件不是中心的备份，没有恢复，数据没有改动。")
        known = conn.execute(select(t.hub_meta.c.value).where(t.hub_meta.c.key == "public_key")).scalar()
    if known != public_key:
        raise KnownError("这个备份是另一个中心的，没有恢复，数据没有改动。")


def _swap(fresh: Path, place: Path, now_ms: int) -> None:
    for ending in ("", "-wal", "-shm"):
        old = place.with_name(place.name + ending)
        if old.exists():
            old.replace(place.with_name(f"{place.name}.before-{now_ms}{ending}"))
    fresh.replace(place)


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)

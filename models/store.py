"""The encrypted replica: one SQLCipher file, opened with the unlocked data key.

WAL, synchronous=FULL, foreign keys on, nothing spilled in clear.  One process at a time, one writer
at a time in it; readers never wait for the writer.  Expected faults are KnownError everywhere.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from models import files, upgrade
from models.errors import KnownError
from models.sqlcipher import PAGE, SAFE, change_key, cut_off, make_engine, rollback, told


class Store:
    """One open replica.  Safe to share between threads; close it before the process ends."""

    def __init__(self, path: Path, engine: Engine, lock: BinaryIO) -> None:
        self.path = path
        self._engine = engine
        self._lock_file = lock
        self._writer = threading.Lock()
        self._writing = 0  # the thread in write(), 0 for none
        self._closed = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block ends, and undone when it raises.

        Blocks don't nest: a second one in the same thread is a bug, told at once instead of hanging.
        """
        if self._writing == threading.get_ident():
            raise RuntimeError("write() inside write()")
        with self._writer:
            self._writing = threading.get_ident()
            try:
                with told(), self._connect() as conn:
                    conn.exec_driver_sql("BEGIN IMMEDIATE")
                    try:
                        yield conn
                        conn.exec_driver_sql("COMMIT")
                    except BaseException:
                        rollback(conn)
                        raise
            finally:
                self._writing = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot, whatever is written meanwhile."""
        with told(), self._connect() as conn:
            conn.exec_driver_sql("BEGIN")
            try:
                yield conn
            finally:
                rollback(conn)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it.  May be called twice."""
        with self._writer:
            if self._closed:
                return
            self._closed = True
            try:
                with self._engine.connect() as conn:
                    conn.exec_driver_sql("PRAGMA busy_timeout = 1000")  # a forgotten reader must not hang us
                    conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            except DBAPIError:
                pass  # a full disk: the log stays beside the file and is read again at the next start
            self._engine.dispose()
            self._lock_file.close()

    def _connect(self) -> Connection:
        if self._closed:  # the pool would quietly open the file again, without the lock
            raise KnownError("本机副本已经关闭，这一步没有存成。办件都还在，没有改动。请重新打开程序。")
        return self._engine.connect()


def create_store(path: Path, data_key: bytes) -> Store:
    """Make a new replica.  Raises KnownError when there is a file already or it cannot be written.

    It is made beside its place and moved there when whole, so that a crash leaves none or a good one.
    """
    lock = _take_lock(path)
    try:
        if path.exists():
            raise KnownError(f"本机已有副本，没有新建。{SAFE}")
        _make(path.with_name(path.name + ".creating"), path, data_key)
        return Store(path, make_engine(path, data_key), lock)
    except BaseException:
        lock.close()
        raise


def open_store(path: Path, data_key: bytes) -> Store:
    """Open a replica, bringing an older schema up on a checked copy first.

    Raises KnownError: no file, wrong key or damaged or foreign file, newer schema, opened by another
    window, disk full or not writable.
    """
    lock = _take_lock(path)
    try:
        if not path.exists():
            raise KnownError("本机没有副本文件。已传到中心的办件都在中心。请联系管理员重新登记本机。")
        if path.stat().st_size == 0:  # SQLite would take an empty file for a new database and fill it
            raise upgrade.foreign()
        if path.stat().st_size % PAGE and not _has_log(path):
            raise cut_off()  # the last page may be one that nothing reads until it is too late
        return Store(path, _open(path, data_key), lock)
    except BaseException:
        lock.close()
        raise


def rekey_store(
    path: Path,
    old_key: bytes,
    new_key: bytes,
    note: Callable[[Connection], None],
    checkpoint: Callable[[str], None] | None = None,
) -> None:
    """Encrypt a replica nobody has open under another key, on a copy that is checked and swapped in.

    ``note`` writes into the copy, in a transaction.  A crash at any moment leaves the file under the one key
    or the other.  Copies of earlier schemas beside it, which the old key opens, are removed.  Raises
    KnownError: open elsewhere, no room, or the copy does not check out; then the replica is as it was.
    """
    step = checkpoint or (lambda name: None)
    lock = _take_lock(path)
    copy = path.with_name(path.name + ".rekeying")
    try:
        files.remove_database(copy)
        with told():
            before = upgrade.copy_out(path, copy, lambda target: make_engine(target, old_key))
            step("copied")
            change_key(copy, old_key, new_key)
            step("encrypted")
            engine = make_engine(copy, new_key)
            try:
                with engine.connect() as conn:
                    upgrade.check_copy(conn, before)
                    conn.exec_driver_sql("BEGIN IMMEDIATE")
                    note(conn)
                    conn.exec_driver_sql("COMMIT")
                    conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                engine.dispose()
        step("checked")
        files.swap_in(copy, path)
        step("swapped")
        for former in path.parent.glob(f"{path.name}.before-*"):
            former.unlink(missing_ok=True)
    except OSError as error:
        raise files.cannot_write(error) from error
    finally:
        files.remove_database(copy)
        lock.close()


def _has_log(path: Path) -> bool:
    """Whether a write-ahead log can still complete the file: a checkpoint was cut in the middle."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _make(fresh: Path, path: Path, data_key: bytes) -> None:
    files.remove_database(fresh)
    try:
        files.make_private(fresh)
        engine = make_engine(fresh, data_key)
        try:
            with told(), engine.connect() as conn:
                upgrade.run(conn)
                conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            engine.dispose()
        files.swap_in(fresh, path)
    except OSError as error:
        raise files.cannot_write(error) from error
    finally:
        files.remove_database(fresh)


def _open(path: Path, data_key: bytes) -> Engine:
    engine = make_engine(path, data_key)
    try:
        with told(), engine.connect() as conn:
            current = upgrade.is_current(conn)
    except BaseException:
        engine.dispose()
        raise
    if current:
        return engine
    engine.dispose()
    with told():
        upgrade.upgrade_file(path, lambda target: make_engine(target, data_key))
    return make_engine(path, data_key)


def _take_lock(path: Path) -> BinaryIO:
    """Hold the profile for this process; the system lets go of it when the process ends."""
    try:
        handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise KnownError(f"资料目录没有写入权限，打不开副本。{SAFE}请联系管理员恢复权限。") from error
    file = os.fdopen(handle, "r+b")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise KnownError(f"本机副本已被另一个窗口打开。{SAFE}请回到那个窗口，或者先关闭它。") from error
    return file

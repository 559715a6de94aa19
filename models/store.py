"""The encrypted replica: one SQLCipher file, opened with the unlocked data key.

WAL, synchronous=FULL, foreign keys on, nothing spilled in clear.  One writer at a time in this
process; readers never wait for it.  Every expected fault becomes a KnownError in :func:`translate`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import sqlcipher3
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from models import upgrade
from models.errors import KnownError

# Up to 3.51.2 SQLite could lose a WAL reset (DESIGN §7); sqlcipher3 0.6.4 bundles a later one.
MIN_SQLITE = (3, 51, 3)

_SAFE = "办件都还在，没有改动。"


class Store:
    """One open replica.  Safe to share between threads; close it before the process ends."""

    def __init__(self, path: Path, engine: Engine, lock: BinaryIO) -> None:
        self.path = path
        self._engine = engine
        self._lock_file = lock
        self._writer = threading.Lock()
        self._closed = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block ends, and undone when it raises."""
        with self._writer, _told(), self._engine.connect() as conn:
            conn.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield conn
            except BaseException:
                _rollback(conn)
                raise
            _commit(conn)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot, whatever is written meanwhile."""
        with _told(), self._engine.connect() as conn:
            conn.exec_driver_sql("BEGIN")
            try:
                yield conn
            finally:
                _rollback(conn)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it.  May be called twice."""
        if self._closed:
            return
        self._closed = True
        with self._writer:
            try:
                with self._engine.connect() as conn:
                    conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            except DBAPIError:
                pass  # a full disk: the log stays beside the file and is read again at the next start
            self._engine.dispose()
            self._lock_file.close()


def create_store(path: Path, data_key: bytes) -> Store:
    """Make a new replica.  Raises KnownError when there is a file already or it cannot be written."""
    if path.exists():
        raise KnownError(f"本机已有副本，没有新建。{_SAFE}")
    lock = _take_lock(path)
    try:
        engine = make_engine(path, data_key)
        with _told(), engine.connect() as conn:
            upgrade.run(conn)
        return Store(path, engine, lock)
    except BaseException:
        lock.close()
        raise


def open_store(path: Path, data_key: bytes) -> Store:
    """Open a replica, bringing an older schema up on a checked copy first.

    Raises KnownError: no file, wrong key or damaged or foreign file, newer schema, opened by another
    window, disk full or not writable.
    """
    if not path.exists():
        raise KnownError("本机没有副本文件。已传到中心的办件都在中心。请联系管理员重新登记本机。")
    lock = _take_lock(path)
    try:
        engine = make_engine(path, data_key)
        with _told(), engine.connect() as conn:
            found = upgrade.current_revision(conn)
        if found not in upgrade.KNOWN:
            engine.dispose()
            raise KnownError(f"本机副本是更新版本的程序写的，这个版本打不开。{_SAFE}请升级程序后再打开。")
        if found != upgrade.HEAD:
            engine.dispose()
            with _told():
                upgrade.upgrade_file(path, lambda target: make_engine(target, data_key))
            engine = make_engine(path, data_key)
        return Store(path, engine, lock)
    except BaseException:
        lock.close()
        raise


def make_engine(path: Path, data_key: bytes) -> Engine:
    """An engine over one SQLCipher file; transactions are begun by hand."""
    if tuple(int(part) for part in sqlcipher3.sqlite_version.split(".")) < MIN_SQLITE:
        raise KnownError("程序自带的数据库版本过旧，不能安全打开副本。办件都还在。请重新安装程序。")
    key = data_key.hex()

    def connect() -> Any:
        raw = sqlcipher3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=30)
        try:
            raw.execute("PRAGMA cipher_log_level = NONE")  # faults are told by translate(), not on stderr
            raw.execute(f"PRAGMA key = \"x'{key}'\"")
            raw.execute("PRAGMA cipher_memory_security = OFF")
            raw.execute("PRAGMA temp_store = MEMORY")
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA foreign_keys = ON")
            raw.execute("PRAGMA secure_delete = ON")
            raw.execute("PRAGMA busy_timeout = 30000")
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            raw.close()
            raise
        return raw

    # isolation_level=None: transactions are begun by Store, never by the driver.
    return create_engine(
        "sqlite+pysqlite://",
        module=sqlcipher3,
        creator=connect,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=8,
    )


def translate(error: BaseException) -> KnownError | None:
    """The sentence for an expected database fault, None for a bug."""
    original = error.orig if isinstance(error, DBAPIError) else error
    words = str(original).lower()
    if "disk is full" in words:
        return KnownError(f"磁盘已满，这一步没有存成。{_SAFE}已填内容还在界面上。请腾出空间后再按一次。")
    if "readonly" in words or "unable to open" in words:
        return KnownError(f"资料目录没有写入权限，打不开副本。{_SAFE}请联系管理员恢复权限。")
    if "not a database" in words or "malformed" in words or "file is encrypted" in words or "hmac" in words:
        return KnownError(
            "本机副本打不开：文件损坏、不是本系统的文件，或者密钥不对。已传到中心的办件都在中心。"
            "请不要删除文件，联系管理员处理。"
        )
    if "disk i/o error" in words:
        return KnownError(f"磁盘读写出错，这一步没有存成。{_SAFE}请尽快联系管理员检查磁盘。")
    if "locked" in words or "busy" in words:
        return KnownError(f"副本正被占用，这一步没有存成。{_SAFE}请稍候再试。")
    return None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlcipher3.Error) as error:
        known = translate(error)
        if known is None:
            raise
        known.detail = type(error).__name__
        raise known from error


def _commit(conn: Connection) -> None:
    try:
        conn.exec_driver_sql("COMMIT")
    except BaseException:
        _rollback(conn)
        raise


def _rollback(conn: Connection) -> None:
    """End the transaction if there still is one: on a full disk SQLite may have ended it itself."""
    raw = conn.connection.dbapi_connection
    if raw is not None and raw.in_transaction:
        conn.exec_driver_sql("ROLLBACK")


def _take_lock(path: Path) -> BinaryIO:
    """Hold the profile for this process; the system lets go of it when the process ends."""
    try:
        file = open(path.with_name(path.name + ".lock"), "a+b")  # noqa: SIM115 - held until close()
    except OSError as error:
        raise KnownError(f"资料目录没有写入权限，打不开副本。{_SAFE}请联系管理员恢复权限。") from error
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise KnownError(f"本机副本已被另一个窗口打开。{_SAFE}请回到那个窗口，或者先关闭它。") from error
    return file

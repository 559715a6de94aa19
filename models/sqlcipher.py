"""Opening one SQLCipher file through SQLAlchemy, and the sentences for what can go wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from models.crypto import KEY_BYTES
from models.errors import KnownError
from models.memory import forbid_dumps

# Up to 3.51.2 SQLite could lose a WAL reset (DESIGN §7); sqlcipher3 0.6.4 bundles 3.53.4.
MIN_SQLITE = (3, 51, 3)

PAGE = 4096  # SQLCipher's default, which every replica has
_DAMAGED = (
    "本机副本打不开：文件损坏、不是本系统的文件，或者密钥不对。已传到中心的办件都在中心。"
    "请不要删除文件，联系管理员处理。"
)

SAFE = "办件都还在，没有改动。"

# The low byte of SQLite's result codes (sqlite.org/rescode.html).
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _PROTOCOL, _NOTADB = (
    5, 6, 8, 10, 11, 13, 14, 15, 26,
)  # fmt: skip


def make_engine(path: Path, data_key: bytes) -> Engine:
    """An engine over one SQLCipher file; transactions are begun by hand.

    ``data_key`` is 32 raw bytes.  The first connection opens the file; a wrong key shows there.
    """
    if len(data_key) != KEY_BYTES:
        raise ValueError("the data key is 32 bytes")  # any other length would pass for a passphrase
    if tuple(int(part) for part in sqlcipher3.sqlite_version.split(".")) < MIN_SQLITE:
        raise KnownError("程序自带的数据库版本过旧，不能安全打开副本。办件都还在。请重新安装程序。")
    forbid_dumps()
    key = data_key.hex()

    def connect() -> Any:
        # isolation_level=None: transactions are begun by Store, never by the driver.
        raw = sqlcipher3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=30)
        try:
            raw.execute("PRAGMA cipher_log_level = NONE")  # faults are told by translate(), not on stderr
            # The key's own memory is always locked and wiped. Locking every page buffer as well
            # (cipher_memory_security) made an act three times as slow, for data that Python and Qt
            # hold unlocked beside it all the same; crash dumps are forbidden as a whole instead.
            raw.execute("PRAGMA cipher_memory_security = OFF")
            raw.execute(f"PRAGMA key = \"x'{key}'\"")
            # A plain SQLite library would take the key without a word and write everything in clear.
            if raw.execute("PRAGMA cipher_version").fetchone() is None:
                raise KnownError("程序自带的数据库不能加密，没有打开副本。办件都还在。请重新安装程序。")
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
            raw.execute("PRAGMA temp_store = MEMORY")
            raw.execute("PRAGMA journal_mode = WAL").fetchone()
            raw.execute("PRAGMA synchronous = FULL")
            # One act writes some 20 pages: folding the log in every 1000 pages made one act in fifty wait.
            raw.execute("PRAGMA wal_autocheckpoint = 4000").fetchone()
            raw.execute("PRAGMA foreign_keys = ON")
            # Without this INSERT OR REPLACE removes a row past the triggers that forbid it.
            raw.execute("PRAGMA recursive_triggers = ON")
            raw.execute("PRAGMA secure_delete = ON")
        except BaseException:
            raw.close()
            raise
        return raw

    return create_engine(
        "sqlite+pysqlite://",
        module=sqlcipher3,
        creator=connect,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=8,
    )


def change_key(path: Path, old_key: bytes, new_key: bytes) -> None:
    """Encrypt a closed file anew in place.  For copies only: cut in the middle, neither key opens it."""
    raw = sqlcipher3.connect(str(path), isolation_level=None)
    try:
        raw.execute("PRAGMA cipher_log_level = NONE")
        raw.execute(f"PRAGMA key = \"x'{old_key.hex()}'\"")
        raw.execute("PRAGMA journal_mode = DELETE").fetchone()
        raw.execute(f"PRAGMA rekey = \"x'{new_key.hex()}'\"")
    finally:
        raw.close()


def cut_off() -> KnownError:
    """A file that ends in the middle of a page."""
    return KnownError(_DAMAGED, detail="cut off")


def translate(error: BaseException) -> KnownError | None:
    """The sentence for an expected database fault, None for a bug."""
    original = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(original, "sqlite_errorcode", 0) & 0xFF
    if code == _FULL:
        message = f"磁盘已满，这一步没有存成。{SAFE}已填内容还在界面上。请腾出空间后再按一次。"
    elif code in (_READONLY, _CANTOPEN):
        message = f"资料目录没有写入权限，打不开副本。{SAFE}请联系管理员恢复权限。"
    elif code in (_NOTADB, _CORRUPT):
        message = _DAMAGED
    elif code == _IOERR:
        message = f"磁盘读写出错，这一步没有存成。{SAFE}请尽快联系管理员检查磁盘。"
    elif code in (_BUSY, _LOCKED, _PROTOCOL):
        message = f"副本正被占用，这一步没有存成。{SAFE}请稍候再试。"
    else:
        return None
    return KnownError(message, detail=getattr(original, "sqlite_errorname", ""))


@contextmanager
def told() -> Iterator[None]:
    """Expected database faults leave this block as KnownError, bugs as they are."""
    try:
        yield
    except (DBAPIError, sqlcipher3.Error) as error:
        known = translate(error)
        if known is None:
            raise
        raise known from error


def rollback(conn: Connection) -> None:
    """End the transaction if there still is one: on a full disk SQLite may have ended it itself."""
    raw = conn.connection.dbapi_connection
    if raw is not None and raw.in_transaction:
        conn.exec_driver_sql("ROLLBACK")

"""One engine for both databases, and the two kinds of transaction the hub uses.

SQLite comes from sqlcipher3: the interpreter's own may carry the WAL-reset bug (up to 3.51.2).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from models.errors import KnownError

OLDEST_SQLITE = (3, 51, 3)
BUSY_MS = 30_000
POOL = 20


def make_engine(database: Path | str) -> Engine:
    """An engine on a SQLite file or a PostgreSQL URL.  Connects only when used."""
    return _sqlite(database) if isinstance(database, Path) else _postgresql(database)


def _sqlite(path: Path) -> Engine:
    from sqlcipher3 import dbapi2

    if dbapi2.sqlite_version_info < OLDEST_SQLITE:
        raise KnownError(
            f"SQLite {dbapi2.sqlite_version} 有会损坏数据的缺陷，没有打开中心。请安装 sqlcipher3 0.6.4 以上。"
        )
    engine = create_engine(
        f"sqlite:///{path}",
        module=dbapi2,
        pool_size=POOL,
        max_overflow=POOL,
        connect_args={"timeout": BUSY_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, record: object) -> None:
        raw.isolation_level = None  # BEGIN is ours, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MS}",
            # The pages of the indexes change with every batch: kept in memory, and not carried over
            # into the file every few batches.
            "cache_size=-16000",
            "wal_autocheckpoint=4000",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        reading = conn.get_execution_options().get("reading", False)
        conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            raise KnownError("中心数据库只支持 PostgreSQL（postgresql://…）或者不写（用 SQLite）。没有改动。")
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=POOL,
            max_overflow=POOL,
            pool_pre_ping=True,
            # Whatever the database is set to: who waited for a hall must see what was done in it meanwhile.
            isolation_level="READ COMMITTED",
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise KnownError("中心数据库地址写得不对，没有改动。请写成 postgresql://用户@主机/库名。") from error


class Database:
    """Transactions of the hub.  Any thread; writers of one SQLite file queue up here, not in SQLite."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._queue: AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block ends without an exception."""
        with self._queue, self.engine.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(reading=True) as conn, conn.begin():
            yield conn

    def probe(self) -> None:
        """Raise KnownError when the database cannot be reached or is none."""
        try:
            with self.engine.connect().execution_options(reading=True) as conn:
                conn.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1" if self.is_sqlite else "SELECT 1")
        except DBAPIError as error:
            raise KnownError(
                "中心数据库打不开，没有改动。请检查文件、地址、权限和磁盘空间。",
                detail=type(error.orig).__name__,
            ) from error

    def close(self) -> None:
        self.engine.dispose()

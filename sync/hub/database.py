"""Opening a hub: its directory, its database, its keys, its identity."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from models.errors import KnownError
from models.files import write_private
from sync.hub import keys as key_files
from sync.hub import migrate
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.blobs import FOLDER, Blobs, FolderBlobs, open_blobs
from sync.hub.closed import Closed, ClosedFile
from sync.hub.engine import Database, make_engine
from sync.hub.granted import Granted, GrantedFile
from sync.hub.keys import HubKeys
from sync.hub.prepared import Prepared
from sync.hub.rulebook import HubRulebook
from sync.hub.upsert import insert_ignore

_META = Prepared(select(t.hub_meta.c.value).where(t.hub_meta.c.key == bindparam("of")))
DATABASE_FILE = "hub.db"
SETTINGS_FILE = "hub.json"
SMALLEST_BLOCK = 200  # numbers a desk gets at a time, unless it has reason to want more


def system_ms() -> int:
    """Unix time in ms: the hub's time, which desks anchor theirs to."""
    return time.time_ns() // 1_000_000


class HubSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Written by ``hub init``; the URL may hold a password, hence a private file."""

    database_url: str = ""
    files: str = ""  # where sealed files are kept (blobs.open_blobs); empty: the folder beside the data


class Hub:
    """One open hub.  Safe to share between threads; holds no state that another worker would miss."""

    def __init__(
        self,
        data_dir: Path,
        database: Database,
        keys: HubKeys,
        now_ms: Callable[[], int] = system_ms,
        blobs: Blobs | None = None,
        closed: Closed | None = None,
        granted: Granted | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.db = database
        self.blobs: Blobs = blobs or FolderBlobs(data_dir / FOLDER)
        self.closed: Closed = closed or ClosedFile(data_dir)
        self.granted: Granted = granted or GrantedFile(data_dir)
        self.keys = keys
        self.now_ms = now_ms
        self.smallest_block = SMALLEST_BLOCK
        self.rulebook = HubRulebook()
        with database.read() as conn:
            self.hub_id = meta(conn, "hub_id")

    def epoch(self, conn: Connection) -> str:
        """Changes when the hub is restored from a backup: cursors of the former epoch mean nothing."""
        return meta(conn, "epoch")

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction, durable when the block ends without an exception."""
        return self.db.write()

    def read(self) -> AbstractContextManager[Connection]:
        return self.db.read()

    def close(self) -> None:
        self.db.close()


def init_hub(
    data_dir: Path,
    database_url: str | None = None,
    now_ms: Callable[[], int] = system_ms,
    files: str | None = None,
) -> Hub:
    """Make a hub, or bring an existing one's schema up.  May be repeated.

    ``files``: another store for attached files (:func:`sync.hub.blobs.open_blobs`), kept for later starts.
    Raises KnownError: directory not writable, database unreachable, schema newer than this program.
    """
    settings = _read_settings(data_dir)
    url = database_url or settings.database_url
    store = settings.files if files is None else files
    open_blobs(data_dir, store)
    keys = key_files.load_or_make(data_dir / key_files.FILE)
    database = Database(make_engine(url or data_dir / DATABASE_FILE))
    try:
        database.probe()
        migrate.upgrade(database.engine)
        with database.write() as conn:
            if insert_ignore(conn, t.hub_meta, {"key": "hub_id", "value": secrets.token_hex(8).encode()}):
                insert_ignore(conn, t.hub_meta, {"key": "epoch", "value": _new_epoch()})
                insert_ignore(conn, t.hub_meta, {"key": "public_key", "value": keys.public})
                record(conn, now_ms(), "hub", "init")
        chosen = HubSettings(database_url=url or "", files=store)
        if chosen != settings:
            write_private(data_dir / SETTINGS_FILE, msgspec.json.encode(chosen))
        return _opened(data_dir, database, keys, now_ms)
    except BaseException:
        database.close()
        raise


def open_hub(
    data_dir: Path,
    database_url: str | None = None,
    *,
    create: bool = False,
    now_ms: Callable[[], int] = system_ms,
) -> Hub:
    """Open a hub that ``init_hub`` made (or make it: ``create``).  Close it with :meth:`Hub.close`.

    Raises KnownError: no hub here, wrong keys, unreachable or foreign database, other schema.
    """
    if create:
        return init_hub(data_dir, database_url, now_ms)
    keys = key_files.load(data_dir / key_files.FILE)
    url = database_url or _read_settings(data_dir).database_url
    if not url and not (data_dir / DATABASE_FILE).exists():
        raise KnownError("这里还没有中心数据库，没有改动。请先运行 hub init --data 目录。")
    database = Database(make_engine(url or data_dir / DATABASE_FILE))
    try:
        database.probe()
        return _opened(data_dir, database, keys, now_ms)
    except BaseException:
        database.close()
        raise


def _opened(data_dir: Path, database: Database, keys: HubKeys, now_ms: Callable[[], int]) -> Hub:
    with database.read() as conn:
        migrate.check_schema(conn)
        known = conn.execute(select(t.hub_meta.c.value).where(t.hub_meta.c.key == "public_key")).scalar()
    if known != keys.public:
        raise KnownError("中心密钥与数据库不是一套，中心没有启动，数据没有改动。请核对 hub.key 和数据库。")
    return Hub(data_dir, database, keys, now_ms, open_blobs(data_dir, _read_settings(data_dir).files))


def meta(conn: Connection, key: str) -> str:
    value = _META(conn, of=key).scalar()
    return value.decode() if value is not None else ""


def new_epoch(conn: Connection) -> str:
    """Start a new epoch (after a restore); desks then read their scope again and offer what is missing."""
    conn.execute(update(t.hub_meta).where(t.hub_meta.c.key == "epoch").values(value=_new_epoch()))
    return meta(conn, "epoch")


def _new_epoch() -> bytes:
    return secrets.token_hex(8).encode()


def _read_settings(data_dir: Path) -> HubSettings:
    try:
        return msgspec.json.decode((data_dir / SETTINGS_FILE).read_bytes(), type=HubSettings)
    except FileNotFoundError:
        return HubSettings()
    except (OSError, msgspec.MsgspecError) as error:
        raise KnownError(
            "中心设置文件 hub.json 读不出来，中心没有启动，数据没有改动。请从备份恢复。"
        ) from error

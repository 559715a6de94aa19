"""Disks of a simulated world: databases in memory that outlive the programs using them.

The program may be killed just before or just after any commit, the disk may be full, and an older
image may be put back.  The SQL, the schema and the triggers are the real ones.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from models.errors import KnownError
from models.store import Store
from models.vault import MemoryVault
from sync.hub.closed import merged
from sync.hub.engine import Database
from sync.sim.quick import QuickConnection

HUB = "中心"
STATEMENTS = 1024  # kept ready by SQLite for each database; a hub and a desk use some hundreds

MOST = 20_000  # transactions of one event and all that happens in its midst; some hundreds are usual

# Every disk shares one dialect and what SQLAlchemy has compiled for it, and nothing else.
_COMPILED: dict[object, object] = {}
_FIRST = create_engine("sqlite://", poolclass=StaticPool)
with _FIRST.connect():
    pass  # lets the dialect ask SQLite for its version, once


class Crash(BaseException):
    """The machine lost power.  No handler of the program may see it, hence not an Exception."""

    def __init__(self, machine: str) -> None:
        super().__init__(machine)
        self.machine = machine


class Endless(BaseException):
    """One event used the disks so often that nothing else explains it than a loop without an end."""


class Meter:
    """Counts transactions since the last reset, and past :data:`MOST` stops the world; ``effects`` are faults
    that took effect, by name: an armed one that never struck is not among them."""

    def __init__(self) -> None:
        self.used = 0
        self.effects: Counter[str] = Counter()

    def reset(self) -> None:
        self.used = 0

    def tick(self) -> None:
        self.used += 1
        if self.used > MOST:
            raise Endless


class Disk:
    """One machine's database.  Only one program uses it at a time."""

    def __init__(
        self, machine: str, image: bytes, *, quick: bool = False, meter: Meter | None = None
    ) -> None:
        self.machine = machine
        self.meter = meter or Meter()
        self.quick = quick
        self.full = False
        self.commits = 0
        self._countdown = 0
        self._after = False
        self._open = False
        self._load(image)

    def _load(self, image: bytes) -> None:
        self.raw = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
        )
        if image:
            self.raw.deserialize(image)
        self.raw.execute("PRAGMA foreign_keys = ON")
        self.raw.execute("PRAGMA recursive_triggers = ON")
        raw = self.raw
        pool = StaticPool(lambda: raw, reset_on_return=None)  # type: ignore[arg-type]  # a DBAPI connection in all but name
        self.engine = Engine(pool, _FIRST.dialect, _FIRST.url)
        self.conn: Connection = QuickConnection(self.engine, raw) if self.quick else self._whole()

    def _whole(self) -> Connection:
        return self.engine.connect().execution_options(compiled_cache=_COMPILED)

    def image(self) -> bytes:
        """The bytes of the database, as a copy of the disk would hold them."""
        return self.raw.serialize()

    def put_back(self, image: bytes) -> None:
        """Replace the content by an older image; the programs over it must be started again."""
        self.close()
        self._load(image)

    def close(self) -> None:
        self.conn.close()
        self.engine.dispose()
        self.raw.close()

    def crash_at(self, commits: int, *, after: bool) -> None:
        """Lose power at the ``commits``-th commit from now, just ``after`` it or just before."""
        self._countdown, self._after = commits, after

    def disarm(self) -> None:
        self._countdown = 0

    def commit(self) -> None:
        due = self._countdown == 1
        if self._countdown:
            self._countdown -= 1
        if due and not self._after:
            self.strike("crash before a write")
            raise Crash(self.machine)
        if self.full:
            self.strike("disk full")
            raise KnownError("磁盘已满，这一步没有存成。")
        self.raw.execute("COMMIT")
        self.commits += 1
        if due:
            self.strike("crash after a write")
            raise Crash(self.machine)

    def strike(self, fault: str) -> None:
        """Count a fault that just took effect, of the hub's disk or a desk's."""
        self.meter.effects[f"{'hub' if self.machine == HUB else 'desk'}: {fault}"] += 1

    def power_off(self) -> None:
        """What was not committed is gone."""
        self._open = False
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")
        self._countdown = 0

    def transaction(self, *, writing: bool) -> Transaction:
        """A block of statements, for ``with``.  Reading may be within another block, writing may not."""
        return Transaction(self, writing)

    def begin(self, *, writing: bool) -> int:
        """Open a block; returns what :meth:`end` wants to know of it."""
        self.meter.tick()
        before = self.raw.total_changes
        if writing:
            # Nobody else is there to write meanwhile, so reading needs no transaction of SQLite's.
            self.raw.execute("BEGIN")
        self._open = True
        return before

    def end(self, *, writing: bool, failed: bool, before: int) -> None:
        """Close the block that :meth:`begin` opened: commit, or forget all of it when it failed."""
        try:
            if writing and not failed:
                self.commit()
        finally:
            self._open = False
            if self.raw.in_transaction:
                self.raw.execute("ROLLBACK")
            elif not writing and self.raw.total_changes != before:
                raise RuntimeError("read() wrote")

    @property
    def is_open(self) -> bool:
        """Whether a block is under way."""
        return self._open


class Transaction:
    """One block of statements on a disk."""

    __slots__ = ("_before", "_disk", "_inner", "_writing")

    def __init__(self, disk: Disk, writing: bool) -> None:
        self._disk, self._writing = disk, writing
        self._inner = False
        self._before = 0

    def __enter__(self) -> Connection:
        disk = self._disk
        if disk.is_open:
            if self._writing:
                raise RuntimeError("write() inside a transaction")
            self._inner = True
        else:
            self._before = disk.begin(writing=self._writing)
        return disk.conn

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if not self._inner:
            self._disk.end(writing=self._writing, failed=kind is not None, before=self._before)


class SimVault(MemoryVault):
    """Sealed files beside the replica of a simulated machine; on the same disk, so full when it is."""

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self._disk = disk

    def put(self, name: str, data: bytes) -> None:
        if self._disk.full:
            self._disk.strike("disk full")
            raise KnownError("磁盘已满，附件没有存成。")
        super().put(name, data)


class SimClosed:
    """The list of who is shut out: a file of its own, which no restore touches."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str]] = []

    def add(self, names: Sequence[str], why: str) -> None:
        self._lines += [(name, why) for name in names]

    def all(self) -> Mapping[str, str]:
        return merged(self._lines)


class SimGranted:
    """How far numbers were given out: a file of its own, which no restore touches."""

    def __init__(self) -> None:
        self._reach: dict[str, int] = {}

    def note(self, series: str, following: int) -> None:
        self._reach[series] = max(following, self.reach(series))

    def reach(self, series: str) -> int:
        return self._reach.get(series, 1)


class SimBlobs:
    """The hub's store of sealed files."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        self.objects[name] = data

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes | None:
        data = self.objects.get(name)
        if data is None:
            return None
        return data[offset:] if length < 0 else data[offset : offset + length]

    def size(self, name: str) -> int | None:
        data = self.objects.get(name)
        return len(data) if data is not None else None

    def remove(self, name: str) -> None:
        self.objects.pop(name, None)

    def names(self, prefix: str = "") -> list[str]:
        return sorted(name for name in self.objects if name.startswith(prefix))

    def tidy(self) -> None:
        """Nothing is ever half written here."""


class SimStore(Store):
    """The replica on a simulated disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.path = Path(disk.machine)

    def write(self) -> Transaction:  # type: ignore[override]  # a context manager all the same, at a third of the cost
        return Transaction(self.disk, writing=True)

    def read(self) -> Transaction:  # type: ignore[override]  # a context manager all the same, at a third of the cost
        return Transaction(self.disk, writing=False)

    def close(self) -> None:
        """The disk stays."""


class SimDatabase(Database):
    """The hub's database on a simulated disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.engine = disk.engine
        self.is_sqlite = True
        self._queue = threading.Lock()

    def write(self) -> Transaction:  # type: ignore[override]  # a context manager all the same, at a third of the cost
        return Transaction(self.disk, writing=True)

    def read(self) -> Transaction:  # type: ignore[override]  # a context manager all the same, at a third of the cost
        return Transaction(self.disk, writing=False)

    def close(self) -> None:
        """The disk stays."""

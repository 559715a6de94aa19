"""A hub as a process group of its own, on SQLite or PostgreSQL, whose parts can be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from app.city_hall import CITY, PASSWORD, START_TIMEOUT_S
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.sign_in import sign_in
from app.config import Profile
from models.errors import KnownError
from sync.client import HubClient
from sync.engine import SyncEngine, SyncReport
from sync.hub.database import Hub, init_hub, open_hub
from sync.hub.people import approve, invite
from sync.hub.server import listening_socket
from sync.hub.setup import load_city

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = (
    ("370911-07", "T0718"),
    ("370911-08", "T0719"),
)


class Hall:
    """The demo city's hub.  ``database`` is a PostgreSQL database, None for SQLite; without ``city`` the hub is empty.

    A hub that is in ``data`` already is taken as it is.
    """

    def __init__(
        self, data: Path, database: str | None = None, workers: int = 1, *, city: bool = True
    ) -> None:
        self.data = data
        self.workers = workers
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.closing(listening_socket("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        made = (data / "hub.db").exists()
        hub = open_hub(data) if made else init_hub(data, database)
        try:
            if city and not made:
                load_city(hub, CITY, PASSWORD)
        finally:
            hub.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Hall:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start ``main.py hub serve`` and wait until it answers."""
        command = [sys.executable, str(ROOT / "main.py"), "hub", "serve", "--data", str(self.data)]
        command += ["--port", str(self.port), "--workers", str(self.workers)]
        with (self.data.parent / "hub.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def wait(self) -> None:
        """Return when the hub answers.  Raises KnownError when it has ended or takes too long."""
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with HubClient(self.url) as client:
                    client.hello()
                return
            except KnownError:
                time.sleep(0.05)
        raise KnownError("中心没有启动起来。")

    def worker_pids(self) -> list[int]:
        """The processes that answer: the supervisor's children, or the only process."""
        assert self._process is not None
        if self.workers == 1:
            return [self._process.pid]
        return [pid for pid in _children(self._process.pid) if b"resource_tracker" not in _command_line(pid)]

    def kill(self, pid: int) -> None:
        """SIGKILL one process of the hub; one that has just ended by itself is no fault."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def kill_server(self, *, alone: bool = False) -> None:
        """SIGKILL the supervisor, with all its workers unless ``alone``."""
        assert self._process is not None
        if alone:
            self.kill(self._process.pid)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it as an administrator would, and by force what does not end."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=15)
        self.kill_server()
        self._process = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[Hub]:
        """The hub's data, from this process."""
        hub = open_hub(self.data)
        try:
            yield hub
        finally:
            hub.close()

    def enrol(self, folder: Path, place: int = 0) -> Profile:
        """Invite, enrol and approve a desk; its catalogue and numbers are fetched."""
        window, staff = WINDOWS[place % len(WINDOWS)]
        profile = Profile(folder)
        with self.opened() as hub:
            code = invite(hub, window.partition("-")[0], window)
            reply = enrol(profile, self.url, code, staff, PASSWORD)
            approve(hub, reply.device)
        desk = open_desk(profile, place)
        try:
            report = sync(desk)
            assert not report.problems, report.problems
        finally:
            desk.store.close()
        return profile


def open_desk(profile: Profile, place: int = 0) -> Desk:
    """Sign in at an enrolled desk.  The caller closes ``desk.store``."""
    return sign_in(profile, WINDOWS[place % len(WINDOWS)][1], PASSWORD)


def sync(desk: Desk) -> SyncReport:
    return SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()


def settle(desk: Desk, rounds: int = 5) -> list[str]:
    """Sync until nothing waits; sentences when that does not come about in ``rounds``."""
    report = sync(desk)
    for _ in range(rounds):
        if not report.problems and not report.pending:
            return []
        time.sleep(0.2)
        report = sync(desk)
    return [*report.problems, f"{report.pending} ops still wait after {rounds} rounds"]


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not fetched yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""

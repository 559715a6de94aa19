"""The demo's central hub: its own process over real HTTP, loaded with the demo city."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from sqlalchemy import select

from app.commands.enrol import enrol
from app.config import Profile
from models.domain.case import CaseState, decode_state
from models.errors import KnownError
from sync.client import HubClient
from sync.hub import tables as t
from sync.hub.database import Hub, init_hub, open_hub
from sync.hub.people import StaffLine, add_staff, approve, invite, list_staff, revoke
from sync.hub.setup import load_city

PASSWORD = "taihaoban-demo"  # of fictional staff in the demo city only
ADMIN = StaffLine(staff="A0031", name="柏演示", roles=("system_admin",))  # as in the city's 人员登记
CITY = Path(__file__).resolve().parent.parent / "resources" / "city" / "taian"
START_TIMEOUT_S = 60.0


class CityHall:
    """Starts and stops the hub process on one loopback port; ``stop`` leaves nothing listening."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self._data = data
        self.port = port or _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._maker: subprocess.Popen[bytes] | None = None
        hub = init_hub(data)
        try:
            _bring_up(hub, data / "city.sha256")
        finally:
            hub.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> CityHall:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it answers.  Raises KnownError if it does not."""
        self._process = _hub_command("serve", self._data, "--host", "127.0.0.1", "--port", str(self.port))
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with HubClient(self.url) as client:
                    client.hello()
                return
            except KnownError:
                time.sleep(0.1)
        self.stop()
        raise KnownError("演示中心没有启动起来。没有改动。请检查磁盘空间后再试。")

    def make_forms(self) -> None:
        """Begin to make the blank forms and samples that the city lacks; desks get them as they come."""
        self._maker = _hub_command("catalog", "files", "make", self._data)

    def stop(self) -> None:
        """End what runs; returns when the port is closed."""
        if self._maker is not None:
            self._maker.terminate()
            self._maker.wait()
            self._maker = None
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def listening(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def enrol(self, profile: Profile, window: str, staff: str) -> None:
        """Invite, enrol and approve one desk, as administrator and clerk would."""
        hub = self._open()
        try:
            code = invite(hub, window.partition("-")[0], window)
            reply = enrol(profile, self.url, code, staff, PASSWORD)
            approve(hub, reply.device)
        finally:
            hub.close()

    def revoke(self, device: str) -> None:
        """Take a machine's right to send away, as an administrator would."""
        hub = self._open()
        try:
            if all(line.staff != ADMIN.staff for line in list_staff(hub)):
                add_staff(hub, ADMIN, PASSWORD)
            revoke(hub, device, actor=ADMIN.staff)
        finally:
            hub.close()

    def states(self) -> dict[str, CaseState]:
        """Every case as the hub holds it."""
        hub = self._open()
        try:
            with hub.read() as conn:
                rows = conn.execute(select(t.case_head.c.case_id, t.case_head.c.state)).all()
            return {row.case_id: decode_state(row.state) for row in rows}
        finally:
            hub.close()

    def numbers(self) -> dict[str, str]:
        """The hub's ledger: number → case."""
        hub = self._open()
        try:
            with hub.read() as conn:
                rows = conn.execute(select(t.number_ledger.c.number, t.number_ledger.c.case_id)).all()
            return {row.number: row.case_id for row in rows}
        finally:
            hub.close()

    def _open(self) -> Hub:
        return open_hub(self._data)


def _bring_up(hub: Hub, mark: Path) -> None:
    """Load the shipped city, unless ``mark`` says it is the one loaded: a demo kept from an earlier
    version gets today's catalogue, as a new version beside those its cases keep."""
    shipped = hashlib.sha256()
    for file in sorted(one for one in CITY.rglob("*") if one.is_file()):
        shipped.update(file.relative_to(CITY).as_posix().encode() + b"\0" + file.read_bytes())
    if not mark.exists() or mark.read_text("ascii") != shipped.hexdigest():
        load_city(hub, CITY, PASSWORD)
        mark.write_text(shipped.hexdigest(), "ascii")


def _hub_command(*words: str | Path) -> subprocess.Popen[bytes]:
    """A hub command in a process of its own; the one Path among ``words`` is the hub's data."""
    main = Path(__file__).resolve().parent.parent / "main.py"
    command = [sys.executable, str(main), "hub"]
    for word in words:
        command += ["--data", str(word)] if isinstance(word, Path) else [word]
    environment = {k: v for k, v in os.environ.items() if k != "TAIHAOBAN_PASSWORD"}
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, env=environment)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port

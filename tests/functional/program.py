"""The real program as a process of its own on a real screen, and its replica read beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from app.city_hall import PASSWORD
from app.commands.context import Desk
from app.commands.sign_in import read_lease
from app.config import Profile
from app.queries.drafts import DraftRow, read_drafts
from models.clock import SystemClock
from models.keys import Keyring
from models.rulebook import Rulebook
from models.sqlcipher import make_engine
from models.store import Store
from tests.functional.screen import Screen, until

ROOT = Path(__file__).resolve().parents[2]
TITLE = "泰好办"


class Program:
    """``main.py`` on an enrolled profile, signed in by its own keyboard."""

    def __init__(self, screen: Screen, profile: Profile, staff: str) -> None:
        self.screen = screen
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "main.py"), "--profile", str(profile.root)],
            env=screen.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.desk = beside(profile, staff)

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def sign_in(self) -> None:
        """Type the password; returns when the workstation has the keyboard and its catalogue."""
        before = self._signed_in()
        self.screen.focus(TITLE)
        self.screen.write(PASSWORD)
        self.screen.key("Return")
        until(lambda: self._signed_in() > before, "signing in")
        self.screen.focus(TITLE)

    def draft(self) -> DraftRow | None:
        """What the program has saved of the case on its screen."""
        return next(iter(read_drafts(self.desk)), None)

    def end(self) -> int:
        """Close it as a session manager would; its exit code."""
        os.killpg(self._process.pid, 0)
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=60)

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.desk.store._engine.dispose()
        self.desk.store._lock_file.close()

    def _signed_in(self) -> int:
        with self.desk.store.read() as conn:
            row = conn.exec_driver_sql("SELECT count(*) FROM audit WHERE act = 'sign_in'").one()
        return int(row[0])


def beside(profile: Profile, staff: str) -> Desk:
    """The replica of a program that runs, to read only: the lock stays with the program."""
    secrets = Keyring.load(profile.root).unlock(staff, PASSWORD, SystemClock().now().wall_ms)
    engine = make_engine(profile.replica, secrets.data_key)
    store = Store(profile.replica, engine, tempfile.TemporaryFile())  # noqa: SIM115  # stands for the lock
    device = profile.read_device()
    lease = read_lease(store, device, staff)
    assert lease is not None
    return Desk(
        store=store,
        device=device,
        lease=lease,
        clock=SystemClock(),
        rulebook=Rulebook(),
        device_key=secrets.device_key,
        bundle_key=bytes(32),
    )

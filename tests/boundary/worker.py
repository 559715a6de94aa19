"""Real desk processes to be killed: ``python -m tests.boundary.worker``.

Each line on stdin, ``PROFILE<tab>PLACE<tab>SEED``, forks one desk that takes cases in and syncs until
SIGTERM or worse.  What it tells goes to stdout AFTER the commit returned: ``act DSEQ OP_ID NUMBER``;
``commit`` and ``push`` say what it is about to do.  The parent process imports everything once, opens
nothing, and tells ``pid N`` and ``gone STATUS``.
"""

from __future__ import annotations

import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType

from sqlalchemy import select

from app.commands.batch import intake_line
from app.commands.context import Desk
from app.config import Profile
from app.sample import filled
from models.errors import KnownError
from models.ops import last_op
from models.tables import replica as t
from sync.engine import SyncEngine
from tests.boundary.compare import Reported
from tests.boundary.hall import ROOT, open_desk

OUTCOMES = ("accept", "accept", "accept", "save", "receive", "withdraw")
OFFLINE_S = 0.5  # a desk without a line waits before it tries again, as the program does


def say(*words: object) -> None:
    # One write of a short line: whole or not at all, whenever the process is killed.
    os.write(1, ("\t".join(map(str, words)) + "\n").encode())


def work(profile: Profile, place: int, seed: int) -> None:
    """Take in and sync until told to stop; the store is then closed as the program would close it."""
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    rng = random.Random(seed)
    desk = open_desk(profile, place)
    try:
        with desk.store.read() as conn:
            catalog = desk.rulebook.catalog(conn, desk.rulebook.current_version(conn))
            told = last_op(conn)[0]
        assert catalog is not None
        items = [item for item in catalog.items if not item.specialist and not item.accepted_in]
        engine = SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock)
        say("ready")
        while not stopping:
            for _ in range(rng.randrange(1, 5)):
                say("commit")
                try:
                    intake_line(desk, filled(rng.choice(items), rng, rng.choice(OUTCOMES)))
                except KnownError as error:
                    say("refused", error)
                told = _tell(desk, told)
            say("push")
            report = engine.run()
            say("pushed", report.pushed)
            if not report.online:
                time.sleep(rng.random() * OFFLINE_S)
    finally:
        desk.store.close()


def _tell(desk: Desk, told: int) -> int:
    query = (
        select(t.op.c.dseq, t.op.c.op_id, t.number_use.c.number)
        .join(t.number_use, t.number_use.c.op_id == t.op.c.op_id, isouter=True)
        .where(t.op.c.dseq > told)
        .order_by(t.op.c.dseq)
    )
    with desk.store.read() as conn:
        rows = conn.execute(query).all()
    for row in rows:
        say("act", row.dseq, row.op_id, row.number or "")
    return rows[-1].dseq if rows else told


def main() -> int:
    for line in sys.stdin:
        profile, place, seed = line.rstrip("\n").split("\t")
        pid = os.fork()
        if pid == 0:
            try:
                work(Profile(Path(profile)), int(place), int(seed))
                os._exit(0)
            finally:
                os._exit(1)
        say("pid", pid)
        say("gone", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return 0


class DeskProcess:
    """The parent's end: starts desks one after another and hears what they tell."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.boundary.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._lines: queue.Queue[list[str]] = queue.Queue()
        self._ear = threading.Thread(target=self._listen, name="desk-ear")
        self._ear.start()
        self.pid = 0
        self.reported: list[Reported] = []
        self.last = ""
        self.status: int | None = None

    def __enter__(self) -> DeskProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.pid and self.status is None:
            os.kill(self.pid, signal.SIGKILL)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._ear.join()
        self._process.stdout.close()

    def start(self, profile: Profile, place: int, seed: int) -> None:
        """Start a desk; its acts are added to ``reported``."""
        assert self._process.stdin is not None
        self.status = None
        self.last = ""
        self._process.stdin.write(f"{profile.root}\t{place}\t{seed}\n")
        self.hear_until("pid")

    def hear_until(self, *words: str) -> None:
        """Take in what is told until one of ``words``, or until the desk is gone."""
        while self.status is None:
            line = self._lines.get(timeout=120)
            match line:
                case ["pid", pid]:
                    self.pid = int(pid)
                case ["gone", status]:
                    self.status = int(status)
                case ["act", dseq, op_id, number]:
                    self.reported.append(Reported(int(dseq), op_id, number))
            if line[0] != "gone":
                self.last = line[0]
            if line[0] in words:
                return

    def end(self, number: signal.Signals) -> int:
        """Send the signal and hear the desk out; its exit status, negative for a signal."""
        os.kill(self.pid, number)
        self.hear_until("gone")
        assert self.status is not None
        return self.status

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n").split("\t"))
        self._lines.put(["gone", "-1"])


if __name__ == "__main__":
    sys.exit(main())

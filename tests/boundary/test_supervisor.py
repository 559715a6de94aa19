"""The supervisor alone is killed: its workers neither keep the port nor serve a hub being restored."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from models.errors import KnownError
from sync.hub.serving import Serving
from tests.boundary.hall import Hall, alive

pytestmark = pytest.mark.slow


def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    with Hall(tmp_path / "hub", workers=2, city=False) as hall:
        workers = hall.worker_pids()
        assert len(workers) == 2
        hall.kill_server(alone=True)
        deadline = time.monotonic() + 30
        while any(map(alive, workers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(alive, workers))
        hall.start()  # the port is free again


def test_a_worker_without_its_supervisor_still_holds_off_a_restore(tmp_path: Path) -> None:
    with Hall(tmp_path / "hub", workers=2, city=False) as hall:
        workers = hall.worker_pids()
        for pid in workers:  # so that they cannot end before the lock is tried
            os.kill(pid, signal.SIGSTOP)
        hall.kill_server(alone=True)
        with pytest.raises(KnownError, match="正在运行"), Serving(hall.data, alone=True):
            pass
        for pid in workers:
            os.kill(pid, signal.SIGCONT)


def test_a_worker_that_is_only_slow_is_not_replaced(tmp_path: Path) -> None:
    """A machine so busy that a worker gets no turn for longer than uvicorn's 5 s."""
    with Hall(tmp_path / "hub", workers=2, city=False) as hall:
        slow = hall.worker_pids()[0]
        os.kill(slow, signal.SIGSTOP)
        time.sleep(9)  # the supervisor asks twice a second, and used to give up 5 s later
        os.kill(slow, signal.SIGCONT)
        time.sleep(2)
        assert slow in hall.worker_pids()
        hall.wait()

"""kill -9 of a hub's workers, or of the whole server, while several real desks push."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from app.commands.context import Desk
from tests.boundary.compare import Tally, compare, hub_faults
from tests.boundary.hall import Hall, open_desk, settle
from tests.boundary.reader import FeedReader
from tests.boundary.worker import DeskProcess

DESKS = 3
SERVER_EVERY = 8  # every so many kills the supervisor dies too, and is started again as systemd would
VERIFY_EVERY = 8  # kills: reading a whole replica through after each would leave the hub no time to work
PATIENCE_S = 20.0


def hub_kill(
    folder: Path,
    kills: int,
    seed: int,
    tell: Callable[[str], None],
    database: str | None,
    workers: int,
    desks: int = DESKS,
) -> tuple[Tally, Counter[str]]:
    """Kill ``kills`` processes of a hub on ``database`` (None: SQLite, and then one worker)."""
    rng = random.Random(seed)
    tally = Tally()
    killed: Counter[str] = Counter()
    with Hall(folder / "hub", database, workers) as hall:
        profiles = [hall.enrol(folder / f"desk{place}", place) for place in range(desks + 1)]
        watcher = open_desk(profiles[-1], desks)
        try:
            with contextlib.ExitStack() as stack:
                reader = stack.enter_context(FeedReader.of(watcher))
                running = [stack.enter_context(DeskProcess()) for _ in range(desks)]
                for place, process in enumerate(running):
                    process.start(profiles[place], place, rng.randrange(2**32))
                for process in running:
                    process.hear_until("pushed")
                while killed.total() < kills:
                    _wait_for_pushes(reader)
                    _kill_some(hall, rng, killed, kills - killed.total())
                    if killed.total() >= VERIFY_EVERY * (tally.verified + 1):
                        # A desk of the hall reads what the hub that came back has to say, and is sound.
                        tally.add(settle(watcher), f"watcher after kill {killed.total()}")
                        tally.verify(watcher, (), f"watcher after kill {killed.total()}")
                    tell(f"{killed.total()} kills, the reader saw {reader.seen} entries")
                for place, process in enumerate(running):
                    ended = process.end(signal.SIGTERM)
                    if ended:
                        tally.faults.append(f"desk {place} ended with {ended}")
            tally.add(reader.faults, "reader")
            _judge(tally, hall, [watcher, *(open_desk(profiles[n], n) for n in range(desks))], running)
        finally:
            watcher.store.close()
    return tally, killed


def _wait_for_pushes(reader: FeedReader) -> None:
    """A hub that nothing has reached yet is not worth killing."""
    seen, deadline = reader.seen, time.monotonic() + PATIENCE_S
    while reader.seen == seen and time.monotonic() < deadline:
        time.sleep(0.02)


def _kill_some(hall: Hall, rng: random.Random, killed: Counter[str], most: int) -> None:
    """Let the hub work for a moment, kill, and wait until it answers again."""
    time.sleep(rng.random() * 0.6)
    pids = hall.worker_pids()
    if hall.workers == 1 or rng.randrange(SERVER_EVERY) == 0:
        hall.kill_server()
        killed["server"] += 1
        hall.start()
        return
    for pid in rng.sample(pids, min(rng.randrange(1, len(pids) + 1) if pids else 0, most)):
        hall.kill(pid)
        killed["worker"] += 1
    # The supervisor looks twice a second; a kill it has not noticed yet would count twice.
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = hall.worker_pids()
        if len(now) == hall.workers and (not pids or set(now) != set(pids)):
            break
        time.sleep(0.05)
    hall.wait()


def _judge(tally: Tally, hall: Hall, desks: list[Desk], running: list[DeskProcess]) -> None:
    try:
        for _ in range(2):
            for desk in desks:
                tally.add(settle(desk), desk.device.device)
        with hall.opened() as hub:
            for desk, process in zip(desks, [None, *running], strict=True):
                compare(tally, desk, hub)
                tally.verify(desk, process.reported if process else (), desk.device.device)
            tally.add(hub_faults(hub), "hub")
    finally:
        for desk in desks:
            desk.store.close()

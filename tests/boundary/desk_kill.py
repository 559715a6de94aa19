"""kill -9 of a desk process on a real SQLCipher replica, aimed at commits and at pushes."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from app.config import Profile
from tests.boundary.compare import Tally, compare, hub_faults
from tests.boundary.hall import Hall, open_desk, settle
from tests.boundary.worker import DeskProcess

# Seconds within which an act, a sync and a start mostly end here.
COMMIT_S, PUSH_S, START_S = 0.012, 0.08, 0.5
PER_DESK = 25  # verify reads a whole replica: a few small ones are read sooner than a big one


def desk_kill(folder: Path, kills: int, seed: int, tell: Callable[[str], None]) -> tuple[Tally, Counter[str]]:
    """Kill desks ``kills`` times; the tally, and in what they were killed."""
    rng = random.Random(seed)
    tally = Tally()
    phases: Counter[str] = Counter()
    with Hall(folder / "hub") as hall:
        profiles: list[Profile] = []
        with DeskProcess() as process:
            for done in range(kills):
                if done % PER_DESK == 0:
                    place = len(profiles)
                    profiles.append(hall.enrol(folder / f"desk{place}", place))
                    process.reported.clear()
                phases[_kill_once(process, profiles[-1], len(profiles) - 1, rng)] += 1
                desk = open_desk(profiles[-1], len(profiles) - 1)
                try:
                    tally.verify(desk, process.reported, f"kill {done + 1}")
                finally:
                    desk.store.close()
                if (done + 1) % PER_DESK == 0 or done + 1 == kills:
                    tell(
                        f"{done + 1} kills: {dict(phases)}, {tally.sound} of {tally.verified} verified, {len(tally.faults)} faults"
                    )
        desks = [open_desk(profile, place) for place, profile in enumerate(profiles)]
        try:
            for _ in range(2):  # the second time round each desk sees what the later ones have pushed
                for desk in desks:
                    tally.add(settle(desk), desk.device.device)
            with hall.opened() as hub:
                for desk in desks:
                    compare(tally, desk, hub)
                    tally.verify(desk, (), desk.device.device)
                tally.add(hub_faults(hub), "hub")
        finally:
            for desk in desks:
                desk.store.close()
    return tally, phases


def _kill_once(process: DeskProcess, profile: Profile, place: int, rng: random.Random) -> str:
    process.start(profile, place, rng.randrange(2**32))
    aim = rng.choices(("commit", "push", "start"), (45, 45, 10))[0]
    if aim == "start":
        time.sleep(rng.random() * START_S)
    else:
        for _ in range(rng.randrange(1, 8 if aim == "commit" else 3)):
            process.hear_until(aim)
        time.sleep(rng.random() * (COMMIT_S if aim == "commit" else PUSH_S))
    status = process.end(signal.SIGKILL)
    assert status == -signal.SIGKILL, f"the desk ended by itself: {status}"
    return {"commit": "in an act", "push": "in a sync", "pid": "at start"}.get(process.last, "between")

"""Start of the program, and the cost of one act, each beside the bare thing it stands on."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert

from app.commands.act import Entry
from app.commands.batch import entry_fields
from app.commands.intake import accept
from app.config import Profile
from app.queries.items import item_finder
from app.sample import filled
from models.store import create_store
from models.tables import replica as t
from tests.bench.rows import Row, quantile
from tests.desk_kit import DATA_KEY, device_facts, item, make_desk

ACTS = 300
STARTS = 15
BARE = "from PyQt6.QtWidgets import QApplication, QWidget; a = QApplication([]); w = QWidget(); w.show(); a.processEvents(); import os; os._exit(0)"
# The program itself, from its command line to where it would wait for the first key.
PROGRAM = (
    "import sys, os; from PyQt6.QtWidgets import QApplication as A; "
    "A.exec = lambda *_: (A.processEvents(), os._exit(0)); "
    "from app.cli import main; main(['--profile', sys.argv[1]]); sys.exit('no window')"
)


def timed(work: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of ``count`` runs."""
    found = []
    for _ in range(count):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return found


def accept_rows(folder: Path) -> list[Row]:
    store = create_store(folder / "commit.db", DATA_KEY)
    serial = iter(range(10**9))

    def commit() -> None:
        with store.write() as conn:
            conn.execute(insert(t.meta).values(key=str(next(serial)), value=bytes(1500)))

    desk = make_desk(folder / "desk", numbers=ACTS + 1)
    of = item("SC001")
    entries = iter(
        [
            Entry(
                case_id=desk.make_id(), item_id=of.id, fields=entry_fields(of, filled(of, random.Random(n)))
            )
            for n in range(ACTS)
        ]
    )
    commits, acts = [], []
    for _ in range(ACTS):  # in turn, so that both see the same disk
        commits += timed(commit, 1)
        acts += timed(lambda: accept(desk, next(entries)), 1)
    store.close()
    finder = item_finder(desk)
    assert finder is not None
    finds = quantile(timed(lambda: finder.find("spjyxk"), 100), 0.95) * 1000
    desk.store.close()
    middle = quantile(acts, 0.5) / quantile(commits, 0.5)
    top, floor = quantile(acts, 0.99), quantile(commits, 0.99)
    return [
        Row(
            "accept one case, p99",
            f"{top * 1000:.1f} ms",
            f"{floor * 1000:.1f} ms, p99 of a bare commit",
            f"×{top / floor:.1f}",
            "≤×4",
            max(top / floor, middle) <= 4,
            f"medians ×{middle:.1f}; p99 ÷ median commit ×{top / quantile(commits, 0.5):.1f}",
        ),
        Row(f"find among {len(finder)} items, p95", f"{finds:.2f} ms", "", "", "≤5 ms", finds <= 5),
    ]


def start_rows(folder: Path) -> list[Row]:
    """Fastest of paired runs: what else the machine does can only add to one."""
    profile = Profile(folder)
    profile.write_device(device_facts("bench"))

    def run(code: str) -> tuple[float, float]:
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare, window = [], []
    for _ in range(STARTS):
        bare.append(run(BARE))
        window.append(run(PROGRAM))
    found = []
    for at, what in enumerate(("time", "CPU time")):
        base, mine = min(one[at] for one in bare), min(one[at] for one in window)
        found.append(
            Row(
                f"start to painted sign-in, warm, {what}",
                f"{mine * 1000:.0f} ms",
                f"{base * 1000:.0f} ms bare window",
                f"×{mine / base:.2f}",
                "≤×2",
                mine / base <= 2,
                f"the program itself; fastest of {STARTS}",
            )
        )
    return found

"""``make bench``: speed as ratios measured in the same run (DESIGN §10).  Never part of the tests."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert

from app.commands.act import Entry
from app.commands.batch import entry_fields
from app.commands.intake import accept
from app.queries.cases import find_cases
from app.queries.items import item_finder
from app.sample import filled
from models.store import create_store
from models.tables import replica as t
from tests.desk_kit import DATA_KEY, item, make_desk

ACTS = 300
BARE = "from PyQt6.QtWidgets import QApplication, QWidget; a = QApplication([]); w = QWidget(); w.show(); a.processEvents()"
SIGN_IN = (
    "from PyQt6.QtWidgets import QApplication; from views.theme import apply_theme; "
    "from views.unlock.window import UnlockFacts, UnlockWindow; a = QApplication([]); apply_theme(a); "
    "w = UnlockWindow(UnlockFacts()); w.show(); a.processEvents()"
)


def timed(work: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of ``count`` runs, sorted."""
    found = []
    for _ in range(count):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return sorted(found)


def quantile(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def bench_accept(folder: Path) -> str:
    store = create_store(folder / "commit.db", DATA_KEY)
    serial = iter(range(10**9))

    def commit() -> None:
        with store.write() as conn:
            conn.execute(insert(t.meta).values(key=str(next(serial)), value=bytes(1500)))

    commits = timed(commit, ACTS)
    store.close()
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
    acts = timed(lambda: accept(desk, next(entries)), ACTS)
    finder = item_finder(desk)
    assert finder is not None
    searches = timed(lambda: finder.find("spjyxk"), 100)
    lists = timed(lambda: find_cases(desk, "样例"), 50)
    desk.store.close()
    ratio = quantile(acts, 0.99) / quantile(commits, 0.5)
    return (
        f"accept one case ÷ one durable commit        median ×{acts[ACTS // 2] / commits[ACTS // 2]:.1f}  p99 ×{ratio:.1f}  (budget p99 ≤ 4)\n"
        f"find an item, {len(finder)} items                     p95 {quantile(searches, 0.95) * 1000:.2f} ms  (budget ≤ 5 ms)\n"
        f"case list by name, {ACTS} cases                p95 {quantile(lists, 0.95) * 1000:.2f} ms"
    )


def bench_start() -> str:
    def run(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    bare, window = timed(run(BARE), 5), timed(run(SIGN_IN), 5)
    return f"start to painted sign-in ÷ a bare window     ×{window[2] / bare[2]:.2f}  (budget ≤ 2 warm)"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="taihaoban-bench-") as folder:
        print(bench_start(), flush=True)
        print(bench_accept(Path(folder)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

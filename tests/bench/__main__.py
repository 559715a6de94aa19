"""``make bench``: figures measured in this run, beside their budgets (DESIGN §10).  Never part of the tests.

Exit code 0 unless a row could not be measured because of a fault of ours; a missed budget is shown,
not punished: figures depend on the machine.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.items import items_rows
from tests.bench.line import line_rows
from tests.bench.rows import Row, as_json, as_table, machine
from tests.bench.screen import screen_rows
from tests.bench.search import search_rows
from tests.bench.stall import stall_rows
from tests.bench.storm import storm_rows
from tests.bench.unlock import unlock_rows
from tests.bench.window import accept_rows, start_rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="offline cases to push and to catch up on")
    parser.add_argument("--search-cases", type=int, default=1_000_000, help="cases to search among")
    parser.add_argument("--only", nargs="+", choices=sorted(_groups(0, 0)), help="measure these groups only")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    rows: list[Row] = []
    for name, measure in _groups(args.cases, args.search_cases).items():
        if args.only and name not in args.only:
            continue
        folder = Path(tempfile.mkdtemp(prefix="taihaoban-bench-"))
        try:
            print(f"measuring: {name} …", file=sys.stderr, flush=True)
            rows += measure(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(as_json(rows) if args.json else f"{as_table(rows)}\n{machine()}")
    return 0


def _groups(cases: int, many: int) -> dict[str, Callable[[Path], list[Row]]]:
    return {
        "start": start_rows,
        "accept": accept_rows,
        "screen": screen_rows,
        "unlock": unlock_rows,
        "line": lambda folder: line_rows(folder, cases),
        "stall": lambda folder: stall_rows(folder, cases),
        "storm": lambda folder: storm_rows(folder, 500, 60),
        "items": items_rows,
        "search": lambda folder: search_rows(folder, many),
    }


if __name__ == "__main__":
    sys.exit(main())

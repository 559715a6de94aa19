"""The reconnect storm of ``tests.boundary`` as rows: hundreds of desks back in the same second."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.bench.rows import Row

NAME = "reconnect storm, {} desks × {} ops"
LIMIT_S = 2.0


def storm_rows(folder: Path, desks: int, ops: int) -> list[Row]:
    """Run on PostgreSQL with two workers; the figures are read from the loop's own report."""
    name = NAME.format(desks, ops)
    if find_spec("tests.boundary") is None:
        return [Row(name, "–", budget="p99 batch ≤2 s, 0 lost, 0 double", note="tests.boundary is not here")]
    command = [sys.executable, "-m", "tests.boundary", "storm", "--desks", str(desks), "--ops", str(ops)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    batch = re.search(r"batch p50 ([\d.]+) s, p99 ([\d.]+) s", done.stdout)
    rate = re.search(r"(\d+) ops/s", done.stdout)
    tally = re.search(r"lost (\d+), doubled (\d+), other faults (\d+)", done.stdout)
    if batch is None or tally is None or rate is None:
        why = (done.stderr.strip().splitlines() or ["no report"])[-1]
        return [Row(name, "–", budget="p99 batch ≤2 s", met=False, note=why[:120])]
    lost, double, faults = (int(found) for found in tally.groups())
    p99 = float(batch[2])
    return [
        Row(
            f"{name}, p99 batch",
            f"{p99:.2f} s",
            "",
            "",
            "≤2 s",
            p99 <= LIMIT_S,
            f"p50 {batch[1]} s, {rate[1]} ops/s; desks share this machine with PostgreSQL and two workers",
        ),
        Row(
            f"{name}, lost + doubled",
            f"{lost} + {double}",
            "",
            "",
            "0 + 0",
            lost == double == faults == 0,
            f"{faults} other faults",
        ),
    ]

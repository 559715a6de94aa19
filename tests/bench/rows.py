"""What ``make bench`` prints: one table of figures measured in this run, or one JSON object."""

from __future__ import annotations

import json
import os
import platform
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure.  ``met`` is None for a figure without a budget, or one that could not be taken."""

    name: str
    value: str
    reference: str = ""
    ratio: str = ""
    budget: str = ""
    met: bool | None = None
    note: str = ""


HEAD = ("row", "value", "reference", "ratio", "budget", "met?", "note")


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine() -> str:
    """Processor, cores and memory, so that a figure can be read elsewhere."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = found[0].partition(":")[2].strip() if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"machine: {model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}{load}"
    )


def as_table(rows: list[Row]) -> str:
    cells = [HEAD, *((r.name, r.value, r.reference, r.ratio, r.budget, _met(r), r.note) for r in rows)]
    widths = [max(_width(line[i]) for line in cells) for i in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    )


def as_json(rows: list[Row]) -> str:
    return json.dumps({"machine": machine(), "rows": [asdict(row) for row in rows]}, ensure_ascii=False)


def _met(row: Row) -> str:
    return {True: "yes", False: "NO", None: "–"}[row.met]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

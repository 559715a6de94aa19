"""Train ``resources/wire.zdict`` on generated cases of the demo city: ``python -m tests.bench.train``.

The seed is not the benchmark's.  Run it again only for a good reason: a new dictionary has a new id,
and peers of the former release are then served without one.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import zstandard
from sqlalchemy import select

from app.commands.batch import intake_line
from app.sample import filled, pick
from models.tables import replica as t
from sync.dictionary import FILE, squeeze
from tests.desk_kit import catalog, make_desk

SEED = 19_491_001
CASES = 1500
SIZE = 96 * 1024


def train() -> bytes:
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        desk = make_desk(Path(folder), numbers=CASES + 1)
        for item in pick(catalog().items, rng, CASES):
            intake_line(desk, filled(item, rng))
        with desk.store.read() as conn:
            ops = list(conn.execute(select(t.op.c.data).order_by(t.op.c.dseq)).scalars())
            states = list(conn.execute(select(t.case_view.c.state)).scalars())
        desk.store.close()
    samples: list[bytes | bytearray | memoryview] = [
        squeeze(data) for pair in zip(ops, states, strict=True) for data in pair
    ]
    return zstandard.train_dictionary(SIZE, samples, level=9).as_bytes()


if __name__ == "__main__":
    FILE.write_bytes(train())
    print(f"{FILE.name}: {FILE.stat().st_size} bytes")
    sys.exit(0)

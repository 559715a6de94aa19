"""``make mutants``: plant a bug in the law, the store or the sync; the suite must notice each one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("app", "models", "sync", "views", "resources", "migrations", "tests", "main.py", "pyproject.toml")


@dataclass(frozen=True)
class Mutant:
    """``old`` occurs in ``file``; ``tests`` must fail once it reads ``new``."""

    name: str
    file: str
    old: str
    new: str
    tests: str


LAW, MERGE = "tests/models/domain/test_apply.py", "tests/models/domain/test_merge.py"
ACTS, ENGINE = "tests/app/test_acts.py", "tests/sync/test_engine.py"
MUTANTS = (
    Mutant("accept with gaps", "models/domain/apply.py", "    if open_gaps:\n        first", "    if False:\n        first", LAW),
    Mutant("accept without a number", "models/domain/apply.py", "if not (op.act.number or state.number):", "if False:", LAW),
    Mutant("second supplement notice", "models/domain/apply.py", "if problem is None and before.supplemented_on:", "if False:", LAW),
    Mutant("unlisted material demanded", "models/domain/apply.py", "    if unlisted:", "    if False:", LAW),
    Mutant("incomplete supplement", "models/domain/apply.py", "    if unnamed:", "    if False:", LAW),
    Mutant("silence after five days", "models/domain/apply.py", "if op.time.day > last:", "if False:", LAW),
    Mutant("refusal without a failed point", "models/domain/apply.py", "or not failed:", "and False:", LAW),
    Mutant("number changed later", "models/domain/apply.py", "if state.number and state.number != op.act.number:", "if False:", LAW),
    Mutant("red line deferred", "models/domain/checklist.py", "    if item.red_line:", "    if False:", LAW),
    Mutant("received day moves", "models/domain/apply.py", "received_on=state.received_on or op.time.day", "received_on=op.time.day", LAW),
    Mutant("last writer wins", "models/domain/merge.py", "        if theirs == change.old:", "        if True:", MERGE),
    Mutant("act half happens", "models/domain/merge.py", "    if op.kind not in EDITING:", "    if False:", MERGE),
    Mutant("first day counted", "models/domain/deadlines.py", "    day, count = start, 0", "    day, count = start, 1", "tests/models/domain/test_deadlines.py"),
    Mutant("make-up days ignored", "models/domain/workdays.py", "        if day in self.makeup:", "        if False:", "tests/models/domain/test_deadlines.py"),
    Mutant("number not advanced", "sync/leases.py", "values(next=block.next + 1)", "values(next=block.next)", ACTS),
    Mutant("clock not guarded", "app/commands/act.py", "    if behind > CLOCK_SLACK_MS:", "    if False:", ACTS),
    Mutant("lease not guarded", "app/commands/act.py", "    if time.wall_ms > desk.lease.expires_ms:", "    if False:", ACTS),
    Mutant("draft outlives its case", "app/commands/act.py", "conn.execute(delete(t.draft)", "(delete(t.draft)", ACTS),
    Mutant("feed page applied twice", "sync/apply.py", "if entry.seq > seq]", "if True]", ENGINE),
    Mutant("hub not recognised", "sync/client.py", "if hello.hub_key != hub_key:", "if False:", ENGINE),
    Mutant("conflict hidden", "sync/apply.py", "    for clash in conflicts:", "    for clash in ():", ENGINE),
    Mutant("restored hub not offered again", "sync/engine.py", "if session.next_dseq <= last:", "if False:", ENGINE),
    Mutant("plain http to anywhere", "sync/client.py", 'if parts.scheme == "http" and', 'if False and', ENGINE),
    Mutant("no durability", "models/store.py", "            _commit(conn)", "            _rollback(conn)", "tests/models/test_store.py"),
    Mutant("wrong passwords unlimited", "models/keys.py", "locked = failures >= MAX_TRIES", "locked = False", "tests/models/test_keys.py"),
)  # fmt: skip


def main() -> int:
    """Run every mutant; 0 when each was caught.  Names on the command line pick some."""
    chosen = [m for m in MUTANTS if not sys.argv[1:] or m.name in sys.argv[1:]]
    survived = 0
    with tempfile.TemporaryDirectory(prefix="taihaoban-mutants-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for part in PARTS:
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / part)
        for mutant in chosen:
            caught = try_mutant(tree, mutant)
            survived += not caught
            print(f"{'caught  ' if caught else 'SURVIVED'}  {mutant.name:<34} {mutant.file}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} caught")
    return 1 if survived else 0


def try_mutant(tree: Path, mutant: Mutant) -> bool:
    """Whether the tests fail with the bug in place.  Raises ValueError when it cannot be planted."""
    file = tree / mutant.file
    text = file.read_text(encoding="utf-8")
    if mutant.old not in text:
        raise ValueError(f"cannot plant {mutant.name!r}: {mutant.file} has changed")
    file.write_text(text.replace(mutant.old, mutant.new, 1), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutant.tests],
            cwd=tree,
            capture_output=True,
            timeout=600,
            check=False,
        )
    finally:
        file.write_text(text, encoding="utf-8")
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main())

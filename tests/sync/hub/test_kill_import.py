"""kill -9 in the middle of an import and of a publication: the catalogue in force is the one or the other, whole."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.crypto import public_key, verify
from models.domain.catalog import Catalog, decode_catalog
from sync.hub import draft
from sync.hub.database import Hub, init_hub, open_hub
from sync.hub.publish import catalog_reply, current_catalog
from sync.hub.setup import import_catalog
from tests.sync.hub.catalog.kit import HEAD, csv_bytes, good
from tests.sync.hub.fake_desk import PASSWORD
from tests.sync.hub.two_people import EDITOR, REVIEWER, publish_by_two

pytestmark = pytest.mark.slow
ROUNDS = 8

IMPORT = """
import sys
from pathlib import Path
from sync.hub.database import open_hub
from sync.hub.setup import import_catalog
hub = open_hub(Path(sys.argv[1]))
print("ready", flush=True)
import_catalog(hub, Path(sys.argv[2]))
print("done", flush=True)
"""
PUBLISH = """
import sys
from pathlib import Path
from sync.hub import draft
from sync.hub.database import open_hub
hub = open_hub(Path(sys.argv[1]))
print("ready", flush=True)
draft.publish_draft(hub, sys.argv[2], sys.argv[3])
print("done", flush=True)
"""


def started(code: str, *words: object) -> subprocess.Popen[str]:
    made = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    return made


def time_of(code: str, *words: object) -> float:
    run = started(code, *words)
    begun = time.monotonic()
    assert run.stdout is not None
    assert run.stdout.readline() == "done\n"
    took = time.monotonic() - begun
    assert run.wait() == 0
    run.stdout.close()
    return took


def killed(after: float, code: str, *words: object) -> None:
    run = started(code, *words)
    time.sleep(after)
    run.kill()
    run.wait()
    assert run.stdout is not None
    run.stdout.close()


def whole(hub: Hub) -> Catalog:
    """The catalogue in force, as a desk would get it: signed bytes that decode."""
    found = current_catalog(hub)
    assert found is not None
    reply = catalog_reply(hub, found.version)
    assert decode_catalog(reply.data) == found
    verify(public_key(hub.keys.signing), reply.data, reply.signature)
    return found


def write_list(path: Path, mark: str, rows: int = 3000) -> Path:
    path.write_bytes(csv_bytes([HEAD, *(good(办理项名称=f"{mark}{n}") for n in range(rows))]))
    return path


def test_killed_imports_and_publications(tmp_path: Path) -> None:
    hub = init_hub(tmp_path / "hub")
    import_catalog(hub, write_list(tmp_path / "first.csv", "甲", 50))
    publish_by_two(hub)
    before = whole(hub)
    hub.close()
    chance = random.Random(7)
    new = write_list(tmp_path / "next.csv", "乙")
    took = time_of(IMPORT, tmp_path / "hub", new)
    for n in range(ROUNDS):
        mark = f"丙{n}号"
        killed(chance.uniform(0, took), IMPORT, tmp_path / "hub", write_list(tmp_path / "next.csv", mark))
        hub = open_hub(tmp_path / "hub")
        assert whole(hub) == before
        made = draft.read_draft(hub)
        assert made is not None
        # Whose draft it is depends on the moment; it is always all of one list.
        marks = {item.name.rstrip("0123456789") for item in made.catalog.items}
        assert (len(made.catalog.items), len(marks)) == (50 + 3000, 2)
        hub.close()

    hub = open_hub(tmp_path / "hub")
    draft.submit(hub, EDITOR, PASSWORD)
    approved = draft.approve(hub, REVIEWER, PASSWORD)
    hub.close()
    for _ in range(ROUNDS):
        killed(chance.uniform(0, took), PUBLISH, tmp_path / "hub", EDITOR, PASSWORD)
        hub = open_hub(tmp_path / "hub")
        now, left = whole(hub), draft.read_draft(hub)
        hub.close()
        if now.version != before.version:
            break
        assert (now, left) == (before, approved)
    else:
        time_of(PUBLISH, tmp_path / "hub", EDITOR, PASSWORD)
    hub = open_hub(tmp_path / "hub")
    after = whole(hub)
    assert (after.items, draft.read_draft(hub)) == (approved.catalog.items, None)
    assert len(draft.versions(hub)) == 2
    hub.close()

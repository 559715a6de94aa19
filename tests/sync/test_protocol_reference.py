"""docs/protocol.md lists every route, every field of every message and every code, and nothing that is not there."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from sync import protocol as p
from sync.bundle import MAX_BYTES
from sync.file_protocol import MAX_CHUNK
from sync.hub.api import MAX_BODY, MAX_UNPACKED
from sync.hub.feed import PAGE_BYTES, PAGE_ENTRIES
from sync.hub.snapshot import CHUNK_BYTES, CHUNK_CASES, MOST_HISTORY
from tests.house.tree import ROOT
from tests.sync.golden import reference

DOCUMENT = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
# Answers of the publishing commands of the hub; no route leads to them.
NOT_ON_THE_WIRE = {"sync/hub/draft.py", "role"}


def chapter(number: int) -> str:
    return DOCUMENT.split(f"\n## {number}. ", 1)[1].split("\n## ", 1)[0]


def test_every_route_is_listed_with_what_goes_in_and_out() -> None:
    assert re.findall(r"^\| `(?:GET|POST) .*\|$", chapter(12), re.MULTILINE) == reference.routes()


def test_every_field_of_every_message_is_listed() -> None:
    assert re.findall(r"^- `.*$", chapter(13), re.MULTILINE) == reference.messages()


def refusals() -> dict[str, set[int]]:
    """Code → status, as the hub's source says them."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for path in sorted((ROOT / "sync/hub").rglob("*.py")):
        if path.relative_to(ROOT).as_posix() in NOT_ON_THE_WIRE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            status, code = node.args[:2]
            if name in ("Refused", "_problem") and isinstance(code, ast.Constant):
                # The framework's own status is handed through with ``not_served``.
                own = {404, 405} if not isinstance(status, ast.Constant) else {int(str(status.value))}
                found[str(code.value)] |= own
    return dict(found)


def documented() -> dict[str, set[int]]:
    """Code → status, as the table of §2 says them; of statuses with several groups, group by group."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for statuses, codes in re.findall(r"^\| ([0-9/, ]+) \| ([a-z_,; ]+) \|", chapter(2), re.MULTILINE):
        for code in re.split(r"[,;] ", codes):
            found[code] |= {int(one) for one in re.findall("[0-9]+", statuses)}
    return dict(found)


def test_every_code_is_listed_with_its_status() -> None:
    said, told = documented(), refusals()
    told = {code: statuses for code, statuses in told.items() if code not in NOT_ON_THE_WIRE}
    assert set(said) == set(told)
    assert [code for code, statuses in told.items() if not statuses <= said[code]] == []


@pytest.mark.parametrize(
    ("words", "value", "unit"),
    [
        ("body ([0-9,]+) MiB", MAX_BODY, 1024**2),
        ("unpacked ([0-9,]+) MiB", MAX_UNPACKED, 1024**2),
        ("batch ([0-9,]+) ops", p.MAX_BATCH_OPS, 1),
        ("ops or ([0-9,]+) KiB", p.MAX_BATCH_BYTES, 1024),
        ("page ([0-9,]+) entries", PAGE_ENTRIES, 1),
        ("entries or ([0-9,]+) MiB", PAGE_BYTES, 1024**2),
        ("snapshot ([0-9,]+) cases", CHUNK_CASES, 1),
        ("cases or ([0-9,]+) MiB", CHUNK_BYTES, 1024**2),
        ("the last ([0-9,]+) steps", MOST_HISTORY, 1),
        ("piece of a file ([0-9,]+) KiB", MAX_CHUNK, 1024),
        ("the whole ([0-9,]+) MiB", MAX_BYTES, 1024**2),
        ("Protocol version ([0-9]+);", p.PROTOCOL, 1),
    ],
)
def test_every_limit_is_the_programs(words: str, value: int, unit: int) -> None:
    found = re.search(words, DOCUMENT)
    assert found is not None
    assert int(found[1].replace(",", "")) * unit == value

"""A served hub, a desk with one attached file, and what both know of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.commands.act import Entry
from app.commands.attach import attach
from app.commands.context import Desk
from app.queries.files import read_files
from models.domain.case import CaseState
from sync.attachments import Files
from sync.hub import tables as h
from tests.sync.hall_kit import Hall, Line, open_hall
from tests.sync.hub.fake_desk import PERSON

SCAN = random.Random(1).randbytes(300_000)
CASE = "01990000-0000-7000-8000-00000000000a"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def entry(case_id: str = CASE) -> Entry:
    return Entry(case_id=case_id, item_id="SAMPLE-1", fields=dict(PERSON))


def send(hall: Hall, desk: Desk, line: Line | None = None, **options: object) -> list[str]:
    transport = (lambda: line) if line is not None else None
    made = Files(
        desk.store,
        desk.vault,
        desk.device,
        desk.device_key,
        desk.clock,
        transport=transport,
        **options,  # type: ignore[arg-type]  # whatever a test wants to turn
    )
    return made.send().problems


def ready(hall: Hall, data: bytes = SCAN, name: str = "desk") -> Desk:
    """A desk with one attached file whose act the hub has."""
    desk = hall.desk(name)
    hall.sync(desk)
    attach(desk, entry(), data, title="身份证正面", material="M2", pages=1)
    assert hall.sync(desk).problems == []
    return desk


def at_hub(hall: Hall) -> dict[str, str]:
    with hall.hub.read() as conn:
        return {row.file_id: row.state for row in conn.execute(select(h.file))}


def only(desk: Desk) -> str:
    return read_files(desk, CASE)[0].file_id


def state(hall: Hall) -> CaseState:
    return hall.states()[CASE]

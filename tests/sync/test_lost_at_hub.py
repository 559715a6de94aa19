"""A hub that knows less, or otherwise, than it has said before: put back from a copy of its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, update

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.verify import verify_replica
from models.domain.ops import GENESIS
from models.tables import replica as t
from sync.hub import tables as h
from sync.hub.backup import start_epoch
from tests.sync.hall_kit import Hall, open_hall
from tests.sync.hub.fake_desk import COMPLETE, ITEM


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def accepted(hall: Hall) -> tuple[Desk, str]:
    desk = hall.desk()
    hall.sync(desk)
    case = intake.accept(desk, Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE)).case_id
    hall.sync(desk)
    assert outcome(desk) == "applied"
    return desk, case


def outcome(desk: Desk) -> str:
    with desk.store.read() as conn:
        return str(conn.execute(select(t.op_status.c.state)).scalar_one())


def without_the_case(conn: Connection) -> None:
    """What an older file would not have; its triggers guard against programs, not against old files."""
    for name in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
        conn.exec_driver_sql(f"DROP TRIGGER {name}")
    for table in (h.case_head, h.feed, h.number_ledger):
        conn.execute(delete(table))


def test_what_a_hub_lost_without_a_word_is_offered_again(hall: Hall) -> None:
    """Somebody copied yesterday's files back; nobody told the hub that it is another one now."""
    desk, case = accepted(hall)
    with hall.hub.write() as conn:
        without_the_case(conn)
        conn.execute(delete(h.op_log))
        conn.execute(update(h.device).values(head_dseq=0, head_hash=GENESIS))
    assert case not in hall.states()
    hall.sync(desk)
    assert case in hall.states()
    assert hall.states()[case].number


def test_what_a_restored_hub_decides_otherwise_is_heard(hall: Hall) -> None:
    """The backup is from when the op still waited: the desk may not go on saying that it was taken."""
    desk, case = accepted(hall)
    with hall.hub.write() as conn:
        without_the_case(conn)
        conn.execute(update(h.op_log).values(outcome="held", waits="catalog", reason="等目录"))
        start_epoch(conn, hall.hub.now_ms())
    hall.sync(desk)
    assert case not in hall.states()
    assert outcome(desk) == "held"
    assert verify_replica(desk) == []

"""A hub that knows less, or otherwise, than it has said before: put back from a copy of its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, update

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.verify import verify_replica
from app.queries.outbox import read_conflicts
from models.domain.ops import GENESIS
from models.tables import replica as t
from sync.apply import cursor
from sync.bundle import bundle_key
from sync.courier import Courier
from sync.hub import tables as h
from sync.hub.backup import backup, start_epoch
from sync.hub.bundle import take_in
from sync.hub.database import DATABASE_FILE
from sync.hub.ingest import push
from tests.sync.hall_kit import Hall, confirmed, open_hall
from tests.sync.hub.fake_desk import COMPLETE, HALL, ITEM, SECOND_WINDOW


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


def gone_back(hall: Hall, copy: Path) -> None:
    """Yesterday's file in the place of today's, and nobody says a word."""
    hall.hub.db.engine.dispose()
    place = hall.hub.data_dir / DATABASE_FILE
    for ending in ("-wal", "-shm"):
        place.with_name(place.name + ending).unlink(missing_ok=True)
    shutil.copyfile(copy, place)


def test_a_desk_that_has_read_further_than_the_hub_goes_reads_anew(hall: Hall, tmp_path: Path) -> None:
    """Its cursor would pass over what the hub tells under those sequences now: here a disagreement that
    changes no case, which no checksum shows."""
    desk = hall.desk()
    first, second = hall.fake(), hall.fake(window=SECOND_WINDOW)
    first.save("c1", {"form.a": "1"})
    first.accept("c1", rev=1)
    push(hall.hub, first.device, first.batch())
    first.sent()
    hall.sync(desk)
    backup(hall.hub, tmp_path / "yesterday.db")
    hall.fill(3, first, "lost")
    hall.sync(desk)
    assert len(confirmed(desk)) == 4

    gone_back(hall, tmp_path / "yesterday.db")
    second.accept("c1", rev=1)
    push(hall.hub, second.device, second.batch())
    for _ in range(2):
        assert hall.sync(desk).problems == []
    assert confirmed(desk) == hall.states()
    assert [row.conflict.case_id for row in read_conflicts(desk)] == ["c1"]
    with desk.store.read() as conn, hall.hub.read() as at_hub:
        assert cursor(conn, HALL)[1] == at_hub.execute(select(h.scope_seq.c.seq)).scalar_one()
        alarms = at_hub.execute(select(h.alarm.c.kind, h.alarm.c.message)).all()
    assert [row.kind for row in alarms] == ["went_back"]  # told once, not at every round
    assert "hub restore --epoch-only" in alarms[0].message
    assert verify_replica(desk) == []


def test_the_same_by_stick(hall: Hall, tmp_path: Path) -> None:
    desk = hall.desk()
    other = hall.fill(2)
    hall.sync(desk)
    backup(hall.hub, tmp_path / "yesterday.db")
    hall.fill(3, other, "lost")
    hall.sync(desk)
    gone_back(hall, tmp_path / "yesterday.db")
    hall.clock.ms += 3_600_000
    courier = courier_of(desk)
    report = courier.take_in(take_in(hall.hub, courier.export()[0])[1])
    assert report.problems == []
    assert confirmed(desk) == hall.states()
    assert len(confirmed(desk)) == 2
    with hall.hub.read() as conn:
        assert list(conn.execute(select(h.alarm.c.kind)).scalars()) == ["went_back"]


def test_a_stick_that_comes_late_takes_no_cursor_back(hall: Hall) -> None:
    """A round by line had a problem of its own, so the desk does not know that it is level."""
    desk = hall.desk()
    other = hall.fill(2)
    hall.sync(desk)
    courier = courier_of(desk)
    hall.clock.ms += 3_600_000
    late = take_in(hall.hub, courier.export()[0])[1]
    hall.fill(3, other, "more")
    with desk.store.write() as conn:  # it wants numbers, and the line breaks when it asks for them
        conn.execute(update(t.number_block).values(next=t.number_block.c.last + 1))
    assert hall.sync(desk, hall.line(lambda path: path == "/v1/numbers")).pulled == 3
    with desk.store.read() as conn:
        before = cursor(conn, HALL)
    courier.take_in(late)
    with desk.store.read() as conn:
        assert cursor(conn, HALL) == before
    assert confirmed(desk) == hall.states()


def courier_of(desk: Desk) -> Courier:
    key = bundle_key(b"e" * 32, desk.device.device)
    return Courier(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock, key)

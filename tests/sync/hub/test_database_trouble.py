"""A real PostgreSQL that breaks a batch off in the midst of it: nothing half done, no op blamed, sent again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.exc import OperationalError

from sync.hub import tables as t
from sync.hub.database import Hub, init_hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.protocol import Outcome
from tests.sync.hub.fake_desk import DEPARTMENT, HALL, ITEM, FakeDesk, TestClock, load_places, ready_desk

pytestmark = pytest.mark.postgres
BUSY = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def desk(postgres_database: str, tmp_path: Path) -> Iterator[FakeDesk]:
    hub = init_hub(tmp_path / "hub", postgres_database, TestClock())
    load_places(hub)
    yield ready_desk(hub, publish_catalog(hub, (DEPARTMENT,), (ITEM,)))
    hub.close()


def waiting(conn: Connection) -> int:
    """The backend that waits for a lock, once there is one."""
    for _ in range(500):
        pid = conn.exec_driver_sql(BUSY).scalar()
        if pid is not None:
            return int(pid)
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def deadlock(hub: Hub, other: Connection) -> None:
    """The batch holds the hall and waits for the machine's row; who holds that asks for the hall."""
    waiting(other)
    other.execute(select(t.scope_seq).where(t.scope_seq.c.scope == HALL).with_for_update())


def cancel(hub: Hub, other: Connection) -> None:
    other.exec_driver_sql(f"SELECT pg_cancel_backend({waiting(other)})")


def terminate(hub: Hub, other: Connection) -> None:
    other.exec_driver_sql(f"SELECT pg_terminate_backend({waiting(other)})")


@pytest.mark.parametrize("trouble", [deadlock, cancel, terminate])
def test_a_batch_that_the_database_breaks_off_is_taken_whole_the_next_time(
    desk: FakeDesk, postgres_database: str, trouble: Callable[[Hub, Connection], None]
) -> None:
    hub = desk.hub
    with hub.write() as conn:
        conn.execute(t.scope_seq.insert().values(scope=HALL, seq=0, checksum=bytes(32), floor_seq=0))
    for index in range(20):
        desk.accept(f"c{index}")
    batch = desk.batch()
    engine = create_engine(postgres_database)
    with ThreadPoolExecutor(1) as pool, engine.begin() as other:
        other.execute(select(t.device).where(t.device.c.device == desk.device).with_for_update())
        answer = pool.submit(push, hub, desk.device, batch)
        trouble(hub, other)
        with pytest.raises(OperationalError):
            answer.result(timeout=30)
    engine.dispose()
    with hub.read() as conn:
        for table in (t.op_log, t.feed, t.case_head, t.number_ledger, t.alarm):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0, table.name
        assert conn.execute(select(t.scope_seq.c.seq)).scalar_one() == 0
    assert {one.outcome for one in push(hub, desk.device, batch).outcomes} == {Outcome.APPLIED}
    with hub.read() as conn:
        assert list(conn.execute(select(t.feed.c.seq).order_by(t.feed.c.seq)).scalars()) == list(range(1, 21))


def test_a_database_set_to_another_isolation_serves_as_well(desk: FakeDesk, postgres_database: str) -> None:
    """Under repeatable read each worker that waited for a hall would be refused instead of going on."""
    hub = desk.hub
    with hub.write() as conn:
        name = conn.exec_driver_sql("SELECT current_database()").scalar()
        conn.exec_driver_sql(
            f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'repeatable read'"
        )
    hub.db.engine.dispose()
    desk.save("c1", {"form.a": "1"})
    with ThreadPoolExecutor(1) as pool:
        with hub.write() as other:
            other.execute(t.scope_seq.insert().values(scope=HALL, seq=0, checksum=bytes(32), floor_seq=0))
            answer = pool.submit(push, hub, desk.device, desk.batch())
            watcher = create_engine(postgres_database)
            with watcher.connect() as looking:
                waiting(looking)
            watcher.dispose()
        assert [one.outcome for one in answer.result(timeout=30).outcomes] == [Outcome.APPLIED]

"""责任担当 (domain facts §5 row 5) at the hub: whatever stored row is edited by hand, `hub check` names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, delete, select, update

from models.domain.case import decode_state, encode_state
from models.domain.catalog import decode_catalog, encode_catalog
from models.domain.ops import decode_op, encode_op, op_hash
from sync.hub import tables as t
from sync.hub.check import check
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.stored import altered
from tests.sync.hub.fake_desk import HALL, SECOND_WINDOW, FakeDesk, ready_desk


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    """Two machines' work: three acts of one, two of the other."""
    other = ready_desk(hub, version, window=SECOND_WINDOW)
    made = ready_desk(hub, version)
    for number in (1, 2, 3):
        made.accept(f"c{number}")
    for number in (4, 5):
        other.accept(f"c{number}")
    for one in (made, other):
        told = push(hub, one.device, one.batch())
        assert {outcome.outcome for outcome in told.outcomes} == {"applied"}
        one.sent()
    return made


def other_staff(data: bytes) -> bytes:
    return encode_op(msgspec.structs.replace(decode_op(data), staff="T9999"))


def of_op(desk: FakeDesk, dseq: int) -> Any:
    return (t.op_log.c.device == desk.device) & (t.op_log.c.dseq == dseq)


def op_bytes(conn: Connection, desk: FakeDesk, *, hashed: bool = False) -> None:
    data = other_staff(conn.execute(select(t.op_log.c.data).where(of_op(desk, 2))).scalar_one())
    values = {"data": data} | ({"hash": op_hash(data)} if hashed else {})
    conn.execute(update(t.op_log).where(of_op(desk, 2)).values(**values))


def op_and_hash(conn: Connection, desk: FakeDesk) -> None:
    op_bytes(conn, desk, hashed=True)


def last_op_and_hash(conn: Connection, desk: FakeDesk) -> None:
    data = other_staff(conn.execute(select(t.op_log.c.data).where(of_op(desk, 3))).scalar_one())
    conn.execute(update(t.op_log).where(of_op(desk, 3)).values(data=data, hash=op_hash(data)))


def op_place(conn: Connection, desk: FakeDesk) -> None:
    conn.execute(update(t.op_log).where(of_op(desk, 2)).values(case_id="c1"))


def op_gone(conn: Connection, desk: FakeDesk) -> None:
    conn.execute(delete(t.op_log).where(of_op(desk, 2)))


def last_op_gone(conn: Connection, desk: FakeDesk) -> None:
    conn.execute(delete(t.op_log).where(of_op(desk, 3)))


def case_state(conn: Connection, desk: FakeDesk) -> None:
    where = t.case_head.c.case_id == "c2"
    state = decode_state(conn.execute(select(t.case_head.c.state).where(where)).scalar_one())
    state = msgspec.structs.replace(state, accepted_on="2026-09-01")
    conn.execute(update(t.case_head).where(where).values(state=encode_state(state)))


def case_column(conn: Connection, desk: FakeDesk) -> None:
    conn.execute(update(t.case_head).where(t.case_head.c.case_id == "c2").values(status="delivered"))


def case_gone(conn: Connection, desk: FakeDesk) -> None:
    conn.execute(delete(t.case_head).where(t.case_head.c.case_id == "c2"))


def catalogue(conn: Connection, desk: FakeDesk) -> None:
    catalog = decode_catalog(conn.execute(select(t.catalog_version.c.data)).scalar_one())
    softer = tuple(msgspec.structs.replace(item, materials=()) for item in catalog.items)
    data = encode_catalog(msgspec.structs.replace(catalog, items=softer))
    conn.execute(update(t.catalog_version).values(data=data))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (op_bytes, "第 2 步"),
        (op_and_hash, "第 3 步"),  # the next one names its hash
        (last_op_and_hash, "末尾"),
        (op_place, "第 2 步"),
        (op_gone, "第 2 步"),
        (last_op_gone, "末尾"),
        (case_state, "c2"),
        (case_column, "c2"),
        (catalogue, "目录版本"),
        (case_gone, f"大厅 {HALL}"),
    ],
)
def test_a_row_edited_by_hand_is_named(
    hub: Hub, desk: FakeDesk, edit: Callable[[Connection, FakeDesk], None], told: str
) -> None:
    assert altered(hub) == ()
    with hub.write() as conn:
        if conn.dialect.name == "sqlite":
            for name in ("op_log_no_update", "op_log_no_delete"):
                conn.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            conn.exec_driver_sql("ALTER TABLE op_log DISABLE TRIGGER ALL")
        edit(conn, desk)
    found = check(hub).altered
    assert any(told in line for line in found), found
    assert len(found) <= 2

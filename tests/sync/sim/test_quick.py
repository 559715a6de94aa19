"""The quick connection answers as SQLAlchemy's own does, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound

from models import upgrade
from models.tables import replica as t
from sync.sim.disk import Disk
from sync.sim.quick import QuickConnection


@pytest.fixture
def pair() -> Iterator[tuple[Connection, Connection]]:
    blank = Disk("blank", b"")
    upgrade.run(blank.conn)
    disks = [Disk("a", blank.image(), quick=True), Disk("b", blank.image(), quick=False)]
    blank.close()
    for disk in disks:
        rows = [{"key": f"k{i}", "value": bytes([i])} for i in range(7)]
        disk.conn.execute(insert(t.meta), rows)
    assert isinstance(disks[0].conn, QuickConnection)
    assert not isinstance(disks[1].conn, QuickConnection)
    yield disks[0].conn, disks[1].conn
    for disk in disks:
        disk.close()


_META = select(t.meta).where(t.meta.c.key.like("k_")).order_by(t.meta.c.key)


@pytest.mark.parametrize(
    ("statement", "given"),
    [
        (_META, {}),
        (_META.limit(3), {}),
        (_META.limit(2).offset(4), {}),
        (_META.limit(5), {}),  # the same shape as before, another number
        (_META.where(t.meta.c.key.in_(["k1", "k3"])), {}),
        (_META.where(t.meta.c.key.in_(["k1", "k3", "k6"])), {}),
        (_META.where(t.meta.c.key.in_([])), {}),
        (_META.where(t.meta.c.value > bindparam("least")), {"least": b"\x04"}),
        (_META.where(t.meta.c.value > bindparam("least")), {"least": b"\x01"}),
        (select(func.count(), func.max(t.meta.c.value)).select_from(t.meta), {}),
        (text("SELECT key, value FROM meta WHERE key = :of"), {"of": "k2"}),
    ],
)
def test_it_reads_the_same_rows(pair: tuple[Connection, Connection], statement: Any, given: Any) -> None:
    quick, own = (conn.execute(statement, given) for conn in pair)
    found = quick.all()
    assert [tuple(row) for row in found] == [tuple(row) for row in own.all()]
    for conn in pair:
        conn.rollback()


def test_it_writes_the_same_rows(pair: tuple[Connection, Connection]) -> None:
    for conn in pair:
        conn.execute(update(t.meta).where(t.meta.c.key == "k1").values(value=b"new"))
        assert conn.execute(delete(t.meta).where(t.meta.c.key == "k2")).rowcount == 1
        conn.execute(
            update(t.meta).where(t.meta.c.key == bindparam("at")).values(value=bindparam("now")),
            [{"at": "k3", "now": b"x"}, {"at": "k4", "now": b"y"}],
        )
        conn.execute(insert(t.meta).values(key="k9", value=b"z"))
    first, second = (conn.execute(_META).all() for conn in pair)
    assert [tuple(row) for row in first] == [tuple(row) for row in second]
    assert [(row.key, row._mapping["value"]) for row in first][1] == ("k1", b"new")


def test_it_raises_the_same_errors(pair: tuple[Connection, Connection]) -> None:
    for conn in pair:
        with pytest.raises(IntegrityError):
            conn.execute(insert(t.meta).values(key="k1", value=b""))
        with pytest.raises(NoResultFound):
            conn.execute(select(t.meta.c.value).where(t.meta.c.key == "none")).scalar_one()
        with pytest.raises(MultipleResultsFound):
            conn.execute(_META).one()
        assert conn.execute(select(t.meta.c.value).where(t.meta.c.key == "none")).scalar() is None

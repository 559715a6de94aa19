"""The hub's migrations: up, down, head equals the models, data survives, triggers hold; both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, select, text
from sqlalchemy.exc import DBAPIError

from models.errors import KnownError
from sync.hub import migrate
from sync.hub import tables as t
from sync.hub.engine import Database, make_engine

OP = {
    "scope": "370911",
    "device": "d1",
    "dseq": 1,
    "op_id": "o1",
    "case_id": "c1",
    "kind": "save",
    "data": b"bytes",
    "hash": b"h" * 32,
    "outcome": "held",
    "rev": 0,
    "reason": "等目录",
    "waits": "catalog",
    "settled": 0,
    "received_ms": 1,
    "decided_ms": 1,
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else tmp_path / "hub.db"
    opened = Database(make_engine(url))
    yield opened
    opened.close()


def names(database: Database) -> set[str]:
    with database.read() as conn:
        return set(inspect(conn).get_table_names()) - {"alembic_version"}


def test_head_equals_the_models(database: Database) -> None:
    migrate.upgrade(database.engine)
    with database.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, t.metadata) == []
        checks = {
            table: {check["name"] for check in inspect(conn).get_check_constraints(table)}
            for table in t.metadata.tables
        }
    for table in t.metadata.tables.values():
        wanted = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        assert checks[table.name] == wanted


def test_up_down_up(database: Database) -> None:
    migrate.upgrade(database.engine)
    assert names(database) == set(t.metadata.tables)
    migrate.downgrade(database.engine, "base")
    assert names(database) == set()
    migrate.upgrade(database.engine)
    assert names(database) == set(t.metadata.tables)


def test_every_step_up_keeps_the_data(database: Database) -> None:
    """Rows written under each revision are there, unchanged, at the head."""
    first, *_ = migrate.known_revisions()
    migrate.upgrade(database.engine, first)
    with database.write() as conn:
        columns = ", ".join(OP)
        marks = ", ".join(f":{name}" for name in OP)
        conn.execute(text(f"INSERT INTO op_log ({columns}) VALUES ({marks})"), OP)
    migrate.upgrade(database.engine)
    with database.read() as conn:
        row = conn.execute(select(t.op_log)).one()
    assert {name: row._mapping[name] for name in OP} == OP


def test_a_newer_schema_is_left_alone(database: Database) -> None:
    migrate.upgrade(database.engine)
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(KnownError, match="更新版本"):
        migrate.upgrade(database.engine)
    with pytest.raises(KnownError, match="更新版本"), database.read() as conn:
        migrate.check_schema(conn)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE op_log SET data = '1'",
        "UPDATE op_log SET op_id = 'x'",
        "UPDATE op_log SET dseq = 2",
        "DELETE FROM op_log",
        "UPDATE audit SET act = 'x'",
        "DELETE FROM audit",
        "UPDATE number_ledger SET case_id = 'x'",
        "DELETE FROM number_ledger",
    ],
)
def test_what_was_recorded_cannot_be_changed(database: Database, statement: str) -> None:
    migrate.upgrade(database.engine)
    with database.write() as conn:
        conn.execute(t.op_log.insert().values(**OP))
        conn.execute(
            t.audit.insert().values(
                aseq=1, at_ms=1, actor="a", act="b", target="", detail="", prev_hash=b"p", hash=b"h"
            )
        )
        conn.execute(
            t.number_ledger.insert().values(
                number="1", scope="s", case_id="c", op_id="o", device="d", at_ms=1
            )
        )
    with pytest.raises(DBAPIError, match="append-only"), database.write() as conn:
        conn.execute(text(statement))
    with database.write() as conn:  # an outcome is decided later
        conn.execute(t.op_log.update().values(outcome="applied", settled=1))

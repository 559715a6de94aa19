"""INSERT … ON CONFLICT, which PostgreSQL and SQLite spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def insert_ignore(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is taken; tells whether it was inserted."""
    if conn.dialect.name == "postgresql":
        statement: Any = postgresql_insert(table).values(**values).on_conflict_do_nothing()
    else:
        statement = sqlite_insert(table).values(**values).on_conflict_do_nothing()
    return conn.execute(statement, execution_options={"preserve_rowcount": True}).rowcount > 0


def upsert(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or overwrite those whose primary key is there.  All rows have the same columns."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    rest = [name for name in rows[0] if name not in keys]
    if conn.dialect.name == "postgresql":
        on_pg = postgresql_insert(table)
        statement: Any = on_pg.on_conflict_do_update(
            index_elements=keys, set_={name: on_pg.excluded[name] for name in rest}
        )
    else:
        on_sqlite = sqlite_insert(table)
        statement = on_sqlite.on_conflict_do_update(
            index_elements=keys, set_={name: on_sqlite.excluded[name] for name in rest}
        )
    conn.execute(statement, [dict(row) for row in rows])

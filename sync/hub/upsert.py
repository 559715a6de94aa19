"""INSERT … ON CONFLICT, which PostgreSQL and SQLite spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sync.hub.prepared import POSTGRESQL, Prepared


def insert_ignore(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is taken; tells whether it was inserted.

    Raises KeyError when a column with a default of the program's is not given.
    """
    return _ignoring(table, tuple(values))(conn, **values).rowcount > 0


def upsert(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or overwrite those whose primary key is there.  All rows have the same columns."""
    if not rows:
        return
    statement = _overwriting(table, tuple(rows[0]))
    for row in rows:
        statement(conn, **row)


@lru_cache(maxsize=256)
def _ignoring(table: Table, names: tuple[str, ...]) -> Prepared:
    def make(kind: str) -> Executable:
        insert = postgresql_insert if kind == POSTGRESQL else sqlite_insert
        return insert(table).on_conflict_do_nothing()

    return Prepared(make, names)


@lru_cache(maxsize=256)
def _overwriting(table: Table, names: tuple[str, ...]) -> Prepared:
    keys = [column.name for column in table.primary_key]

    def make(kind: str) -> Executable:
        statement: Any = (postgresql_insert if kind == POSTGRESQL else sqlite_insert)(table)
        rest = {name: statement.excluded[name] for name in names if name not in keys}
        made: Executable = statement.on_conflict_do_update(index_elements=keys, set_=rest)
        return made

    return Prepared(make, names)

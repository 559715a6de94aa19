"""Statements compiled once, for the paths that run for every case.

Building and keying a SQLAlchemy statement costs more than SQLite takes to run it, and a LIMIT or
OFFSET given as a parameter makes SQLite plan the statement anew each time it is bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    CursorResult,
    Executable,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = sqlite.dialect()


class Prepared:
    """A statement for the replica with named ``bindparam`` values.  Call it with a connection.

    Only for columns that SQLite stores as given (text, integers, bytes): nothing is converted.
    """

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]  # every Executable here is a ClauseElement
        assert isinstance(compiled, SQLCompiler)
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._fixed = {k: v for k, v in compiled.params.items() if v is not None}

    def __call__(self, conn: Connection, **values: object) -> CursorResult[Any]:
        """Execute it.  Raises KeyError when a value is missing."""
        return conn.exec_driver_sql(self._sql, self._row(values))

    def many(self, conn: Connection, rows: list[dict[str, object]]) -> None:
        """Execute it for each row; nothing for none."""
        if rows:
            conn.exec_driver_sql(self._sql, [self._row(row) for row in rows])

    def _row(self, values: dict[str, object]) -> tuple[object, ...]:
        fixed = self._fixed
        if not fixed:
            return tuple([values[name] for name in self._names])
        return tuple([values[name] if name in values else fixed[name] for name in self._names])


def first_of(query: Select[Any]) -> Select[Any]:
    """At most one row of ``query``, with the limit written out."""
    return query.limit(literal_column("1")).offset(literal_column("0"))


def chosen(name: str) -> Select[Any]:
    """The ids in the parameter ``name``, which takes what :func:`listed` gives: an IN list of changing length
    would be a new statement each time."""
    return select(func.json_each(bindparam(name)).table_valued("value").c.value)


def listed(ids: Sequence[str]) -> str:
    """Ids as one parameter, for :func:`chosen`."""
    return msgspec.json.encode(ids).decode()


def upsert(table: Table) -> Prepared:
    """Insert a whole row, or overwrite the one with the same primary key."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return Prepared(statement.on_conflict_do_update(index_elements=keys, set_=rest))

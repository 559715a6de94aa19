"""Statements compiled once for each of the two databases, for what runs with every batch.

Building and keying a SQLAlchemy statement costs more than the database takes to run it; see
:mod:`models.prepared`, the same for a desk's replica.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Executable,
    Integer,
    LargeBinary,
    Select,
    Table,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.compiler import SQLCompiler

POSTGRESQL, SQLITE = "postgresql", "sqlite"
_DIALECTS: dict[str, Dialect] = {
    POSTGRESQL: psycopg.dialect(),  # type: ignore[no-untyped-call]  # the library does not say
    SQLITE: sqlite.dialect(),
}
_ARRAYS = {BigInteger: "bigint", Integer: "integer", LargeBinary: "bytea"}


class Prepared:
    """A statement with named ``bindparam`` values.  Call it with a connection.

    ``make`` is a statement, or makes one for a kind of database.  A list given for a name is for
    :func:`among`.  Only for columns that are stored as given (text, integers, bytes).
    """

    def __init__(
        self, make: Executable | Callable[[str], Executable], columns: Sequence[str] | None = None
    ) -> None:
        """``columns``: those that an INSERT is given, all of the table's without them."""
        self._make = make
        self._columns = list(columns) if columns is not None else None
        self._made: dict[str, tuple[str, tuple[str, ...], dict[str, object]]] = {}

    def __call__(self, conn: Connection, **values: object) -> CursorResult[Any]:
        """Execute it.  Raises KeyError when a value is missing."""
        kind = conn.dialect.name
        sql, names, fixed = self._made.get(kind) or self._compile(kind)
        if kind == POSTGRESQL:
            return conn.exec_driver_sql(sql, {**fixed, **values} if names else None)
        row = tuple([_as_json(values[name]) if name in values else fixed[name] for name in names])
        return conn.exec_driver_sql(sql, row)

    def _compile(self, kind: str) -> tuple[str, tuple[str, ...], dict[str, object]]:
        statement = self._make(kind) if callable(self._make) else self._make
        compiled = statement.compile(dialect=_DIALECTS[kind], column_keys=self._columns)  # type: ignore[attr-defined]  # a ClauseElement
        assert isinstance(compiled, SQLCompiler)
        names = tuple(compiled.params) if kind == POSTGRESQL else tuple(compiled.positiontup or ())
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        made = self._made[kind] = (str(compiled), names, fixed)
        return made


class Rows:
    """Whole rows of a table put in with one statement; ``over``: in the place of those with the same key."""

    def __init__(self, table: Table, *names: str, over: bool = False) -> None:
        keys = [column.name for column in table.primary_key]
        tail = ""
        if over:
            rest = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
            tail = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {rest}"
        head = f"INSERT INTO {table.name} ({', '.join(names)})"  # names of our own tables
        # One statement over arrays: PostgreSQL plans and answers it once, not once a row.
        arrays = ", ".join(f"%b::{_ARRAYS.get(type(table.c[name].type), 'text')}[]" for name in names)
        self._sql = {
            POSTGRESQL: f"{head} SELECT * FROM unnest({arrays}){tail}",
            # Without WHERE, SQLite would take ON for a join.
            SQLITE: f"{head} VALUES ({', '.join('?' * len(names))}){tail}",
        }

    def put(self, conn: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Write the rows, their values in the order of the names; nothing for none."""
        if not rows:
            return
        kind = conn.dialect.name
        if kind == POSTGRESQL:
            conn.exec_driver_sql(self._sql[kind], tuple(list(column) for column in zip(*rows, strict=True)))
        else:
            conn.exec_driver_sql(self._sql[kind], list(rows))


def first_of(query: Select[Any]) -> Select[Any]:
    """At most one row of ``query``, with the limit written out: SQLite plans a bound one anew each time."""
    return query.limit(literal_column("1"))


def among(kind: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether ``column`` is one of the texts in the list given as ``name``.

    Not for bytes: JSON holds none, and unhex() is younger than the SQLite of some interpreters.
    """
    if kind == POSTGRESQL:
        return column == any_(bindparam(name, type_=ARRAY(column.type)))
    value = func.json_each(bindparam(name)).table_valued("value").c.value
    return column.in_(select(value))


def _as_json(value: object) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, list) else value

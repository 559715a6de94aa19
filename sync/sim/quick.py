"""A connection that runs the program's statements on SQLite without SQLAlchemy's execution layer.

SQLAlchemy still builds and compiles every statement, once a process for its shape; the SQL that reaches
SQLite is the same, character for character.  What is left out is what costs more than SQLite itself:
execution contexts, result metadata, row processors for types that need none.  A share of the seeds runs
over SQLAlchemy's own connection, and tests compare both (tests/sync/sim).
"""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Engine, Insert, LargeBinary, Select, TextClause, Update
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound

_PLAIN = (Select, Insert, Update, Delete, TextClause)


class QuickRow(tuple[Any, ...]):
    """A row whose values also go by their columns' names."""

    __slots__ = ()
    names: tuple[str, ...] = ()

    @property
    def _mapping(self) -> dict[str, Any]:
        return dict(zip(self.names, self, strict=True))

    def _asdict(self) -> dict[str, Any]:
        return self._mapping


def _row_type(names: tuple[str, ...]) -> type[QuickRow]:
    body: dict[str, object] = {
        name: property(operator.itemgetter(place)) for place, name in reversed(list(enumerate(names)))
    }
    return type("QuickRow", (QuickRow,), {**body, "__slots__": (), "names": names})


class Answers:
    """What a query found, read at once: the part of SQLAlchemy's results that the program uses."""

    __slots__ = ("_at", "_names", "_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], names: tuple[str, ...], rowcount: int) -> None:
        self._rows = rows
        self._at = 0
        self._names = names
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return list(self._rows)

    fetchall = all

    def close(self) -> None:
        """Nothing more will be asked; there is nothing to let go of."""

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def fetchone(self) -> Any:
        self._at += 1
        return self._rows[self._at - 1] if self._at <= len(self._rows) else None

    def one_or_none(self) -> Any:
        if len(self._rows) > 1:
            raise MultipleResultsFound("more than one row")
        return self.first()

    def one(self) -> Any:
        if not self._rows:
            raise NoResultFound("no row")
        return self.one_or_none()

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        row = self.one_or_none()
        return row[0] if row is not None else None

    def scalars(self) -> Answers:
        return Answers([row[0] for row in self._rows], self._names, self.rowcount)

    def mappings(self) -> Answers:
        return Answers([row._mapping for row in self._rows], self._names, self.rowcount)

    def keys(self) -> tuple[str, ...]:
        return self._names


class _Plan:
    """One compiled statement: its SQL, where each of its values comes from, how its rows are read."""

    def __init__(self, compiled: Any, dialect: Any, given: Sequence[Any]) -> None:
        self.compiled = compiled
        self.sql: str = str(compiled)
        # SQLite takes bytes as they are; only other types have something to convert.
        binary = {name for name, bind in compiled.binds.items() if isinstance(bind.type, LargeBinary)}
        self.binds = {k: v for k, v in compiled._bind_processors.items() if k not in binary}
        # The compiler works on copies of some values; it remembers of which.
        copies = compiled._cache_key_bind_match[0] if compiled._cache_key_bind_match else {}
        places = {
            id(copy): place for place, bind in enumerate(given) for copy in (bind, *copies.get(bind, ()))
        }
        self.sources: dict[str, tuple[str, int, Any]] = {
            name: (bind.key, places.get(id(bind), -1), bind) for bind, name in compiled.bind_names.items()
        }
        self.expands = bool(compiled.literal_execute_params or compiled.post_compile_params)
        self.order: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.reads: list[tuple[int, Callable[[Any], Any]]] = []
        for place, column in enumerate(compiled._result_columns):
            read = column.type._cached_result_processor(dialect, None)
            if read is not None and not isinstance(column.type, LargeBinary):
                self.reads.append((place, read))

    def values(self, extracted: Sequence[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, (key, place, bind) in self.sources.items():
            if key in given:
                made[name] = given[key]
            elif place >= 0:
                made[name] = extracted[place].effective_value
            elif bind.required:
                raise KeyError(f"no value for {key}")
            else:
                made[name] = bind.effective_value
        return made

    def statement(self, values: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
        if not self.expands:
            return self.sql, self.row(values, self.order, self.binds)
        state = self.compiled._process_parameters_for_postcompile(values)
        return state.statement, self.row(values, state.positiontup, {**self.binds, **state.processors})

    @staticmethod
    def row(
        values: Mapping[str, Any], order: Sequence[str], binds: Mapping[str, Callable[[Any], Any]]
    ) -> tuple[Any, ...]:
        if not binds:
            return tuple([values[name] for name in order])
        return tuple([binds[name](values[name]) if name in binds else values[name] for name in order])


_PLANS: dict[object, _Plan | None] = {}
_SHAPES: dict[str, tuple[tuple[str, ...], type[QuickRow]]] = {}  # what a statement's rows are like


class QuickConnection(Connection):
    """Executes plain statements by itself and leaves everything else to SQLAlchemy."""

    def __init__(self, engine: Engine, raw: sqlite3.Connection) -> None:
        super().__init__(engine)
        self._quick = raw

    def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        if not isinstance(statement, _PLAIN):
            return super().execute(statement, parameters)
        many = isinstance(parameters, (list, tuple)) and len(parameters) > 1
        rows: Sequence[Mapping[str, Any]] = (
            parameters if isinstance(parameters, (list, tuple)) else [parameters or {}]
        )
        keyed = statement._generate_cache_key()
        if keyed is None or not rows:
            return super().execute(statement, parameters)
        shape, extracted = keyed[0], keyed[1]
        names = tuple(sorted(rows[0]))
        known = (shape, names, many)
        plan = _PLANS.get(known, 0)
        if plan == 0:
            plan = _PLANS[known] = self._compiled(statement, keyed, names, many)
        if not isinstance(plan, _Plan):
            return super().execute(statement, parameters)
        if many:
            given = [plan.row(plan.values(extracted, row), plan.order, plan.binds) for row in rows]
            return self._ask(plan.sql, given, many=True)
        sql, values = plan.statement(plan.values(extracted, rows[0]))
        return self._ask(sql, values, plan.reads)

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        return self._ask(statement, parameters or (), many=type(parameters) is list)

    def scalar(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        return self.execute(statement, parameters).scalar()

    def scalars(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        return self.execute(statement, parameters).scalars()

    def _compiled(self, statement: Any, keyed: Any, names: tuple[str, ...], many: bool) -> _Plan | None:
        compiled = statement._compiler(
            self.dialect, cache_key=keyed, column_keys=list(names), for_executemany=many
        )
        if compiled.insert_prefetch or compiled.update_prefetch or (many and compiled.post_compile_params):
            return None  # defaults made in Python, or another statement for each row
        return _Plan(compiled, self.dialect, keyed[1])

    def _ask(
        self,
        sql: str,
        values: Any,
        reads: Sequence[tuple[int, Callable[[Any], Any]]] = (),
        *,
        many: bool = False,
    ) -> Answers:
        raw = self._quick
        try:
            cursor = raw.executemany(sql, values) if many else raw.execute(sql, values)
            found: list[Any] = cursor.fetchall()
        except sqlite3.Error as error:
            raise DBAPIError.instance(sql, values, error, sqlite3.Error, dialect=self.dialect) from error
        shape = _SHAPES.get(sql) or _shape(sql, cursor.description or ())
        if reads:
            found = [_read(row, reads) for row in found]
        if found:
            found = list(map(shape[1], found))
        return Answers(found, shape[0], cursor.rowcount)


def _shape(sql: str, description: Sequence[Sequence[Any]]) -> tuple[tuple[str, ...], type[QuickRow]]:
    names = tuple([column[0] for column in description])
    made = _SHAPES[sql] = (names, _row_type(names))
    return made


def _read(row: tuple[Any, ...], reads: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    made = list(row)
    for place, read in reads:
        made[place] = read(made[place])
    return made

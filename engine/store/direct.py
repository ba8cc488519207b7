"""The short way to the database, for the few statements that every step of every case sends.

A prepared statement is compiled once per database and then goes straight to the driver, on the session's own
connection and in its transaction. `insert_row` and `update_row` write one row of the ORM that way at once and leave
it clean, so that no unit of work has to find out what to do. Why, and at what price: docs/decisions/0005.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update, bindparam, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapper, Session, class_mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeEngine

from engine.store.base import Base, table_of

Convert = Callable[[Any], Any]


class Prepared:
    """A Core statement all of whose values are named parameters: by `bindparam`, or by `columns` for an INSERT."""

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]] | Insert | Update | Delete,
        *,
        columns: Iterable[str] = (),
        gives: Iterable[TypeEngine[Any]] = (),
    ) -> None:
        """`gives` are the types of what an INSERT or UPDATE returns; a SELECT knows its own."""
        self._statement = statement
        self._columns = [*columns]
        self._gives = [each.type for each in statement.selected_columns] if isinstance(statement, Select) else [*gives]
        self._plans: dict[str, _Plan] = {}

    def run(self, session: Session, values: Mapping[str, Any]) -> int:
        """Gives the number of rows that were changed."""
        connection = session.connection()
        plan = self._plan(connection.dialect)
        return _send(connection, plan.text, plan.bound(values)).rowcount

    def run_many(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Once for each row, in one call of the driver."""
        if len(rows) == 1:
            self.run(session, rows[0])
        elif rows:
            connection = session.connection()
            plan = self._plan(connection.dialect)
            _send(connection, plan.text, [plan.bound(row) for row in rows], many=True)

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        connection = session.connection()
        plan = self._plan(connection.dialect)
        answer = _send(connection, plan.text, plan.bound(values))
        if plan.results is None:
            plan.results = _out_of(self._gives, connection.dialect, answer.description)
        return [plan.read(row) for row in answer.fetchall()]

    def _plan(self, dialect: Dialect) -> _Plan:
        return self._plans.get(dialect.name) or self._plans.setdefault(dialect.name, self._compiled(dialect))

    def _compiled(self, dialect: Dialect) -> _Plan:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns or None)
        names = compiled.positiontup if compiled.positional else [*dict.fromkeys(compiled.bind_names.values())]
        binds = {name: compiled.binds[name] for name in names}
        return _Plan(
            text=str(compiled),
            positional=compiled.positional,
            parameters=tuple((name, _into(binds[name].type, dialect)) for name in names),
            standing={name: self._standing(bind) for name, bind in binds.items() if not bind.required},
        )

    def _standing(self, bind: Any) -> Any:
        """What a parameter is when the caller leaves it out: written into the statement, or its column's default."""
        if isinstance(self._statement, Insert) and bind.value is None:
            return _default(self._statement.table.c[bind.key])
        return bind.value


class Entities:
    """A prepared SELECT of whole rows of several models, which the session then holds as if it had loaded them."""

    def __init__(self, models: Sequence[type[Base]], statement: Select[*tuple[Any, ...]]) -> None:
        """`statement` says joins and conditions; its columns become those of the models."""
        tables = [table_of(model) for model in models]
        self._read = Prepared(statement.with_only_columns(*(column for table in tables for column in table.c)))
        self._models = [
            (class_mapper(model), [column.name for column in table.c])
            for model, table in zip(models, tables, strict=True)
        ]

    def first(self, session: Session, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The entities of the first row; None when there is no row. What the session holds already stays as it is."""
        return self._first(session, values, anew=False)

    def first_anew(self, session: Session, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The same as they stand in the database now, for rows that are locked with it. Unsent changes are lost."""
        return self._first(session, values, anew=True)

    def _first(self, session: Session, values: Mapping[str, Any], *, anew: bool) -> tuple[Any, ...] | None:
        found = self._read.rows(session, values)
        if not found:
            return None
        fields = iter(found[0])
        return tuple(
            [
                _held(session, mapper, dict(zip(names, fields, strict=False)), anew=anew)
                for mapper, names in self._models
            ]
        )


def _held(session: Session, mapper: Mapper[Any], values: dict[str, Any], *, anew: bool) -> Any:
    key = mapper.identity_key_from_primary_key((values["id"],))
    known = session.identity_map.get(key)
    if known is not None and not anew:
        return known
    if known is not None:
        state = instance_state(known)
        state.dict.update(values)
        state._commit_all(state.dict, session.identity_map)
        return known
    row = mapper.class_manager.new_instance()
    row.__dict__.update(values)
    make_transient_to_detached(row)
    session.add(row)
    return row


@dataclass(slots=True)
class _Plan:
    """A statement as one database takes it: its text, its parameters in order, how values go in and come out."""

    text: str
    positional: bool
    parameters: tuple[tuple[str, Convert | None], ...]
    standing: Mapping[str, Any]
    results: tuple[Convert | None, ...] | None = None
    """Known once the driver has told the types of what it gives."""

    def bound(self, values: Mapping[str, Any]) -> Any:
        given = {**self.standing, **values} if self.standing else values
        if self.positional:
            return tuple(
                [given[name] if convert is None else convert(given[name]) for name, convert in self.parameters]
            )
        return {name: given[name] if convert is None else convert(given[name]) for name, convert in self.parameters}

    def read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        assert self.results is not None
        return tuple(
            [value if convert is None else convert(value) for value, convert in zip(row, self.results, strict=True)]
        )


def insert_row(session: Session, row: Base) -> None:
    """Inserts a new row now and has the session keep it, like `session.add` and a flush of nothing else."""
    table = table_of(type(row))
    state = instance_state(row)
    values = {column.name: _default(column) for column in table.columns} | state.dict
    new = values["id"] is None
    columns = tuple(name for name in values if name in table.c and not (new and name == "id"))
    statement = _inserting(type(row), columns)
    if new:
        ((values["id"],),) = statement.rows(session, values)
    else:
        statement.run(session, values)
    state.dict.update(values)
    make_transient_to_detached(row)
    session.add(row)


def update_row(session: Session, *rows: Base) -> None:
    """Sends what has changed in loaded rows now, one UPDATE each, and leaves them clean; nothing for unchanged ones."""
    for row in rows:
        state = instance_state(row)
        before, values = state.committed_state, state.dict
        if before:
            changed = tuple([name for name in before if before[name] != values[name]])
            if changed:
                _updating(type(row), changed).run(session, values)
            state._commit_all(values, session.identity_map)


@functools.cache
def _inserting(model: type[Base], columns: tuple[str, ...]) -> Prepared:
    table = table_of(model)
    if "id" in table.c and "id" not in columns:
        return Prepared(insert(table).returning(table.c.id), columns=columns, gives=[table.c.id.type])
    return Prepared(insert(table), columns=columns)


@functools.cache
def _updating(model: type[Base], columns: tuple[str, ...]) -> Prepared:
    table = table_of(model)
    mine = [column == bindparam(column.name) for column in table.primary_key]
    return Prepared(update(table).where(*mine).values({name: bindparam(name) for name in columns}))


def _default(column: Any) -> Any:
    return None if column.default is None else column.default.arg


def _into(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _out_of(kinds: Iterable[TypeEngine[Any]], dialect: Dialect, described: Any) -> tuple[Convert | None, ...]:
    pairs = zip(kinds, described, strict=True)
    return tuple(kind.dialect_impl(dialect).result_processor(dialect, column[1]) for kind, column in pairs)


class _Answer(Protocol):
    @property
    def rowcount(self) -> int: ...

    @property
    def description(self) -> Any: ...

    def fetchall(self) -> Sequence[Any]: ...


def _send(connection: Connection, text: str, parameters: Any, *, many: bool = False) -> _Answer:
    """Raises what SQLAlchemy would raise, and goes SQLAlchemy's own way while somebody listens to what is sent."""
    if connection._has_events or connection.engine._has_events:
        heard: Any = connection.exec_driver_sql(text, parameters)
        return heard.cursor if heard.returns_rows else heard  # type: ignore[no-any-return]
    dialect = connection.dialect
    cursor = connection.connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(text, parameters)
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, connection.connection.driver_connection, cursor)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            text, parameters, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
        ) from error
    return cursor

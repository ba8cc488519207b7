"""The short way to the database, for the few statements that every step of every case sends.

A prepared statement is compiled once per database and then goes straight to the driver, on the session's own
connection and in its transaction. `insert_row` and `update_row` write one row of the ORM that way at once and leave
it clean, so that no unit of work has to find out what to do. Why, and at what price: docs/decisions/0005.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Table, Update, bindparam, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapper, Session, class_mapper
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeEngine

from engine.store.base import Base, table_of
from engine.store.held_back import HELD, Held, is_held_back, keep

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

    @property
    def table(self) -> Table:
        """Of an INSERT."""
        assert isinstance(self._statement, Insert)
        return cast(Table, self._statement.table)

    def run(self, session: Session, values: Mapping[str, Any]) -> int:
        """Gives the number of rows that were changed."""
        connection = self._connection(session)
        plan = self._plan(connection.dialect)
        return _send(connection, plan.text, plan.bound(values)).rowcount

    def run_many(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
        """Once for each row, in one call of the driver. Gives the number of rows that were changed."""
        if not rows:
            return 0
        if len(rows) == 1:
            return self.run(session, rows[0])
        connection = self._connection(session)
        plan = self._plan(connection.dialect)
        return _send(connection, plan.text, [plan.bound(row) for row in rows], many=True).rowcount

    def add(self, session: Session, *rows: Mapping[str, Any]) -> None:
        """An INSERT of rows that may be held back with others."""
        held: Held | None = session.info.get(HELD)
        if held is None:
            self.run_many(session, rows)
        else:
            held.add(self, *rows)

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        connection = self._connection(session)
        plan = self._plan(connection.dialect)
        answer = _send(connection, plan.text, plan.bound(values))
        if plan.results is None:
            plan.results = _out_of(self._gives, connection.dialect, answer.description)
        return [plan.read(row) for row in answer.fetchall()]

    def _connection(self, session: Session) -> Connection:
        """An INSERT looks at nothing; everything else finds what was held back."""
        if HELD in session.info and not isinstance(self._statement, Insert):
            session.info[HELD].send_before(self._statement)
        return session.connection()

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
    keep(session, row)
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
    """Inserts a new row now and has the session keep it, like `session.add` and a flush of nothing else.

    Where rows are held back (`held_back`) it has its id, and goes to the database as it is by then.
    """
    model, values = type(row), instance_state(row).dict
    values.update({**_blank(model), **values})
    held: Held | None = session.info.get(HELD)
    if held is not None:
        (values["id"],) = held.ids(table_of(model), [values["id"]])
        held.add(_inserting(model), values)
        held.keep(row)
        return
    if values["id"] is None:
        ((values["id"],),) = _numbering(model).rows(session, values)
    else:
        _inserting(model).run(session, values)
    keep(session, row)


def insert_values(session: Session, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Inserts rows that nobody needs as objects; gives their ids, in their order. Like `insert_row` otherwise."""
    full = [{**_blank(model), **row} for row in rows]
    held: Held | None = session.info.get(HELD)
    if held is None:
        return [_numbering(model).rows(session, row)[0][0] for row in full]
    ids = held.ids(table_of(model), [None] * len(full))
    held.add(_inserting(model), *({**row, "id": id_} for row, id_ in zip(full, ids, strict=True)))
    return ids


def update_row(session: Session, *rows: Base) -> None:
    """Sends what has changed in loaded rows now, one UPDATE each, and leaves them clean; nothing for unchanged ones.

    What is held back goes as it is by then.
    """
    for row in rows:
        state = instance_state(row)
        before, values = state.committed_state, state.dict
        if before and not is_held_back(row):
            changed = tuple([name for name in before if before[name] != values[name]])
            if changed:
                _updating(type(row), changed).run(session, values)
            state._commit_all(values, session.identity_map)


@functools.cache
def _blank(model: type[Base]) -> Mapping[str, Any]:
    """What the columns are that a row says nothing of."""
    return {column.name: _default(column) for column in table_of(model).columns}


@functools.cache
def _numbering(model: type[Base]) -> Prepared:
    """Gives the id that the database finds."""
    table = table_of(model)
    columns = [name for name in _blank(model) if name != "id"]
    return Prepared(insert(table).returning(table.c.id), columns=columns, gives=[table.c.id.type])


@functools.cache
def _inserting(model: type[Base]) -> Prepared:
    return Prepared(insert(table_of(model)), columns=_blank(model))


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

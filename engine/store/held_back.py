"""New rows held back and sent a table at a time, for whoever files many matters in one transaction.

A hundred cases filed one by one are some fifteen statements each; held back, they are as many for all of them. A row
has its id at once, as if it had been inserted. Whatever else is asked or said in the session sends what is held back
first, so that nothing is ever missed; only who goes round the session has to know of it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement, Table, event, func, select
from sqlalchemy.orm import ORMExecuteState, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.sql.visitors import iterate

from engine.store.base import Base

if TYPE_CHECKING:
    from engine.store.direct import Prepared

HELD = "rows held back"
"""The session's note of them."""


@contextmanager
def held_back(session: Session, expected: int) -> Iterator[None]:
    """Holds new rows back until its end. `expected` is about how many rows of a table there will be."""
    held = session.info[HELD] = Held(session, expected)
    heard = (("do_orm_execute", held.hear), ("before_flush", held.hear_of_flush))
    for name, listener in heard:
        event.listen(session, name, listener)
    try:
        yield
        held.send()
    finally:
        for name, listener in heard:
            event.remove(session, name, listener)
        del session.info[HELD]


@contextmanager
def sent_at_once(session: Session) -> Iterator[None]:
    """Sends what is held back, and meanwhile every row as it comes: for what may be rolled back by itself."""
    held: Held | None = session.info.get(HELD)
    if held is None:
        yield
        return
    held.send()
    del session.info[HELD]
    try:
        yield
    finally:
        session.info[HELD] = held


def is_held_back(row: Base) -> bool:
    """Whether it goes to the database only later, as it is by then."""
    return instance_state(row).key is None


class Held:
    """What a session holds back."""

    def __init__(self, session: Session, expected: int) -> None:
        self._session, self._expected = session, expected
        self._ids: dict[Table, Iterator[int]] = {}
        self._tables: set[Table] = set()
        self._waiting: dict[Prepared, list[Mapping[str, Any]]] = {}
        self._rows: list[Base] = []

    def add(self, statement: Prepared, *values: Mapping[str, Any]) -> None:
        """Values are read when they are sent."""
        self._tables.add(statement.table)
        self._waiting.setdefault(statement, []).extend(values)

    def keep(self, row: Base) -> None:
        """Has the session keep a row once it is sent."""
        self._rows.append(row)

    def ids(self, table: Table, given: Sequence[int | None]) -> list[int]:
        """The ids of new rows, in order: those that they have, and new ones for the others."""
        return [self._next_id(table) if each is None else each for each in given]

    def send(self) -> None:
        waiting, self._waiting = self._waiting, {}
        rows, self._rows = self._rows, []
        self._tables.clear()
        place = _places(len(Base.metadata.tables))
        for statement in sorted(waiting, key=lambda each: place[each.table]):
            statement.run_many(self._session, waiting[statement])
        for row in rows:
            keep(self._session, row)
        if self._session.get_bind().dialect.name == "sqlite":
            self._ids.clear()  # from now on whoever inserts a row takes the next one

    def send_before(self, statement: ClauseElement) -> None:
        """Sends what is held back if a statement names a table of it, or does not say which it looks at."""
        named = _named_in(statement)
        if not named or not self._tables.isdisjoint(named):
            self.send()

    def hear(self, execution: ORMExecuteState) -> None:
        if self._session.info.get(HELD) is self:
            self.send_before(execution.statement)

    def hear_of_flush(self, *_: object) -> None:
        if self._session.info.get(HELD) is self:
            self.send()

    def _next_id(self, table: Table) -> int:
        found = next(self._ids.get(table, iter(())), None)
        if found is None:
            self._ids[table] = self._reserved(table)
            found = next(self._ids[table])
        return found

    def _reserved(self, table: Table) -> Iterator[int]:
        """On SQLite nobody else writes until the transaction ends; on PostgreSQL a sequence gives each id once."""
        connection = self._session.connection()
        if connection.dialect.name == "sqlite":
            last = connection.scalar(select(func.max(table.c.id)))
            return itertools.count((last or 0) + 1)
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        wanted = select(func.nextval(sequence)).select_from(func.generate_series(1, self._expected))
        return iter(connection.scalars(wanted).all())


@functools.cache
def _places(_tables: int) -> Mapping[Table, int]:
    """Tables that others refer to come first. Looked at anew when there are more of them."""
    return {table: at for at, table in enumerate(Base.metadata.sorted_tables)}


def _named_in(statement: ClauseElement) -> frozenset[Table]:
    found = _NAMED.get(statement)
    if found is None:
        found = frozenset(each for each in iterate(statement) if isinstance(each, Table))
        _NAMED[statement] = found
    return found


_NAMED: WeakKeyDictionary[ClauseElement, frozenset[Table]] = WeakKeyDictionary()


def keep(session: Session, row: Base) -> None:
    """Has the session hold a row that was inserted, as if it had loaded it."""
    make_transient_to_detached(row)
    session.add(row)

"""New rows held back and sent a table at a time, for whoever files many matters in one transaction.

A hundred cases filed one by one are some fifteen statements each; held back, they are as many for all of them. A row
has its id at once, as if it had been inserted. Whatever else is asked or said in the session sends what is held back
first, so that nothing is ever missed; only who goes round the session has to know of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, event, func, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state

from engine.store.base import Base

if TYPE_CHECKING:
    from engine.store.direct import Prepared

HELD = "rows held back"
"""The session's note of them."""


@contextmanager
def held_back(session: Session, expected: int) -> Iterator[None]:
    """Holds new rows back until its end. `expected` is about how many rows of a table there will be."""
    held = session.info[HELD] = Held(session, expected)
    heard = [(name, held.send_first) for name in ("do_orm_execute", "before_flush")]
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
    held: Held | None = session.info.pop(HELD, None)
    if held is not None:
        held.send()
    try:
        yield
    finally:
        if held is not None:
            session.info[HELD] = held


def is_held_back(row: Base) -> bool:
    """Whether it goes to the database only later, as it is by then."""
    return instance_state(row).key is None


class Held:
    """What a session holds back."""

    def __init__(self, session: Session, expected: int) -> None:
        self._session, self._expected = session, expected
        self._ids: dict[Table, Iterator[int]] = {}
        self._waiting: dict[Prepared, list[Mapping[str, Any]]] = {}
        self._rows: list[Base] = []

    def add(self, statement: Prepared, *values: Mapping[str, Any]) -> None:
        """Values are read when they are sent."""
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
        for statement, values in waiting.items():  # a table that others refer to was met before them
            statement.run_many(self._session, values)
        for row in rows:
            keep(self._session, row)
        if self._session.get_bind().dialect.name == "sqlite":
            self._ids.clear()  # from now on whoever inserts a row takes the next one

    def send_first(self, *_: object) -> None:
        if self._waiting and self._session.info.get(HELD) is self:
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


def keep(session: Session, row: Base) -> None:
    """Has the session hold a row that was inserted, as if it had loaded it."""
    make_transient_to_detached(row)
    session.add(row)

"""Filling tables fast: rows as the database itself takes them, indexes afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Index, text

from engine.demo import copying
from engine.search import CaseText
from engine.store import Store, table_of

T = TypeVar("T")
AT_ONCE = 2
"""So much is done at the same time on PostgreSQL."""


class Filling:
    """Rows by COPY on PostgreSQL, by the plain driver on SQLite. Foreign keys are not looked up: the rows are whole."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.postgres = store.dialect == "postgresql"

    def write(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        quoted = ", ".join(f'"{column}"' for column in columns)
        with self._cursor() as cursor:
            if self.postgres:
                with cursor.copy(f'COPY "{name}" ({quoted}) FROM STDIN') as target:
                    for row in rows:
                        target.write_row(row)
            else:
                marks = ", ".join("?" * len(columns))
                cursor.executemany(f'INSERT INTO "{name}" ({quoted}) VALUES ({marks})', rows)

    def run(self, *statements: str) -> None:
        """In one transaction."""
        with self._cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def at_once(self, act: Callable[[T], None], things: Sequence[T]) -> None:
        """Does it for each, the first ones first; SQLite has one writer only."""
        with ThreadPoolExecutor(AT_ONCE if self.postgres else 1) as workers:
            for _ in workers.map(act, things):
                pass

    def end(self) -> None:
        """Lets the next ids follow those that were written."""
        if self.postgres:
            for name, columns in copying.NAMES.items():
                if "id" in columns:
                    sequence = f"pg_get_serial_sequence('\"{name}\"', 'id')"
                    self.run(f'SELECT setval({sequence}, (SELECT max(id) FROM "{name}"))')

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        connection: Any = self.store.engine.raw_connection()
        try:
            cursor = connection.cursor()
            if self.postgres:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute("SET LOCAL statement_timeout = 0")
            else:
                cursor.execute("PRAGMA foreign_keys=OFF")
                cursor.execute("BEGIN")
            yield cursor
            connection.commit()
            if not self.postgres:
                cursor.execute("PRAGMA foreign_keys=ON")
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()


@contextmanager
def without_indexes(filling: Filling) -> Iterator[None]:
    """Drops what only speeds up reading and builds it again at the end, which is far quicker than row by row."""
    tables = (table_of(CaseText), *copying.TABLES, *copying.PAST)
    dropped = [index for table in tables for index in table.indexes if _exists(filling, index)]
    with filling.store.engine.begin() as connection:
        for index in dropped:
            index.drop(connection)
    yield

    def build(index: Index) -> None:
        with filling.store.engine.begin() as connection:
            if filling.postgres:
                connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            index.create(connection)

    filling.at_once(build, dropped)  # that of the words takes longest and begins first


def _exists(filling: Filling, index: Index) -> bool:
    return filling.postgres or index.table is not table_of(CaseText)


def gather_statistics(filling: Filling) -> None:
    raw: Any = filling.store.engine.raw_connection()
    try:
        if filling.postgres:
            raw.rollback()
            raw.driver_connection.autocommit = True
            cursor = raw.cursor()
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM ANALYZE")
            raw.driver_connection.autocommit = False
        else:
            raw.execute("ANALYZE")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()

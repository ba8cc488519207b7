"""Every row of a database, read from one snapshot in a form that both databases take, and written into an empty one.

A row is a list of plain values: an instant is UTC text, a day is text, bytes stay bytes, JSON is the text it is kept
as. So the same rows give the same digest wherever they lie. Tables that are made from others
(`info={"derived": True}`) are left out; whoever writes rows has them made anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    LargeBinary,
    Table,
    column,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from engine.errors import Conflict
from engine.store.base import Base, Instant

PORTION = 2000
KINDS = ("plain", "instant", "day", "bool", "bytes")
OUR_OWN = ("alembic_version", "case_words")
"""Tables, or beginnings of their names, that no model describes."""

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns with their kinds, and the column that the database numbers, if there is one."""

    name: str
    columns: tuple[tuple[str, str], ...]
    numbered: str | None = None

    def as_table(self) -> Any:
        """Without types: values come and go as the driver has them."""
        return table(self.name, *(column(name) for name, _ in self.columns))


@dataclass(slots=True)
class Counted:
    """How many rows passed, and a digest of them that does not depend on their order."""

    rows: int = 0
    digest: int = 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self.digest = (self.digest + int.from_bytes(hashlib.sha256(line).digest())) % (1 << 256)

    @property
    def hex(self) -> str:
        return f"{self.digest:064x}"


def shapes(connection: Connection) -> list[Shape]:
    """What there is to copy, a table after all that it refers to. Raises Conflict for a table that no model describes:
    it would stay behind."""
    found = [_shape(each) for each in Base.metadata.sorted_tables if not each.info.get("derived")]
    known = {each.name for each in Base.metadata.sorted_tables}
    strange = [name for name in inspect(connection).get_table_names() if name not in known and not _is_own(name)]
    if strange:
        raise Conflict("store.strange_table", f"The database has tables of its own: {', '.join(sorted(strange))}.")
    return found


def is_empty(connection: Connection, wanted: Iterable[Shape]) -> bool:
    """Whether no table holds a row; tables that are not there hold none."""
    there = set(inspect(connection).get_table_names())
    return not any(
        connection.execute(select(literal(1)).select_from(each.as_table()).limit(1)).first()
        for each in wanted
        if each.name in there
    )


def read(connection: Connection, shape: Shape) -> Iterator[list[Row]]:
    """All rows in portions, memory flat."""
    plain = _PLAIN[connection.dialect.name]
    steps = [(at, plain[kind]) for at, (_, kind) in enumerate(shape.columns) if kind in plain]
    whole = shape.as_table()
    options = {"stream_results": True, "max_row_buffer": PORTION}
    with connection.execute(select(*whole.c), execution_options=options) as result:
        for portion in result.partitions(PORTION):
            rows = [list(row) for row in portion]
            for at, plainly in steps:
                for row in rows:
                    if row[at] is not None:
                        row[at] = plainly(row[at])
            yield rows


def encoded(row: Row) -> bytes:
    """One line of JSON; bytes as base64 in an object."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_bytes).encode()


def decoded(line: bytes) -> Row:
    return [base64.b64decode(value["b"]) if isinstance(value, dict) else value for value in json.loads(line)]


def write(connection: Connection, shape: Shape, portions: Iterable[list[Row]]) -> None:
    """Into an empty table, in the caller's transaction. A table whose rows refer to each other comes in as a whole."""
    if connection.dialect.name == "postgresql":
        _copy_in(connection, shape, portions)
    else:
        # Compiled once, and given to the driver as it is: the rows are thousands.
        words = str(insert(shape.as_table()).compile(dialect=connection.dialect))
        for portion in portions:
            if portion:
                connection.exec_driver_sql(words, [tuple(row) for row in portion])


def prepare(session: Session) -> Connection:
    """A connection whose long statements are not broken off, and whose references are looked at in the end."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(select(func.set_config(name, "0", True)))
    else:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    return connection


def renumber(connection: Connection, wanted: Iterable[Shape]) -> None:
    """Has the database go on numbering after what was written. SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    quoted = connection.dialect.identifier_preparer.quote
    for shape in wanted:
        if shape.numbered is not None:
            last: Any = select(func.coalesce(func.max(column(shape.numbered)), 0)).select_from(shape.as_table())
            sequence = func.pg_get_serial_sequence(quoted(shape.name), shape.numbered)
            connection.execute(select(func.setval(sequence, last.scalar_subquery() + 1, False)))


def count(connection: Connection, shape: Shape, *, on_rows: Callable[[int], None] | None = None) -> Counted:
    """Reads a table for its digest alone."""
    counted = Counted()
    for portion in read(connection, shape):
        for row in portion:
            counted.add(encoded(row))
        if on_rows is not None:
            on_rows(len(portion))
    return counted


def counting(
    portions: Iterable[list[Row]], counted: Counted, *, on_rows: Callable[[int], None] | None = None
) -> Iterator[list[Row]]:
    """Passes rows on and counts them."""
    for portion in portions:
        for row in portion:
            counted.add(encoded(row))
        if on_rows is not None:
            on_rows(len(portion))
        yield portion


def must_equal(shape: Shape, given: Counted, there: Counted) -> None:
    """Raises Conflict with the table that did not arrive as it was."""
    if (given.rows, given.digest) != (there.rows, there.digest):
        raise Conflict(
            "store.not_equal",
            f"Table {shape.name} did not arrive as it was ({given.rows} rows, {there.rows} there): nothing is kept.",
        )


def _shape(found: Table) -> Shape:
    numbered = found.autoincrement_column
    columns = tuple((each.name, _kind(each.type)) for each in found.columns)
    return Shape(found.name, columns, None if numbered is None else numbered.name)


def _kind(type_: Any) -> str:
    for kind, of in (("instant", Instant), ("day", Date), ("bool", Boolean), ("bytes", LargeBinary)):
        if isinstance(type_, of):
            return kind
    return "plain"


def _is_own(name: str) -> bool:
    return name.startswith(OUR_OWN)


def _bytes(value: Any) -> dict[str, str]:
    return {"b": base64.b64encode(value).decode()}


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _day(value: date) -> str:
    return value.isoformat()


_PLAIN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "sqlite": {"bool": bool},
    "postgresql": {"instant": _instant, "day": _day, "bytes": bytes},
}
"""From what a driver gives to the plain value."""


def _copy_in(connection: Connection, shape: Shape, portions: Iterable[list[Row]]) -> None:
    """COPY, in one statement: references among its rows are looked at when all of them are there."""
    from psycopg import DataError, sql

    instants = [at for at, (_, kind) in enumerate(shape.columns) if kind == "instant"]
    words = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(shape.name), sql.SQL(",").join(sql.Identifier(name) for name, _ in shape.columns)
    )
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(words) as copy:
            for row in chain.from_iterable(portions):
                for at in instants:
                    if row[at] is not None:
                        row[at] = f"{row[at]}+00:00"
                copy.write_row(row)
    except DataError as error:
        raise Conflict(
            "store.not_taken", f"PostgreSQL does not take a row of {shape.name}: {error.diag.message_primary or error}"
        ) from error

"""How much room a database takes, and its largest tables. A handful of cheap questions, whatever the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, column, func, literal, select, table, text
from sqlalchemy.orm import Session

from engine.store.base import Base

SHOWN = 8


@dataclass(frozen=True, slots=True)
class TableSize:
    """`bytes` with indexes; None where the database does not tell. `rows` is an estimate."""

    name: str
    rows: int
    bytes: int | None


def whole_size(session: Session) -> int:
    """Bytes, with indexes, and on SQLite with the free room within the file."""
    if session.get_bind().dialect.name == "postgresql":
        return session.scalar(select(func.pg_database_size(func.current_database()))) or 0
    pages = session.scalar(text("PRAGMA page_count"))
    return int(pages or 0) * int(session.scalar(text("PRAGMA page_size")) or 0)


def largest_tables(session: Session) -> Sequence[TableSize]:
    """The largest first. One statement."""
    known = Base.metadata.tables
    if session.get_bind().dialect.name == "postgresql":
        stats = table("pg_stat_user_tables", column("relid"), column("relname"), column("n_live_tup"))
        size = func.pg_total_relation_size(stats.c.relid)
        found = session.execute(
            select(stats.c.relname, stats.c.n_live_tup, size)
            .where(stats.c.relname.in_(sorted(known)))
            .order_by(size.desc())
            .limit(SHOWN)
        )
        return [TableSize(name, int(rows), int(size)) for name, rows, size in found]
    numbered = sorted(known)
    last = [
        select(literal(name).label("name"), _how_many(known[name]).label("rows")).select_from(table(name)).subquery()
        for name in numbered
    ]
    rows = session.execute(select(*(select(each.c.rows).scalar_subquery() for each in last))).one()
    sizes = [TableSize(name, int(count or 0), None) for name, count in zip(numbered, rows, strict=True)]
    return sorted(sizes, key=lambda each: -each.rows)[:SHOWN]


def _how_many(named: Table) -> ColumnElement[int]:
    """SQLite numbers the rows of a table: the last is nearly how many, unless it is the number of another row."""
    borrowed = len(named.primary_key) == 1 and any(each.foreign_keys for each in named.primary_key)
    return func.count() if borrowed else func.max(column("rowid"))

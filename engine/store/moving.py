"""From one database into another, empty one: all rows or none, and what arrived is read back before it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.errors import Conflict
from engine.store import portable
from engine.store.database import Store
from engine.store.migrate import migrate, must_be_migrated, present_revision

Progress = Callable[[str, int], None]
"""Told the table and how many of its rows passed since the last time."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that arrived: how many rows, and their digest on both sides."""

    table: str
    rows: int
    digest: str


def move(source: Session, target: Store, *, progress: Progress) -> list[Moved]:
    """Copies what `source` sees; `target` gets the tables it lacks. Broken off anywhere, the target holds no row.

    Raises Conflict for a target that holds something, and for a table that did not arrive as it was.
    """
    origin = portable.prepare(source)
    wanted = portable.shapes(origin)
    make_ready(target, wanted)
    done = []
    with target.transaction() as session:
        there = portable.prepare(session)
        for shape in wanted:
            given = portable.Counted()
            told = _told(progress, shape.name)
            portable.write(there, shape, portable.counting(portable.read(origin, shape), given, on_rows=told))
            portable.must_equal(shape, given, portable.count(there, shape))
            done.append(Moved(shape.name, given.rows, given.hex))
        portable.renumber(there, wanted)
    return done


def make_ready(target: Store, wanted: list[portable.Shape], *, revision: str = "head") -> None:
    """Gives an empty database its tables. Raises Conflict when it holds something, Unavailable when it is older."""
    present = present_revision(target)
    with target.engine.connect() as connection:
        if not portable.is_empty(connection, wanted):
            raise Conflict("store.not_empty", f"{target.address} holds something already; nothing was changed.")
    if present is None:
        migrate(target, revision)
    if revision == "head":
        must_be_migrated(target)


def _told(progress: Progress, name: str) -> Callable[[int], None]:
    return lambda rows: progress(name, rows)

"""A stretch of some weeks, multiplied by the database itself: the same closed cases again, some weeks later each time.

To copy a million cases through Python takes half an hour, most of it for what does not change. A lap shifts ids by what
the stretch takes of each table, and instants by whole weeks, so that a Monday stays a Monday; only the number and the
marks of the search index are made anew for each case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Table

from bench.filling import Filling
from engine.demo import copying
from engine.search import marks_of, words_of

SIZES = ("task", "deadline", "instance", "case", "visit", "party", "extension", "card", "mediation_referral")
"""The largest first."""
LATER = {
    "postgresql": """"{column}" + {days} * interval '24 hours'""",
    "sqlite": """date(substr("{column}", 1, 10), '{days} days') || substr("{column}", 11)""",
}
REFERENCES = {"case_id": "case", "instance_id": "instance", "deadline_id": "deadline"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a case is found by. `own` are marks of other units, `rest` the words that no lap changes."""

    id: int
    ended: bool
    category: str
    received_at: datetime
    filed_at: datetime
    own: tuple[str, ...]
    rest: str | None
    """As the database takes them; None for what is not in the index."""

    @property
    def number(self) -> str:
        return f"LHQ-{self.received_at:%Y%m%d}-{self.id:07d}"

    def words(self) -> Iterator[str]:
        yield from self.own
        yield from marks_of(self)
        yield from words_of(self.number)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cases with consecutive ids, and the last ids before and after them."""

    before: copying.Ids
    after: copying.Ids
    cases: list[Told]

    def length(self, table: str) -> int:
        return self.after.last[table] - self.before.last[table]


def multiply(filling: Filling, stretch: Stretch, ids: copying.Ids, *, laps: int, weeks: int) -> Iterator[str]:
    """Copies the stretch `laps` times behind itself; `ids` goes on behind the last. Tells what it has done."""
    _name(filling, stretch, laps, weeks)
    yield f"{laps * len(stretch.cases)} cases named"
    tables = {table.name: table for table in copying.TABLES if stretch.length(table.name)}

    def copy(name: str) -> None:
        for lap in range(1, laps + 1):
            if name == "case_text":
                filling.run(_words(filling, stretch, lap))
            else:
                filling.run(_rows(filling, tables[name], stretch, lap, weeks))

    filling.at_once(copy, ["case_text", *(name for name in SIZES if name in tables)])
    filling.run("DROP TABLE lap_name", "DROP TABLE lap_words")
    for name in tables:
        ids.last[name] = stretch.after.last[name] + laps * stretch.length(name)
    yield f"{laps} laps of {len(stretch.cases)} cases"


def placed(words: Iterable[str], first: int) -> str:
    """Words as PostgreSQL writes a `tsvector`, `first` being the position of the first one."""
    at: dict[str, list[int]] = {}
    for position, word in enumerate(words, start=first):
        at.setdefault(word, []).append(position)
    return " ".join(f"'{word}':{','.join(map(str, where))}" for word, where in at.items())


def _name(filling: Filling, stretch: Stretch, laps: int, weeks: int) -> None:
    vector = "tsvector" if filling.postgres else "text"
    filling.run(
        f"CREATE TABLE lap_name (case_id integer PRIMARY KEY, number text, words {vector})",
        f"CREATE TABLE lap_words (case_id integer PRIMARY KEY, words {vector})",
    )
    rest = [(case.id, case.rest) for case in stretch.cases if case.rest is not None]
    filling.write("lap_words", ("case_id", "words"), rest)
    for lap in range(1, laps + 1):
        shift, later = lap * stretch.length("case"), timedelta(weeks=lap * weeks)
        moved = (
            replace(case, id=case.id + shift, received_at=case.received_at + later, filed_at=case.filed_at + later)
            for case in stretch.cases
        )
        rows = [(case.id, case.number, _written(filling, case.words())) for case in moved]
        filling.write("lap_name", ("case_id", "number", "words"), rows)


def _written(filling: Filling, words: Iterable[str]) -> str:
    return placed(words, 1) if filling.postgres else " ".join(words)


def _words(filling: Filling, stretch: Stretch, lap: int) -> str:
    joined = "n.words || w.words" if filling.postgres else "n.words || ' ' || w.words"
    return (
        f"INSERT INTO case_text (case_id, words) SELECT n.case_id, {joined} FROM lap_words w"
        f" JOIN lap_name n ON n.case_id = w.case_id + {lap * stretch.length('case')} ORDER BY n.case_id"
    )


def _rows(filling: Filling, table: Table, stretch: Stretch, lap: int, weeks: int) -> str:
    name, days = table.name, lap * weeks * 7

    def value(column: str) -> str:
        if column == "id" or column in REFERENCES:
            return f'"{column}" + {lap * stretch.length(REFERENCES.get(column, name))}'
        if column in copying.INSTANTS[name]:
            return LATER[filling.store.dialect].format(column=column, days=days)
        if (name, column) == ("case", "number"):
            return f'(SELECT n.number FROM lap_name n WHERE n.case_id = "case"."id" + {lap * stretch.length("case")})'
        return f'"{column}"'

    quoted = ", ".join(f'"{column}"' for column in copying.NAMES[name])
    return (
        f'INSERT INTO "{name}" ({quoted}) SELECT {", ".join(map(value, copying.NAMES[name]))} FROM "{name}"'
        f' WHERE "id" > {stretch.before.last[name]} AND "id" <= {stretch.after.last[name]} ORDER BY "id"'
    )

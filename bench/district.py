"""A district as large as one day it may be: 50,000 open and 1,000,000 closed cases on the real tree with its people.

    python -m bench.district --database sqlite:////tmp/big.sqlite --open 20000 --closed 80000
    python -m bench.district --folder /tmp/big --open 50000 --closed 1000000      (PostgreSQL, kept in the folder)

Some hundred cases are lived through by the simulation on the real engine; all others are copied from them as rows
(`cloning.py`), the open ones so that they can be worked on and `maplebridge verify` finds nothing to say.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Index, func, select, text

from bench import cloning, databases, ground
from bench.cloning import Elsewhere, Ids, Pattern, Words
from engine.clock import ManualClock
from engine.main import build
from engine.people import Membership
from engine.search import CaseText, mark, marks_of, words_of
from engine.simulate import Crew, Loop, Places, arrivals, places_of, start_district
from engine.store import Store, migrate, open_store, table_of
from engine.territory import Unit, ancestors

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
"""11:00 in Shenzhen on an ordinary Monday: the present of the large district."""
LIVED_DAYS = 45
LIVED = 700
RISING = 8.0
TEXTS = 20_000
YEARS = 5
BATCH = 20_000
PLACE_AT, BODY_AT = 64, 192
"""The words of a place stand behind those of one case, and those of a text behind them."""


def build_district(
    url: str, *, open_cases: int, closed_cases: int, with_past: bool = False, seed: int = 1, say: Any = print
) -> None:
    """Fills an empty database. The simulated cases count among the open and closed ones.

    `with_past`: the closed ones have their whole history, so that `maplebridge verify` passes over them too.
    """
    ground.import_tables()
    store = open_store(url, durable=False)
    begun = time.perf_counter()

    def told(what: str) -> None:
        say(f"{time.perf_counter() - begun:6.1f} s  {what}")

    try:
        migrate(store)
        _live(store, url, seed)
        told("a small district has lived for a while")
        factory = _Factory(store, url, seed)
        told(f"{len(factory.open)} open and {len(factory.closed)} closed patterns, {TEXTS} texts")
        with _without_indexes(store):
            counts = _write(store, factory, open_cases, closed_cases, with_past, told)
            told(f"{counts} rows written")
        told("indexes built")
        _finish(store)
        told("statistics gathered")
    finally:
        store.dispose()


def _live(store: Store, url: str, seed: int) -> None:
    config = ground.config_for(url)
    start = NOW - timedelta(days=LIVED_DAYS - 1)
    day = start.astimezone(config.tz).date()
    clock = ManualClock(start.astimezone(config.tz).replace(hour=0, minute=0).astimezone(UTC))
    start_district(store, config, now=clock.now())
    application = build(config, clock=clock, store=store)
    with store.reading() as session:
        release = application.world.releases.current(session)
        crew, places = Crew(session), places_of(session, application, seed)
    coming = arrivals(
        places, application.world.calendar, start=day, days=LIVED_DAYS, cases=LIVED, seed=seed, until=NOW, rising=RISING
    )
    Loop(application, clock, coming, crew, release, until=NOW).run()


@dataclass(frozen=True, slots=True)
class Marked:
    """What the marks of a case are made from."""

    id: int
    ended: bool
    category: str
    received_at: datetime


class _Factory:
    """Patterns, texts and places, and copies made of them."""

    def __init__(self, store: Store, url: str, seed: int) -> None:
        self.chance = random.Random(f"district:{seed}")
        self.dialect = store.dialect
        config = ground.config_for(url)
        application = build(config, clock=ManualClock(NOW), store=store)
        with store.reading() as session:
            patterns = cloning.read_patterns(session)
            units = [(row.id, row.tier) for row in session.execute(select(Unit.id, Unit.tier).order_by(Unit.id))]
            self.places: Places = places_of(session, application, seed)
            self.leads = dict(
                session.execute(
                    select(Membership.unit_id, func.min(Membership.person_id))
                    .where(Membership.role == "lead")
                    .group_by(Membership.unit_id)
                ).all()
            )
            self.stands: dict[int, str] = {person: unit for unit, person in self.leads.items()}
            named = {u.id: words_of(u.name_zh) + words_of(u.name_en) for u in session.scalars(select(Unit))}
            self.ids = Ids(
                {t.name: session.scalar(select(func.max(t.c.id))) or 0 for t in (*cloning.TABLES, cloning.PAST[1])}
            )
        usable = [pattern for pattern in patterns if cloning.may_be_copied(pattern)]
        self.open = [pattern for pattern in usable if pattern.case["closed_at"] is None]
        self.closed = [pattern for pattern in usable if pattern.case["state"] == "closed"]
        self.elsewhere = Elsewhere(units, 3, self.chance)
        self.place_words = {
            unit: self._words(
                [*(mark("", each) for each in ancestors(unit)), *(w for each in ancestors(unit) for w in named[each])],
                PLACE_AT,
            )
            for unit, _ in units
        }
        drawn = arrivals(
            self.places, application.world.calendar, start=NOW.date() - timedelta(days=365), days=365, cases=TEXTS,
            seed=seed + 1,
        )  # fmt: skip
        self.texts = [self._text(each.filing) for each in drawn]

    def _text(self, filing: Any) -> tuple[Words, str]:
        parties = [(party.role, party.name, party.type, party.phone) for party in filing.parties]
        words = Words(filing.title, filing.description, filing.demand, filing.category, parties)
        tokens = [
            word
            for text in (filing.title, filing.description, filing.demand or "", *(name for _, name, _, _ in parties))
            for word in words_of(text)
        ]
        return words, self._words(tokens, BODY_AT)

    def _words(self, tokens: list[str], first: int) -> str:
        """Words as the database takes them, `first` being the position of the first one."""
        return " ".join(tokens) if self.dialect == "sqlite" else _placed(tokens, first)

    def make(self, pattern: Pattern, *, target: datetime | None, with_past: bool) -> Iterator[tuple[str, list[Any]]]:
        depth = pattern.case["place_id"].count(".") + 1
        while True:
            place = self.places.grid(self.chance)
            if depth > place.count(".") + 1:
                place = self.places.within(place, self.chance)
            place = ".".join(place.split(".")[:depth])
            units = self.elsewhere.mapping(pattern, place)
            if units is not None:
                break
        words, body = self.texts[self.chance.randrange(len(self.texts))]
        later = timedelta() if target is None else cloning.shifted(pattern.case["received_at"], target)
        received = pattern.case["received_at"] + later
        case_id = self.ids.last["case"] + 1
        number = f"LHQ-{received:%Y%m%d}-{case_id:07d}"

        def person(old: int) -> int:
            return self.leads.get(units.get(self.stands.get(old, ""), ""), old)

        yield from cloning.copy(
            pattern, self.ids, units=units, people=person, words=words, number=number, later=later,
            with_past=with_past,
        )  # fmt: skip
        if not pattern.case["confidential"]:
            line = ancestors(place)
            outside = {units.get(each, each) for each in pattern.shown_to}.difference(line)
            case = Marked(case_id, pattern.case["closed_at"] is not None, words.category, received)
            own = self._words([*(mark("", unit) for unit in outside), *marks_of(case), *words_of(number)], 1)
            yield "case_text", [case_id, f"{own} {self.place_words[place]} {body}"]


def _placed(tokens: list[str], first: int) -> str:
    at: dict[str, list[int]] = {}
    for position, token in enumerate(tokens, start=first):
        at.setdefault(token, []).append(position)
    return " ".join(f"'{token}':{','.join(map(str, where))}" for token, where in at.items())


def _write(
    store: Store, factory: _Factory, open_cases: int, closed_cases: int, with_past: bool, told: Any
) -> dict[str, int]:
    counts: dict[str, int] = {}
    wanted = _wanted(factory, open_cases, closed_cases)
    writer = Writer(store)
    done = 0
    for chunk in _chunks(wanted, BATCH):
        rows: dict[str, list[list[Any]]] = {}
        for pattern, target in chunk:
            for name, row in factory.make(pattern, target=target, with_past=with_past or target is None):
                rows.setdefault(name, []).append(row)
        for name, made in rows.items():
            writer.write(name, made)
            counts[name] = counts.get(name, 0) + len(made)
        done += len(chunk)
        if done % (5 * BATCH) == 0:
            told(f"{done} cases")
    writer.end()
    return counts


def _wanted(factory: _Factory, open_cases: int, closed_cases: int) -> Iterator[tuple[Pattern, datetime | None]]:
    """Closed ones from years ago up to now, then the open ones."""
    span = timedelta(days=365 * YEARS - LIVED_DAYS)
    for number in range(max(0, closed_cases - len(factory.closed))):
        yield factory.chance.choice(factory.closed), NOW - span * (1 - number / max(1, closed_cases))
    for _ in range(max(0, open_cases - len(factory.open))):
        yield factory.chance.choice(factory.open), None


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class Writer:
    """Rows by COPY on PostgreSQL, by the plain driver on SQLite. Foreign keys are not looked up: the rows are whole."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(self, name: str, rows: list[list[Any]]) -> None:
        columns = COLUMNS[name]
        quoted = ", ".join(f'"{column}"' for column in columns)
        connection = self.store.engine.raw_connection()
        try:
            if self.store.dialect == "postgresql":
                cursor = connection.cursor()
                cursor.execute("SET session_replication_role = replica")
                cursor.execute("SET statement_timeout = 0")
                with cursor.copy(f'COPY "{name}" ({quoted}) FROM STDIN') as target:
                    for row in rows:
                        target.write_row(row)
                cursor.execute("SET session_replication_role = origin")
                connection.commit()
            else:
                connection.execute("PRAGMA foreign_keys=OFF")
                connection.execute("BEGIN")
                marks = ", ".join("?" * len(columns))
                connection.executemany(f'INSERT INTO "{name}" ({quoted}) VALUES ({marks})', rows)
                connection.commit()
                connection.execute("PRAGMA foreign_keys=ON")
        finally:
            connection.close()

    def end(self) -> None:
        """Lets the next ids follow those that were written."""
        if self.store.dialect == "postgresql":
            with self.store.engine.begin() as connection:
                for name, columns in cloning.NAMES.items():
                    if "id" in columns:
                        sequence = f"pg_get_serial_sequence('\"{name}\"', 'id')"
                        connection.execute(text(f'SELECT setval({sequence}, (SELECT max(id) FROM "{name}"))'))


COLUMNS = {**cloning.NAMES, "case_text": ("case_id", "words")}


@contextmanager
def _without_indexes(store: Store) -> Iterator[None]:
    """Drops what only speeds up reading and builds it again at the end, which is far quicker than row by row."""
    tables = (*cloning.TABLES, *cloning.PAST, table_of(CaseText))
    dropped = [index for table in tables for index in table.indexes if _exists_on(store, index)]
    with store.engine.begin() as connection:
        for index in dropped:
            index.drop(connection)
    yield
    for index in dropped:
        with store.engine.begin() as connection:
            if store.dialect == "postgresql":
                connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            index.create(connection)


def _exists_on(store: Store, index: Index) -> bool:
    return not (store.dialect == "sqlite" and index.table is table_of(CaseText))


def _finish(store: Store) -> None:
    raw = store.engine.raw_connection()
    try:
        if store.dialect == "postgresql":
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.district", description=__doc__.split("\n")[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--database", help="the address of an empty database")
    where.add_argument("--folder", type=Path, help="a folder that keeps a PostgreSQL server's data")
    parser.add_argument("--open", type=int, default=50_000, dest="open_cases")
    parser.add_argument("--closed", type=int, default=1_000_000, dest="closed_cases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--past", action="store_true", help="closed cases with their whole history")
    asked = parser.parse_args()
    with databases.kept(asked.folder) if asked.folder else databases.fresh(asked.database) as url:
        build_district(
            url,
            open_cases=asked.open_cases,
            closed_cases=asked.closed_cases,
            with_past=asked.past,
            seed=asked.seed,
        )


if __name__ == "__main__":
    main()

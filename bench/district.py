"""A district as large as one day it may be: 50,000 open and 1,000,000 closed cases on the real tree with its people.

    python -m bench.district --database sqlite:////tmp/big.sqlite --open 20000 --closed 80000
    python -m bench.district --folder /tmp/big --open 50000 --closed 1000000      (PostgreSQL, kept in the folder)

Some hundred cases are lived through by the simulation on the real engine; all others are copied from them as rows
(`copying.py`), the open ones so that they can be worked on and `maplebridge verify` finds nothing to say. Of the closed
ones five weeks are copied so, and the other five years multiplied from these by the database (`laps.py`).
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench import databases, ground
from bench.filling import Filling, gather_statistics, without_indexes
from bench.laps import Stretch, Told, multiply, placed
from engine.clock import ManualClock
from engine.demo import copying
from engine.main import build
from engine.people import Membership
from engine.search import mark, words_of
from engine.simulate import Crew, Loop, Places, arrivals, places_of, start_district
from engine.store import Store, migrate, open_store
from engine.territory import Unit, ancestors

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
"""11:00 in Shenzhen on an ordinary Monday: the present of the large district."""
LIVED_DAYS = 45
LIVED = 700
RISING = 8.0
TEXTS = 20_000
WEEKS, LAPS = 5, 52
"""Five years are so many stretches of so many weeks."""
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
        filling = Filling(store)
        with without_indexes(filling):
            for done in _write(filling, factory, open_cases, closed_cases, with_past):
                told(done)
        told("indexes built")
        gather_statistics(filling)
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


class _Factory:
    """Patterns, texts and places, and copies made of them."""

    def __init__(self, store: Store, url: str, seed: int) -> None:
        self.chance = random.Random(f"district:{seed}")
        self.dialect = store.dialect
        config = ground.config_for(url)
        application = build(config, clock=ManualClock(NOW), store=store)
        with store.reading() as session:
            patterns = copying.read_patterns(session)
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
            self.ids = copying.Ids(
                {t.name: session.scalar(select(func.max(t.c.id))) or 0 for t in (*copying.TABLES, copying.PAST[1])}
            )
        usable = [pattern for pattern in patterns if copying.may_be_copied(pattern)]
        self.open = [pattern for pattern in usable if pattern.case["closed_at"] is None]
        self.closed = [pattern for pattern in usable if pattern.case["state"] == "closed"]
        self.elsewhere = copying.Elsewhere(units, 3, self.chance)
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

    def _text(self, filing: Any) -> tuple[copying.Words, str]:
        parties = [(party.role, party.name, party.type, party.phone) for party in filing.parties]
        words = copying.Words(filing.title, filing.description, filing.demand, filing.category, parties)
        tokens = [
            word
            for text in (filing.title, filing.description, filing.demand or "", *(name for _, name, _, _ in parties))
            for word in words_of(text)
        ]
        return words, self._words(tokens, BODY_AT)

    def _words(self, tokens: list[str], first: int) -> str:
        """Words as the database takes them, `first` being the position of the first one."""
        return " ".join(tokens) if self.dialect == "sqlite" else placed(tokens, first)

    def make(
        self, pattern: copying.Pattern, *, target: datetime | None, with_past: bool, until: datetime = NOW
    ) -> tuple[Told, Iterator[tuple[str, list[Any]]]]:
        """A copy and its rows, received near `target` and closed before `until`; of None: when the pattern was."""
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
        later = timedelta() if target is None else copying.shifted(pattern.case["received_at"], target)
        while target is not None and pattern.case["closed_at"] + later >= until:
            later -= timedelta(weeks=1)
        outside = {units.get(each, each) for each in pattern.shown_to}.difference(ancestors(place))
        told = Told(
            self.ids.last["case"] + 1,
            pattern.case["closed_at"] is not None,
            words.category,
            pattern.case["received_at"] + later,
            pattern.case["filed_at"] + later,
            tuple(mark("", unit) for unit in sorted(outside)),
            None if pattern.case["confidential"] else f"{self.place_words[place]} {body}",
        )

        def person(old: int) -> int:
            return self.leads.get(units.get(self.stands.get(old, ""), ""), old)

        rows = copying.copy(
            pattern, self.ids, units=units, people=person, words=words, number=told.number, later=later,
            with_past=with_past,
        )  # fmt: skip
        return told, self._with_words(told, rows)

    def _with_words(self, told: Told, rows: Iterator[tuple[str, list[Any]]]) -> Iterator[tuple[str, list[Any]]]:
        yield from rows
        if told.rest is not None:
            yield "case_text", [told.id, f"{self._words(list(told.words()), 1)} {told.rest}"]


Wanted = tuple[copying.Pattern, datetime | None]


def _write(filling: Filling, factory: _Factory, open_cases: int, closed_cases: int, with_past: bool) -> Iterator[str]:
    """Closed ones from years ago up to now, then the open ones. Tells what it has done."""
    more = max(0, closed_cases - len(factory.closed))
    each, singly = (0, more) if with_past else divmod(more, LAPS)
    begun = NOW - timedelta(weeks=WEEKS * LAPS)
    ends = NOW if with_past else begun + timedelta(weeks=WEEKS)
    yield f"{_put(filling, factory, _closed(factory, singly, begun, ends), ends, with_past)} closed ones written"
    if each:
        before = copying.Ids(dict(factory.ids.last))
        cases: list[Told] = []
        _put(filling, factory, _closed(factory, each, begun, ends), ends, False, cases)
        stretch = Stretch(before, copying.Ids(dict(factory.ids.last)), cases)
        yield from multiply(filling, stretch, factory.ids, laps=LAPS - 1, weeks=WEEKS)
    wanted = ((factory.chance.choice(factory.open), None) for _ in range(max(0, open_cases - len(factory.open))))
    yield f"{_put(filling, factory, wanted, NOW, True)} open ones written"
    filling.end()


def _closed(factory: _Factory, many: int, begun: datetime, ends: datetime) -> Iterator[Wanted]:
    for number in range(many):
        yield factory.chance.choice(factory.closed), begun + (ends - begun) * (number / many)


def _put(
    filling: Filling,
    factory: _Factory,
    wanted: Iterable[Wanted],
    until: datetime,
    with_past: bool,
    cases: list[Told] | None = None,
) -> int:
    """Gives how many; `cases` gets them all."""
    done = 0
    for chunk in _chunks(wanted, BATCH):
        rows: dict[str, list[list[Any]]] = {}
        for pattern, target in chunk:
            told, made = factory.make(pattern, target=target, with_past=with_past, until=until)
            for name, row in made:
                rows.setdefault(name, []).append(row)
            if cases is not None:
                cases.append(told)
        for name, made_rows in rows.items():
            filling.write(name, COLUMNS[name], made_rows)
        done += len(chunk)
    return done


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


COLUMNS = {**copying.NAMES, "case_text": ("case_id", "words")}


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
    with databases.kept(asked.folder, *databases.FILLING) if asked.folder else databases.fresh(asked.database) as url:
        build_district(
            url,
            open_cases=asked.open_cases,
            closed_cases=asked.closed_cases,
            with_past=asked.past,
            seed=asked.seed,
        )


if __name__ == "__main__":
    main()

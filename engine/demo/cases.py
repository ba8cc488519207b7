"""The cases of a demonstration: six weeks of a district's life up to this moment, lived by the simulation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from engine import figures, notify
from engine.cases import Case
from engine.clock import ManualClock
from engine.demo.brought_in import bring_in
from engine.demo.connected import open_hotline
from engine.demo.followed import be_followed
from engine.demo.letters import write_letters
from engine.demo.looked_back import look_back
from engine.demo.mediated import mediate
from engine.demo.met import meet
from engine.demo.rounds import go_rounds
from engine.demo.stood_for import stand_for
from engine.demo.told import tell_people
from engine.errors import Conflict
from engine.intake import Filing, PartyIn
from engine.main import Application, build
from engine.people import Person, demo_people
from engine.simulate import Arrival, Crew, Loop, Places, Progress, arrivals, places_of, start_district
from engine.store import Store, open_store
from engine.strict_yaml import read_yaml
from engine.territory import Tiers, Unit

MATTERS = Path(__file__).parent / "matters.yaml"
SEED = 20240813
DAYS = 42
CASES = 360
RISING = 12.0
"""How much busier the last day is than the first, so that much is still open."""

ON_THE_LINE = 0.34
"""So many matters happen where the demo people work."""
LINE_SETTLES = (16, 26, 18, 18, 16, 6)
"""There, matters are settled at every tier, so that every one of them has something to do."""
LINE_JOINS = 0.3


def seed_demo(application: Application, progress: Progress | None = None) -> bool:
    """Fills an empty, migrated database with the demonstration's district; gives False when it is there already.

    Takes place before a scheduler runs. Raises Conflict `demo.foreign_data` for a database with anything else in it.
    Broken off, it is gone on with where the district stands already but no case.
    """
    store, now = application.store, application.clock.now()
    with store.reading() as session:
        is_ours = session.scalars(select(Person.id).where(Person.offered_in_demo).limit(1)).first() is not None
        has_cases = session.scalars(select(Case.id).limit(1)).first() is not None
        is_empty = session.scalars(select(Unit.id).limit(1)).first() is None and not has_cases
        has_people = session.scalars(select(Person.id).limit(1)).first() is not None
    if not is_ours and (not is_empty or has_people):
        raise Conflict(
            "demo.foreign_data", "This database holds data that are no demonstration; name an empty one for the demo."
        )
    if has_cases:
        return False
    if not is_ours:
        start_district(store, application.config, now=now - timedelta(days=DAYS))
    quick = _quick_store(application)
    try:
        _live(application, quick, now, progress)
        lived = build(application.config, clock=application.clock, store=quick)
        look_back(lived, now=now)
        go_rounds(lived, now=now)
        meet(lived, now=now)
        mediate(lived, now=now)
        stand_for(lived, now=now)
        write_letters(lived, now=now)
        be_followed(lived, now=now)
        open_hotline(lived, now=now)
        bring_in(lived, now=now)
        with quick.transaction() as session:
            lived.connect(session, now=now)
        tell_people(lived, now=now)
        _ask_for_report(lived, now)
        with quick.transaction() as session:  # nobody comes to work with six weeks of news
            offered = [person.id for person, _ in demo_people(session)]
            notify.mark_older_read(session, offered, before=now - timedelta(days=1))
    finally:
        if quick is not store:
            quick.dispose()
    application.world.forget_people()
    return True


def _ask_for_report(application: Application, now: datetime) -> None:
    """The last month's report of the district, which the server makes as soon as it runs."""
    last = now.astimezone(application.config.tz).date().replace(day=1) - timedelta(days=1)
    with application.store.transaction() as session:
        top = session.scalars(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1)).one()
        figures.ask_report(session, figures.Wanted(top, last.replace(day=1), last, now), viewer=None, now=now)


def _quick_store(application: Application) -> Store:
    """The same database without a flush to disk for each of some thousand acts; in memory only, the store itself."""
    engine = application.store.engine
    if application.store.dialect == "sqlite" and engine.url.database in (None, "", ":memory:"):
        return application.store
    return open_store(engine.url.render_as_string(hide_password=False), durable=False)


def _live(application: Application, store: Store, now: datetime, progress: Progress | None) -> None:
    tz = application.config.tz
    start = now.astimezone(tz).date() - timedelta(days=DAYS - 1)
    clock = ManualClock(datetime.combine(start, time(), tz))
    lived = build(application.config, clock=clock, store=store)
    with store.reading() as session:
        release = lived.world.releases.current(session)
        crew = Crew(session)
        places = places_of(session, lived, SEED)
        line = _line(session, lived.world.tiers)
    drawn = arrivals(
        places, lived.world.calendar, start=start, days=DAYS, cases=CASES, seed=SEED, until=now, rising=RISING
    )
    told = list(_told(line, now, lived))
    coming = sorted([*_on_the_line(drawn, line, places), *told], key=lambda each: each.filing.received_at)
    Loop(lived, clock, iter(coming), crew, release, until=now, progress=progress, keeps_days=True).run()


def _line(session: Any, tiers: Tiers) -> dict[str, str]:
    """The units of the demo people by tier: one below the other, so that they see the same cases."""
    found: dict[str, str] = {}
    for _, membership in demo_people(session):
        found.setdefault(tiers.tier_of(membership.unit_id), membership.unit_id)
    return found


def _on_the_line(drawn: Iterator[Arrival], line: dict[str, str], places: Places) -> Iterator[Arrival]:
    """Moves a share of the matters to where the demo people work."""
    chance = Random(f"line:{SEED}")
    tiers = places.tiers.names
    grid, building = line.get(tiers[min(1, len(tiers) - 1)]), line.get(tiers[0])
    for arrival in drawn:
        if grid is None or building is None or chance.random() >= ON_THE_LINE:
            yield arrival
            continue
        settles = chance.choices(range(len(LINE_SETTLES)), LINE_SETTLES)[0]
        strokes = {"joins": chance.random() < LINE_JOINS}
        in_building = settles == 0 or chance.random() < 0.25
        place = building if in_building and chance.random() < 0.75 else places.within(grid, chance)
        filing = replace(arrival.filing, place_id=place if in_building else grid)
        yield replace(arrival, filing=filing, settles=min(settles, len(tiers) - 1), strokes=strokes)


def _told(line: dict[str, str], now: datetime, application: Application) -> Iterator[Arrival]:
    """The matters of `matters.yaml`; those that would lie in the future are left out."""
    tz = application.config.tz
    for number, raw in enumerate(read_yaml(MATTERS.read_text(encoding="utf-8"), MATTERS.name).value):
        day = now.astimezone(tz).date() - timedelta(days=raw["days_ago"])
        received_at = datetime.combine(day, time.fromisoformat(raw["at"]), tz)
        place = line.get(raw["place"])
        if place is None or received_at > now:
            continue
        filing = Filing(
            channel=raw["channel"],
            kind=raw["kind"],
            category=raw["category"],
            title=raw["title"],
            description=raw["description"],
            demand=raw["demand"],
            place_id=place,
            received_at=received_at,
            facts=raw["facts"],
            parties=tuple(PartyIn(role, name, type=kind) for role, name, kind in raw["parties"]),
        )
        yield Arrival(filing, raw["settles"], Random(f"told:{number}"), raw.get("strokes", {}))

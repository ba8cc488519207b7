"""A simulation from an empty database to its figures."""

from __future__ import annotations

import gc
import tempfile
import time as stopwatch
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

import engine
from engine import deploy
from engine.cases import Case
from engine.clock import ManualClock
from engine.config import Config
from engine.errors import Invalid
from engine.main import Application, build
from engine.people import Person
from engine.simulate.arrivals import Places, arrivals
from engine.simulate.backlog import Backlog
from engine.simulate.crew import Crew
from engine.simulate.figures import Figures, figures_of
from engine.simulate.loop import Loop, Progress
from engine.simulate.organisation import seed_organisation
from engine.store import Store, migrate, open_store
from engine.territory import OFFICE, Unit

PROCESSES = Path(engine.__file__).parents[1] / "bpmn"
START = date(2025, 1, 6)
"""A Monday in a year whose working days are loaded, and the year after it too."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a simulated district went through. `wall_s` and `cpu_s` are all that differs between equal runs."""

    figures: Figures
    steps: int
    """Transactions that changed a case."""
    failed: int
    """Firings that were put off because they raised; 0 unless something is broken."""
    seed: int
    start: str
    virtual_days: int
    release: str
    """The fingerprint of the processes that ran."""
    wall_s: float
    cpu_s: float

    def as_json(self) -> dict[str, Any]:
        document = asdict(self)
        return {**document.pop("figures"), **document}


def run(
    *,
    days: int,
    cases: int,
    seed: int,
    database_url: str | None = None,
    config: Config | None = None,
    progress: Progress | None = None,
    start: date = START,
    processes: Path = PROCESSES,
) -> Result:
    """Runs a district for so many virtual days. Nothing is mocked and nothing waits.

    Without `database_url` everything happens in a temporary SQLite file. A named database must be empty and is kept.
    Equal arguments give equal histories on every database. Raises Invalid `simulate.not_empty`.
    """
    config = config or Config()
    if database_url is not None:
        return _run(database_url, config, days, cases, seed, progress, start, processes)
    with tempfile.TemporaryDirectory(prefix="maplebridge-") as folder:
        url = f"sqlite:///{Path(folder) / 'simulation.db'}"
        return _run(url, config, days, cases, seed, progress, start, processes)


def _run(
    url: str,
    config: Config,
    days: int,
    cases: int,
    seed: int,
    progress: Progress | None,
    start: date,
    processes: Path,
) -> Result:
    wall, cpu = stopwatch.perf_counter(), stopwatch.process_time()
    config = config.model_copy(update={"database": config.database.model_copy(update={"url": url})})
    store = open_store(url, durable=False)
    try:
        must_be_empty(store)
        migrate(store)
        midnight = datetime.combine(start, time(), config.tz).astimezone(UTC)
        clock = ManualClock(midnight)
        start_district(store, config, now=midnight, processes=processes)
        application = build(config, clock=clock, store=store)
        application.scheduler.post = None  # nobody reads the notices of a district that nobody lives in
        with store.reading() as session:
            release = application.world.releases.current(session)
            crew = Crew(session)
            places = places_of(session, application, seed)
        loop = Loop(
            application,
            clock,
            arrivals(places, application.world.calendar, start=start, days=days, cases=cases, seed=seed),
            crew,
            release,
            until=midnight + timedelta(days=days),
            progress=progress,
            backlog=Backlog(crew, Random(f"{seed}.backlog")),
        )
        gc.freeze()  # what is loaded by now lasts as long as the run; to look through it again and again takes 4 %
        try:
            loop.run()
        finally:
            gc.unfreeze()
        with store.reading() as session:
            figures = figures_of(session)
    finally:
        store.dispose()
    return Result(
        figures=figures,
        steps=loop.steps,
        failed=loop.counts["failed"],
        seed=seed,
        start=start.isoformat(),
        virtual_days=days,
        release=deploy.fingerprint(release.files),
        wall_s=round(stopwatch.perf_counter() - wall, 3),
        cpu_s=round(stopwatch.process_time() - cpu, 3),
    )


def must_be_empty(store: Store) -> None:
    """Raises Invalid `simulate.not_empty` when anybody's data are in the database."""
    tables = set(inspect(store.engine).get_table_names())
    with store.reading() as session:
        for model in (Case, Unit, Person, deploy.Release):
            if model.__tablename__ in tables and session.scalar(select(1).select_from(model).limit(1)):
                raise Invalid(
                    "simulate.not_empty",
                    f"The database already holds data (table {model.__tablename__}); "
                    "a simulation runs in an empty one and never overwrites.",
                    table=model.__tablename__,
                )


def start_district(store: Store, config: Config, *, now: datetime, processes: Path = PROCESSES) -> None:
    """Writes units, people and the first release into an empty, migrated database, all or nothing."""
    with store.transaction() as session:
        seed_organisation(session, tiers=[tier.id for tier in config.tiers])
        deploy.store_release(
            session, deploy.read_folder(processes), reason="首个版本 / First release", actor_id=None, now=now
        )


def places_of(session: Session, application: Application, seed: int) -> Places:
    places = session.execute(select(Unit.id, Unit.tier).where(Unit.tier != OFFICE))
    units = [(unit_id, tier) for unit_id, tier in places]
    return Places(units, application.world.tiers, seed)

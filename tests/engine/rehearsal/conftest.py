"""A district that has lived for ten weeks: its closed cases are what is rehearsed. Only read, and made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import deploy, simulate
from engine.config import Config
from engine.main import read_calendar
from engine.process import World
from engine.rehearsal import Habits, Learner, Past, Rehearsed, Rehearsing, Sample, ids_of, read
from engine.store import Store, open_store

ALL = Sample(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC), "LHQ")


@dataclass(frozen=True)
class Lived:
    store: Store
    world: World
    release: deploy.LoadedRelease
    pasts: list[Past]
    habits: Habits

    def draft(self, *changes: tuple[str, str, str]) -> deploy.LoadedRelease:
        """The release with texts replaced: (path, old, new)."""
        files = dict(self.release.files)
        for path, old, new in changes:
            assert old.encode() in files[path], f"{path} does not say {old}"
            files[path] = files[path].replace(old.encode(), new.encode())
        return deploy.load(0, files)

    def rehearse(self, draft: deploy.LoadedRelease) -> list[Rehearsed]:
        rehearsing = Rehearsing(self.world, draft, self.habits)
        return [
            rehearsing.compare(number, past, self.release, traced=False).rehearsed
            for number, past in enumerate(self.pasts, 1)
        ]


@pytest.fixture(scope="session")
def district_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its database, for a test that copies it."""
    path = tmp_path_factory.mktemp("lived") / "district.sqlite"
    simulate.run(days=70, cases=110, seed=5, database_url=f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def lived(district_file: Path) -> Iterator[Lived]:
    store, config = open_store(f"sqlite:///{district_file}"), Config()
    with store.reading() as session:
        world = World(config, read_calendar(session, config))
        pasts = read(session, world, ids_of(session, ALL))
        release = world.releases.current(session)
    learner = Learner(world.calendar)
    learner.take(pasts)
    yield Lived(store, world, release, pasts, learner.habits())
    store.dispose()

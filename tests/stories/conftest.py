"""A whole district for each story, on SQLite and on PostgreSQL, copied from a template that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.config import load_config
from engine.main import build
from engine.simulate.organisation import seed_organisation
from engine.store import open_store
from tests import postgres
from tests.conftest import import_tables
from tests.stories.district import District, at


@pytest.fixture(scope="session")
def _sqlite_district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("district") / "district.sqlite"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgres_district(postgres_server: postgres.Server) -> Iterator[str]:
    with postgres_server.database() as url:
        _prepare(url)
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def district_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        fresh = tmp_path / "district.sqlite"
        shutil.copyfile(request.getfixturevalue("_sqlite_district"), fresh)
        yield f"sqlite:///{fresh}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database(template=request.getfixturevalue("_postgres_district")) as url:
        yield url


@pytest.fixture
def district(district_url: str) -> Iterator[Callable[[str], District]]:
    """Opens the district at an instant: `district("2024-09-27 16:00")`."""
    opened: list[District] = []

    def begin(text: str) -> District:
        made = _open(district_url, at(text))
        opened.append(made)
        return made

    yield begin
    for each in opened:
        each.store.dispose()


def _open(url: str, now: datetime) -> District:
    clock = ManualClock(now)
    found = District(build(load_config(None, {}), clock=clock, store=open_store(url, durable=False)), clock)
    found.publish()
    return found


def _prepare(url: str) -> None:
    import_tables()
    store = open_store(url, durable=False)
    try:
        store.create_all()
        with store.transaction() as session:
            seed_organisation(session, tiers=())
    finally:
        store.dispose()

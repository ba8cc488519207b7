"""A small district with its pages, on a database of its own for every test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import webhooks
from engine import deploy, people
from engine.clock import ManualClock
from engine.process import World
from engine.store import open_store
from engine.web import create_app
from engine.web.context import KEY, Edge
from tests.conftest import import_tables
from tests.web import district as town
from tests.web.district import District
from tests.web.thumb import Come, Thumb
from tests.web.visitor import Visitor


@pytest.fixture(scope="session")
def _settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, District]:
    """Settled once: hashing passwords and compiling processes take longer than most tests."""
    path = tmp_path_factory.mktemp("district") / "settled.sqlite"
    import_tables()
    store = open_store(f"sqlite:///{path}")
    store.create_all()
    folder = {"MAPLEBRIDGE_DOCUMENTS__FOLDER": str(path.parent / "documents")}
    settled = town.settle(store, now=datetime(2026, 3, 2, 1, 0, tzinfo=UTC), env=folder)
    with store.reading() as session:
        settled.world.releases.current(session)
    store.dispose()
    return path, settled


@pytest.fixture
def district(_settled: tuple[Path, District], tmp_path: Path) -> Iterator[District]:
    with settled_in(tmp_path, _settled) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def read_district(_settled: tuple[Path, District], tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """Like `district`, but one for all tests of a file that ask for it: they change nothing, and see to it."""
    with settled_in(tmp_path_factory.mktemp("read"), _settled) as fresh:
        yield fresh


@contextmanager
def settled_in(folder: Path, settled: tuple[Path, District]) -> Iterator[District]:
    """A copy of the settled district that knows the processes compiled already."""
    path, first = settled
    fresh = folder / "district.sqlite"
    shutil.copyfile(path, fresh)
    store = open_store(f"sqlite:///{fresh}")
    world = World(first.config, first.world.calendar)
    world.releases = deploy.Releases()  # of its own: what one test publishes has the number of what another does
    vars(world.releases)["_loaded"].update(vars(first.world.releases)["_loaded"])
    yield District(store, world, first.config, dict(first.people))
    store.dispose()


@pytest.fixture(scope="session")
def _built(_settled: tuple[Path, District]) -> Iterator[Flask]:
    """Built once: compiling some hundred addresses takes longer than most tests."""
    path, settled = _settled
    store = open_store(f"sqlite:///{path}")
    yield create_app(store, settled.world, ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC)), beyond=webhooks.pages())
    store.dispose()


@pytest.fixture
def app(_built: Flask, district: District, clock: ManualClock) -> Flask:
    return standing_on(_built, district, clock)


def standing_on(built: Flask, district: District, clock: ManualClock) -> Flask:
    """The one application, standing on this test's own database, world and clock."""
    built.extensions[KEY] = Edge(district.store, district.world, clock)
    return built


@pytest.fixture
def visit(app: Flask, district: District) -> Callable[[str | None], Visitor]:
    """A browser of its own for somebody of the district, or for nobody yet."""

    def come(who: str | None) -> Visitor:
        visitor = Visitor(app)
        if who is not None:
            visitor.get("/sign-in")
            answer = visitor.post("/sign-in/demo", {"person": str(district.people[who])})
            assert answer.status_code == 302, answer.text
        return visitor

    return come


@pytest.fixture
def come(
    page: Any,
    serve: Callable[[Any], str],
    app: Flask,
    district: District,
    clock: ManualClock,
    screenshot: Callable[[str], Path],
) -> Come:
    """Somebody of the district at home, or a citizen at the code of a grid."""

    def come_in(who: str | None, language: str) -> Thumb:
        url = serve(app)
        cookies = [{"name": "language", "value": language, "url": url}]
        if who is not None:
            with district.store.transaction() as session:
                secret = people.sign_in(session, district.people[who], now=clock.now(), lasts=timedelta(hours=12))
            cookies.append({"name": "sign-in", "value": secret, "url": url})
        page.context.add_cookies(cookies)
        name = f"{who or 'citizen'}-{language[:2]}"
        thumb = Thumb(page, url, lambda act: screenshot(f"{name}-{act}"))
        thumb.at("/" if who else "/q/LHQ.MZ.01.01.01")
        return thumb

    return come_in

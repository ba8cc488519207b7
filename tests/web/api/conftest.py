"""People of the small district as API clients, each with a token of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from engine.clock import ManualClock
from engine.people import tokens
from engine.scheduler import Scheduler
from engine.store import Store
from tests.web import district as town
from tests.web.api.caller import Caller
from tests.web.conftest import standing_on
from tests.web.district import District

Call = Callable[[str | None], Caller]


@pytest.fixture
def call(app: Flask, district: District, clock: ManualClock) -> Call:
    """A caller for somebody of the district, or for nobody."""
    return callers(app, district, clock)


def callers(app: Flask, district: District, clock: ManualClock) -> Call:
    known: dict[str | None, Caller] = {None: Caller(app, None)}

    def come(who: str | None) -> Caller:
        if who not in known:
            assert who is not None
            with district.store.transaction() as session:
                ends_at = clock.now() + timedelta(days=90)
                token = tokens.issue(session, district.people[who], "test", now=clock.now(), ends_at=ends_at)
            known[who] = Caller(app, token)
        return known[who]

    return come


@pytest.fixture
def scheduler(district: District, clock: ManualClock) -> Scheduler:
    return Scheduler(district.store, district.world, clock, name="test")


@pytest.fixture
def each_district(each_store: Store, _settled: tuple[Path, District], clock: ManualClock) -> District:
    """The small district once on SQLite and once on PostgreSQL."""
    settled = town.settle(each_store, now=clock.now())
    settled.world.releases = _settled[1].world.releases  # compiled once
    return settled


@pytest.fixture
def each_app(_built: Flask, each_district: District, clock: ManualClock) -> Flask:
    return standing_on(_built, each_district, clock)

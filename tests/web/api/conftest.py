"""People of the small district as API clients, each with a token of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage

from engine.clock import ManualClock
from engine.people import tokens
from engine.scheduler import Scheduler
from engine.store import Store
from tests.web import district as town
from tests.web.api.acting import Do
from tests.web.api.caller import Caller, document
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
def do(app: Flask, call: Call) -> Do:
    """Sends the operation of that id as somebody, and gives what came back; `path` fills its address."""
    doc = document(app)
    known = {
        each["operationId"]: (method.upper(), path)
        for path, ways in doc["paths"].items()
        for method, each in ways.items()
    }

    def send(who: str, id: str, body: Any = None, status: int = 200, *, query: str = "", **path: Any) -> Any:
        method, address = known[id]
        files = body if isinstance(body, dict) and isinstance(body.get("file"), FileStorage) else None
        sent = None if files else ({} if body is None and method == "POST" else body)
        answer = call(who).send(method, address.format(**path) + query, sent, files=files)
        assert answer.status_code == status, (id, answer.status_code, answer.text)
        return answer.json

    return send


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

"""The district of the page tests, with three systems that send reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from engine.clock import ManualClock
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web.district import District
from tests.webhooks.inbound.sender import SECRETS, Sender, config_of, documented_sources
from webhooks.inbound import Settler


@pytest.fixture
def connected(
    app: Flask, district: District, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> District:
    """The district with the documented sources and their secrets."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    inbound = config_of(tmp_path, "\n".join(documented_sources())).inbound
    world = World(district.config.model_copy(update={"inbound": inbound}), district.world.calendar)
    world.releases = district.world.releases
    app.extensions[KEY] = Edge(district.store, world, clock)
    return District(district.store, world, world.config, district.people)


@pytest.fixture
def sender(app: Flask, connected: District, clock: ManualClock) -> Sender:
    return Sender(app, clock)


@pytest.fixture
def settle(connected: District, clock: ManualClock) -> Callable[[], int]:
    """The job, run until nothing is left to do."""
    settler = Settler(connected.store, connected.world, clock)

    def run() -> int:
        count = 0
        while settled := settler.once():
            count += settled
        return count

    return run

"""An installation that two civic apps may ask, and an app that asks it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.clock import ManualClock
from engine.config import CivicAppConfig, Open311Config
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web.district import District
from tests.webhooks.open311.civic_app import (
    OURS,
    THEIRS,
    with_config,
)


@pytest.fixture
def world(district: District) -> World:
    apps = (
        CivicAppConfig(id="first", key_env="FIRST_KEY", place="LHQ.MZ"),
        CivicAppConfig(id="second", key_env="SECOND_KEY"),
        CivicAppConfig(id="keyless", key_env="NO_SUCH_KEY"),
    )
    return with_config(district.world, open311=Open311Config(apps=apps, jurisdiction="lhq.example.org"))


@pytest.fixture
def client(
    app: Flask, district: District, world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    monkeypatch.setenv("FIRST_KEY", OURS)
    monkeypatch.setenv("SECOND_KEY", THEIRS)
    app.extensions[KEY] = Edge(district.store, world, clock)
    return app.test_client()

"""What a node says of itself, and what people see, while nothing can be saved or its database is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from engine.clock import ManualClock
from engine.store import open_store
from engine.web.context import KEY
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
NO_ROOM = Path("/proc/documents")
"""Nothing can be written there, whoever asks."""


@pytest.mark.parametrize(
    ("server", "documents", "said"),
    [
        ({}, {}, "ready"),
        ({"least_free_bytes": 2**60}, {}, "store.full"),
        ({}, {"folder": NO_ROOM}, "document.folder"),
        ({"least_free_bytes": 0}, {}, "ready"),
    ],
)
def test_a_node_that_could_save_nothing_says_why(
    visit: Visit, district: District, server: dict[str, Any], documents: dict[str, Any], said: str
) -> None:
    config = district.config
    parts = {"server": config.server.model_copy(update=server)}
    parts |= {"documents": config.documents.model_copy(update=documents)}
    district.world.config = config.model_copy(update=parts)
    answer, health = visit(None).get("/health/ready"), visit(None).get("/healthz").get_json()
    assert (answer.status_code, answer.get_json()) == (200 if said == "ready" else 503, {"status": said})
    assert health["database"] == (said if said == "store.full" else "ok")
    assert health["documents"] == ("ok" if said == "ready" else "document.folder")


def test_a_database_that_is_gone_is_said_by_every_answer(visit: Visit, app: Flask) -> None:
    grid = visit("grid")
    gone = open_store("postgresql+psycopg://nobody@127.0.0.1:1/none")
    app.extensions[KEY] = replace(app.extensions[KEY], store=gone)
    for address in ("/health/ready", "/healthz", "/", "/cases", "/api/v1/tasks"):
        answer = grid.get(address)
        assert answer.status_code == 503, address
        assert "store.gone" in answer.text, address
    assert "无法连接数据库" in words(grid.get("/cases"))


def test_who_reads_goes_on_while_nothing_can_be_written(visit: Visit, district: District, clock: ManualClock) -> None:
    grid = visit("grid")
    grid.get("/me")

    @event.listens_for(district.store._writing, "checkout")
    def only_read(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    clock.advance(timedelta(minutes=10))  # it is time to note again that they were here
    assert grid.get("/cases").status_code == 200
    refused = grid.post("/me/sign-ins/ending")
    assert (refused.status_code, "store.read_only" in refused.text) == (503, True)

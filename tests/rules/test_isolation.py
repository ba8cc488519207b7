"""The ground tests stand on: no network, a database of one's own."""

import socket

import pytest
from sqlalchemy import create_engine, inspect, text

from engine.store import Base
from tests import postgres


@pytest.mark.parametrize("host", ["192.0.2.1", "8.8.8.8", "2001:db8::1", "example.org"])
def test_nothing_leaves_this_machine(host: str) -> None:
    with pytest.raises(RuntimeError, match="network is closed"):
        socket.create_connection((host, 9), timeout=1)


def test_this_machine_may_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_database_of_its_own(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert "mark" not in inspect(connection).get_table_names()
        connection.execute(text("CREATE TABLE mark (turn integer)"))
    engine.dispose()


def test_a_fresh_database_has_every_table(database_url: str) -> None:
    engine = create_engine(database_url)
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_postgres_comes_from_the_test_wheel_where_the_machine_has_none(
    monkeypatch: pytest.MonkeyPatch, empty_postgres_url: str
) -> None:
    """Two servers at once, so that the second one cannot be the first."""
    monkeypatch.delenv("MAPLEBRIDGE_TEST_POSTGRES_URL", raising=False)
    monkeypatch.setattr(postgres, "find_programs", lambda: None)
    with postgres.running() as server, server.database() as url:
        assert url != empty_postgres_url
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()

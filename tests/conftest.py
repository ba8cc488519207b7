"""What every test may ask for: a clock, a database of its own, a browser; and no network but this machine's own."""

from __future__ import annotations

import gc
import importlib
import ipaddress
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import settings

import engine
import webhooks
from engine.clock import ManualClock
from engine.people import passwords
from engine.store import Store, open_store
from tests import postgres

pytest_plugins = ["tests.browser"]


@pytest.fixture
def clock() -> ManualClock:
    """Stands at 09:00 in Shenzhen on Monday 2 March 2026, an ordinary working day."""
    return ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


def _memory() -> Path | None:
    """A folder that lies in memory, where there is room: what tests commit need not outlive a power cut."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30 else None


def pytest_configure() -> None:
    if memory := _memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
    settings.load_profile("untimed")


# --- databases: one of its own for each test, copied from a template that already has every table ------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with every table, once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database without any table, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    return str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """A store on a fresh SQLite database: enough for whatever does not depend on the database."""
    opened = open_store(sqlite_url)
    yield opened
    opened.dispose()


@pytest.fixture
def each_store(database_url: str) -> Iterator[Store]:
    """A store on a fresh database, once on SQLite and once on PostgreSQL."""
    opened = open_store(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def each_read_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Like `each_store`, but one for all tests of a file, which fill it once and then only read."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            fresh = tmp_path_factory.mktemp("read") / "maplebridge.sqlite"
            shutil.copyfile(request.getfixturevalue("_sqlite_template"), fresh)
            url = f"sqlite:///{fresh}"
        else:
            server: postgres.Server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(server.database(template=request.getfixturevalue("_postgres_template")))
        opened = open_store(url)
        stack.callback(opened.dispose)
        yield opened


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    fresh = tmp_path / "maplebridge.sqlite"
    shutil.copyfile(_sqlite_template, fresh)
    return f"sqlite:///{fresh}"


@pytest.fixture
def postgres_url(postgres_server: postgres.Server, _postgres_template: str) -> Iterator[str]:
    with postgres_server.database(template=_postgres_template) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A server for the whole run. There is always one to be had, so its absence fails the test that needs it.

    It need not outlive a power cut, so nothing waits for the disk.
    """
    quick = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
    with postgres.running(*quick, within=_memory()) as server:
        yield server


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: postgres.Server) -> Iterator[str]:
    with postgres_server.database() as url:
        _create_tables(url)
        yield url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "maplebridge.sqlite"
    _create_tables(f"sqlite:///{path}")
    return path


def _create_tables(url: str) -> None:
    import_tables()
    template = open_store(url)
    try:
        template.create_all()
    finally:
        template.dispose()


def import_tables() -> None:
    """Imports every module that declares a table, so that the metadata is whole whichever test runs first."""
    for package in (engine, webhooks):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            if re.search(r"^class \w+\(.*\bBase\b.*\):", path.read_text(encoding="utf-8"), re.MULTILINE):
                importlib.import_module(".".join((package.__name__, *path.relative_to(root).with_suffix("").parts)))


# --- passwords -----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="session")
def strong_hasher() -> Iterator[PasswordHasher]:
    """The product's own. All tests hash by the same library with little memory: few are about how strong a hash is."""
    strong = passwords.hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield strong


# --- the network ends at this machine ------------------------------------------------------------------------------


class NetworkClosed(RuntimeError):
    """A test tried to leave the machine. Fake what it talks to."""


def _guard(address: Any) -> None:
    host = address[0] if isinstance(address, tuple) else None  # a Unix socket's address is a path
    if host is None or host in ("", "localhost"):
        return
    try:
        address = ipaddress.ip_address(host)
        if address.is_loopback or address.is_unspecified:
            return
    except ValueError:
        pass
    raise NetworkClosed(f"The network is closed in tests; something wanted to reach {host}.")


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _guard(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _guard(address)
        return connect_ex(self, address)

    def guarded_lookup(host: Any, *rest: Any, **more: Any) -> Any:
        _guard((host.decode() if isinstance(host, bytes) else host,))
        return lookup(host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


# --- who needs what, and what was left out -------------------------------------------------------------------------


NO_PART_OF_US = re.compile(r"beside (this|the) (checkout|repository)")
"""The reason of a `skipif` on a test that reads material beside the repository, when it happens to lie there."""


def pytest_collection_finish() -> None:
    """What is loaded by now stays, and the collector need not look through it after every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        wanted = getattr(item, "fixturenames", ())
        if "browser" in wanted:
            item.add_marker(pytest.mark.browser)
        if "postgres_server" in wanted:
            item.add_marker(pytest.mark.postgres)
    items.sort(key=lambda item: item.get_closest_marker("first") is None)
    absent = [item for item in items if _reads_what_is_absent(item)]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


def _reads_what_is_absent(item: pytest.Item) -> bool:
    return any(
        mark.args[:1] == (True,) and NO_PART_OF_US.search(mark.kwargs.get("reason", ""))
        for mark in item.iter_markers("skipif")
    )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Names every test that was left out, not only how many."""
    left_out = dict(_left_out(terminalreporter))
    if left_out:
        terminalreporter.section("left out")
    for name, reason in left_out.items():
        terminalreporter.line(f"{name}: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """On CI nothing may be left out."""
    left_out = list(_left_out(session.config.pluginmanager.get_plugin("terminalreporter")))
    if os.environ.get("CI") and left_out and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _left_out(reporter: Any) -> Iterator[tuple[str, str]]:
    for report in reporter.stats.get("skipped", []) if reporter else ():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        yield report.nodeid, reason.removeprefix("Skipped: ")

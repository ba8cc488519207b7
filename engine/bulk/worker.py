"""Works imports off: lease, a portion in one transaction, and again, until the file is read to its end.

How far it got is written with what was filed, so that a node may die at any time and every row is filed once. What a
portion stumbles over is found by doing it row by row; that row is noted and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import intake
from engine.bulk import checking, filing
from engine.bulk.held import Held, Line
from engine.bulk.model import BulkImport, ImportState
from engine.bulk.spool import remove_orphans
from engine.bulk.verbs import end_import, forget_rows
from engine.clock import Clock
from engine.errors import Conflict, Refusal, Unavailable
from engine.process import World
from engine.store import Store

log = structlog.get_logger("imports")
LEASE = timedelta(minutes=1)
CHECKED_AT_ONCE = 500
FORGOTTEN_AT_ONCE = 20
Act = Callable[[Session, BulkImport], None]


class Worker:
    """One node's hands: remembers what the portions of one import have in common. For one thread at a time."""

    def __init__(self, store: Store, world: World, clock: Clock, *, name: str, only: int | None = None) -> None:
        """`only` names the one import to work on; of None: whatever waits."""
        self._store, self._world, self._clock, self._name, self._only = store, world, clock, name, only
        self._held: Held | None = None
        self._forgot_at: datetime | None = None

    def work(self) -> bool:
        """Does one portion of the oldest import that nobody else works on; False when there is nothing to do.

        Harmless twice and on many nodes: who holds the lease works. A failure ends the import; what it filed stays.
        """
        import_id = self._lease()
        if import_id is None:
            self._held = None
            return False
        try:
            self._portion(import_id)
        except _Lost:
            self._held = None
        except Unavailable:
            self._held = None
            raise  # the database or the folder, not the file: the next call tries again
        except Exception as fault:
            self._held = None
            self._fail(import_id, fault)
            if not isinstance(fault, Refusal):
                raise
        return True

    def forget_old(self) -> int:
        """Removes the rows of imports that ended long ago, and files that no import names; gives of how many imports.

        Looks once an hour. May be repeated.
        """
        now = self._clock.now()
        if self._forgot_at is not None and now < self._forgot_at + timedelta(hours=1):
            return 0
        self._forgot_at = now
        before = now - timedelta(days=self._world.config.imports.keep_days)
        old = select(BulkImport).where(BulkImport.ended_at < before, BulkImport.spool.is_not(None))
        with self._store.reading() as session:
            named = set(session.scalars(select(BulkImport.spool).where(BulkImport.spool.is_not(None))))
            remove_orphans(self._world.config, named, now=now)
            if session.scalars(old.limit(1)).first() is None:
                return 0
        with self._store.transaction() as session:
            found = session.scalars(old.limit(FORGOTTEN_AT_ONCE)).all()
            for row in found:
                forget_rows(session, self._world.config, row)
            return len(found)

    def _lease(self) -> int | None:
        now = self._clock.now()
        free = or_(BulkImport.leased_until.is_(None), BulkImport.leased_until < now, BulkImport.leased_by == self._name)
        under_way = (ImportState.CHECKING.value, ImportState.RUNNING.value)
        waiting = select(BulkImport).where(BulkImport.state.in_(under_way), free).order_by(BulkImport.id).limit(1)
        if self._only is not None:
            waiting = waiting.where(BulkImport.id == self._only)
        with self._store.reading() as session:
            found = session.scalars(waiting).first()
            if found is None:
                return None
            if found.leased_by == self._name:
                return found.id  # each portion takes the lease on
        with self._store.transaction() as session:
            found = session.scalars(waiting.with_for_update(skip_locked=True)).first()
            if found is None:
                return None
            found.leased_by, found.leased_until = self._name, now + LEASE
            return found.id

    def _portion(self, import_id: int) -> None:
        held = self._hold(import_id)
        if held.state == ImportState.CHECKING:
            lines = held.next(CHECKED_AT_ONCE)
            with self._store.reading() as session:
                found = checking.check(session, self._world, held, lines, now=self._clock.now())
            self._write(held, lines, lambda session, row: checking.note(session, row, found))
        else:
            lines = held.next(self._world.config.imports.portion)
            self._file(held, lines)

    def _hold(self, import_id: int) -> Held:
        with self._store.reading() as session:
            row = session.get_one(BulkImport, import_id)
            held = self._held
            if held is None or (held.id, held.state, held.place) != (row.id, row.state, row.place):
                held = self._held = Held(session, self._world, row)
        return held

    def _file(self, held: Held, lines: Sequence[Line]) -> None:
        """Files a portion; where one of its rows brings it to fall, each row in a transaction of its own."""

        def act(session: Session, row: BulkImport) -> None:
            filing.file_lines(session, self._world, row, held, lines, now=self._clock.now())

        try:
            self._write(held, lines, act)
        except (Refusal, _Lost):
            raise
        except Exception as fault:
            held.memory = intake.Memory()  # it knew what was not committed
            if len(lines) > 1:
                for line in lines:
                    self._file(held, [line])
                return
            said = type(fault).__name__
            log.error("import.row_failed", import_id=held.id, row=lines[0].number, exc_info=fault)
            self._write(held, lines, lambda session, row: filing.note_broken(session, row, held, lines, said))

    def _write(self, held: Held, lines: Sequence[Line], act: Act) -> None:
        """What a portion came to and how far the import got, in one transaction, while it is ours and wanted."""
        now = self._clock.now()
        with self._store.transaction() as session:
            row = session.get(BulkImport, held.id, with_for_update=True)
            if row is None or (row.state, row.place, row.leased_by) != (held.state, held.place, self._name):
                raise _Lost
            if lines:
                act(session, row)
                row.place, row.done, row.leased_until = lines[-1].place, lines[-1].number, now + LEASE
            elif row.state == ImportState.RUNNING:
                end_import(row, ImportState.DONE, now=now)
            else:
                row.state, row.leased_by, row.leased_until = ImportState.CHECKED.value, None, None
        if lines:
            held.went_on(lines)

    def _fail(self, import_id: int, fault: Exception) -> None:
        with self._store.transaction() as session:
            row = session.get(BulkImport, import_id, with_for_update=True)
            if row is not None and row.under_way and row.leased_by == self._name:
                row.trouble = fault.code if isinstance(fault, Refusal) else type(fault).__name__
                end_import(row, ImportState.FAILED, now=self._clock.now())


def work_off(store: Store, world: World, clock: Clock, import_id: int, *, on_progress: Callable[[int], None]) -> None:
    """Works one import off to where it waits or ends, here and now; other nodes leave it alone meanwhile.

    Raises Conflict `import.elsewhere` when another node has taken it on.
    """
    worker = Worker(store, world, clock, name=f"import {import_id} at hand", only=import_id)
    while worker.work():
        with store.reading() as session:
            on_progress(session.get_one(BulkImport, import_id).done)
    with store.reading() as session:
        if session.get_one(BulkImport, import_id).under_way:
            raise Conflict("import.elsewhere", "Another node works on this import; it goes on there.")


class _Lost(Exception):
    """Somebody has cancelled the import, or another node has taken it on."""

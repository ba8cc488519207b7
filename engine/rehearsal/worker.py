"""Works rehearsals off in portions: lease, read, replay, write, and again.

A portion and how far it got are written in one transaction, so a node that dies loses the portion it was at and nothing
else. Whoever goes on begins behind the last one, with the habits that were read once, and comes to the same result.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from engine import deploy
from engine.clock import Clock
from engine.errors import Refusal
from engine.process import World
from engine.rehearsal.compare import Compared, Rehearsing
from engine.rehearsal.figures import Rehearsed, figures_of
from engine.rehearsal.habits import Habits, Learner
from engine.rehearsal.jobs import end, get
from engine.rehearsal.model import Rehearsal, RehearsalState, RehearsedCase
from engine.rehearsal.reading import AT_ONCE, Sample, ids_of, read
from engine.rehearsal.trace import name_of
from engine.store import Store, canonical_json, table_of

LEASE = timedelta(minutes=1)
PORTION = 50
"""Cases between two commits: short enough that calling off is felt at once."""
TRACED = 200
"""So many of the cases that differ keep their trace."""


class Lost(Exception):
    """Called off, or somebody else goes on with it."""


class Worker:
    """One node's. Keeps what it has compiled from one call to the next; only one thread may call it."""

    def __init__(self, store: Store, world: World, clock: Clock, *, name: str) -> None:
        self._store, self._world, self._clock, self._name = store, world, clock, name
        self._at: tuple[int, Rehearsing, list[int]] | None = None
        """The rehearsal it works on, and the cases that are left."""

    def work(self) -> bool:
        """Does one portion of the oldest rehearsal that nobody else works on; False when there is nothing to do.

        Harmless twice and on many nodes: who holds the lease works. A failure ends the rehearsal, not the caller.
        """
        rehearsal_id = self._lease()
        if rehearsal_id is None:
            self._at = None
            return False
        try:
            self._work(rehearsal_id)
        except Lost:
            self._at = None
        except Exception as fault:
            self._at = None
            self._fail(rehearsal_id, fault)
            if not isinstance(fault, Refusal):
                raise
        return True

    def _work(self, rehearsal_id: int) -> None:
        if self._at is None or self._at[0] != rehearsal_id:
            self._at = (rehearsal_id, *self._begin(rehearsal_id))
        _, rehearsing, left = self._at
        if left:
            self._portion(rehearsal_id, rehearsing, left[:PORTION])
            self._at = (rehearsal_id, rehearsing, left[PORTION:])
        else:
            self._finish(rehearsal_id, rehearsing.draft)
            self._at = None

    def _lease(self) -> int | None:
        now = self._clock.now()
        free = or_(Rehearsal.leased_until.is_(None), Rehearsal.leased_until < now, Rehearsal.leased_by == self._name)
        waiting = (
            select(Rehearsal)
            .where(Rehearsal.state.in_((RehearsalState.WAITING.value, RehearsalState.RUNNING.value)), free)
            .order_by(Rehearsal.id)
            .limit(1)
        )
        with self._store.reading() as session:
            if session.scalars(waiting).first() is None:
                return None
        with self._store.transaction() as session:
            found = session.scalars(waiting.with_for_update(skip_locked=True)).first()
            if found is None:
                return None
            found.state = RehearsalState.RUNNING.value
            found.leased_by, found.leased_until = self._name, now + LEASE
            return found.id

    def _begin(self, rehearsal_id: int) -> tuple[Rehearsing, list[int]]:
        with self._store.reading() as session:
            row = get(session, rehearsal_id)
            draft = deploy.load(0, deploy.contents_of(session, row.files))
            sample = Sample(row.since, row.until, row.unit_id)
            left = ids_of(session, sample, after=row.at_case)
            habits = None if row.habits is None else Habits.from_json(row.habits)
        if habits is None:
            habits = self._learn(rehearsal_id, left)
        return Rehearsing(self._world, draft, habits), left

    def _learn(self, rehearsal_id: int, ids: list[int]) -> Habits:
        learner = Learner(self._world.calendar)
        for first in range(0, len(ids), AT_ONCE):
            with self._store.reading() as session:
                learner.take(read(session, self._world, ids[first : first + AT_ONCE]))
            with self._store.transaction() as session:
                self._held(session, rehearsal_id)
        habits = learner.habits().as_json()
        with self._store.transaction() as session:
            self._held(session, rehearsal_id).habits = habits
        return Habits.from_json(habits)  # as another node would read them

    def _portion(self, rehearsal_id: int, rehearsing: Rehearsing, ids: list[int]) -> None:
        with self._store.reading() as session:
            row = get(session, rehearsal_id)
            first = row.done + 1
            kept = session.scalars(
                select(RehearsedCase.number)
                .where(RehearsedCase.rehearsal_id == rehearsal_id, RehearsedCase.differs)
                .limit(TRACED)
            ).all()
            pasts = [
                (past, self._world.releases.get(session, past.release_id)) for past in read(session, self._world, ids)
            ]
        found, differing = [], len(kept)
        for number, (past, own) in enumerate(pasts, first):
            compared = rehearsing.compare(number, past, own, traced=differing < TRACED)
            differing += compared.rehearsed.differs
            found.append(_row(rehearsal_id, compared))
        with self._store.transaction() as session:
            row = self._held(session, rehearsal_id)
            if found:
                session.execute(insert(table_of(RehearsedCase)), found)
            row.done, row.at_case = row.done + len(found), ids[-1]

    def _finish(self, rehearsal_id: int, draft: deploy.LoadedRelease) -> None:
        with self._store.transaction() as session:
            row = self._held(session, rehearsal_id)
            cases = rehearsed(session, rehearsal_id)
            figures = figures_of(cases, self._world.tiers.names, day_minutes=self._world.calendar.minutes_per_day)
            names = {key: name_of(draft.package, *key.split("|")) for key in figures["assumed"]["at"]}
            row.result = {**figures, "names": names}
            row.result_hash = hash_of(cases)
            row.total = row.done
            end(session, row, RehearsalState.DONE, now=self._clock.now())

    def _held(self, session: Session, rehearsal_id: int) -> Rehearsal:
        """The row, locked and still ours, with its lease made longer."""
        row = get(session, rehearsal_id, lock=True)
        if row.state != RehearsalState.RUNNING or row.leased_by != self._name:
            raise Lost
        row.leased_until = self._clock.now() + LEASE
        return row

    def _fail(self, rehearsal_id: int, fault: Exception) -> None:
        with self._store.transaction() as session:
            row = get(session, rehearsal_id, lock=True)
            if row.under_way:
                row.trouble = fault.code if isinstance(fault, Refusal) else type(fault).__name__
                end(session, row, RehearsalState.FAILED, now=self._clock.now())
                session.execute(delete(RehearsedCase).where(RehearsedCase.rehearsal_id == rehearsal_id))


def rehearsed(session: Session, rehearsal_id: int) -> list[Rehearsed]:
    """Every case of a rehearsal, in order."""
    columns = [getattr(RehearsedCase, name) for name in Rehearsed.__dataclass_fields__]
    rows = session.execute(
        select(*columns).where(RehearsedCase.rehearsal_id == rehearsal_id).order_by(RehearsedCase.number)
    )
    return [Rehearsed(*row) for row in rows]


def hash_of(cases: list[Rehearsed]) -> str:
    """Over all that is known of them: equal input, equal hash."""
    digest = hashlib.sha256()
    for case in cases:
        plain = [case.number, case.category, case.before, case.after, case.differs, case.faithful, case.assumed_at]
        digest.update(canonical_json(plain).encode() + b"\n")
    return digest.hexdigest()


def _row(rehearsal_id: int, compared: Compared) -> dict[str, Any]:
    case = compared.rehearsed
    return {
        "rehearsal_id": rehearsal_id,
        "number": case.number,
        "category": case.category,
        "before": case.before,
        "after": case.after,
        "differs": case.differs,
        "faithful": case.faithful,
        "assumed_at": case.assumed_at,
        "trace": compared.trace,
    }

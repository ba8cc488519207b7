"""What a node does at its ticks, each of which may be called by itself."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine import deadlines, deploy, design, detection, figures, logs, outbox, postmortems, process, rehearsal, reports
from engine.bulk import Worker
from engine.clock import Clock
from engine.errors import Refusal, Unavailable
from engine.process import World
from engine.scheduler.background import Background, Job, guarded
from engine.scheduler.model import Node
from engine.store import Store, failpoint
from engine.telemetry import traced

log = structlog.get_logger("scheduler")


@dataclass(frozen=True, slots=True)
class Tick:
    """What one pass did. `failed` were put off or became incidents."""

    fired: int
    failed: int


OUTBOX_BATCH = 100
RESTS = 3.0
"""So many times as long as a portion of detection took is left to others who write."""

Poster = Callable[[Session, Sequence[outbox.Parcel]], object]
"""Writes down who is to hear of some parcels, in the transaction that claims them. May see the same ones again."""


class Scheduler:
    """The ticks of one node. `start` runs them in the background; tests and the simulation call them directly."""

    def __init__(
        self,
        store: Store,
        world: World,
        clock: Clock,
        *,
        name: str,
        post: Poster | None = None,
        refresh: Callable[[], None] | None = None,
        jobs: Sequence[Job] = (),
    ) -> None:
        self.store = store
        self.world = world
        self.clock = clock
        self.name = name
        self.post = post
        self.refresh = refresh or world.forget_people
        self.jobs = tuple(jobs)
        self._background = Background(store, clock, node=name)
        self._stopping = self._background.stopping
        self._rehearsals = rehearsal.Worker(store, world, clock, name=name)
        self._rehearsing = threading.Lock()
        self._imports = Worker(store, world, clock, name=name)
        self._fired: deque[tuple[datetime, float]] = deque(maxlen=100_000)
        """When this node fired what, and how late: its last hour goes with every beat."""

    def fire_due(self, *, most: int | None = None, on_fired: Callable[[int], None] | None = None) -> Tick:
        """Fires what is due, oldest first, one transaction each. A failing one is put off and never stops the rest.

        `most` None is the configured batch, after which the other jobs get their turn. `now` is read once per firing,
        so that each case's next clock starts at the moment it really rose.
        """
        fired = failed = 0
        most = most or self.world.config.scheduler.batch
        while fired + failed < most and not self._stopping.is_set():
            now = self.clock.now()
            deadline_id = case_id = None
            try:
                with self.store.transaction() as session:
                    picked = deadlines.pick_due(session, now=now)
                    if picked is None:
                        break
                    case, deadline = picked
                    deadline_id, case_id = deadline.id, case.id
                    late_s = max((now - deadline.due_at).total_seconds(), 0.0)
                    failpoint("picked")
                    ids = {"case": case_id, "deadline": deadline_id}
                    with logs.about(**ids), traced("deadline.fire", **ids):
                        process.fire_deadline(session, self.world, case, deadline, now=now)
                fired += 1
                if self._background.runs:
                    log.info("deadline.fired", case=case_id, deadline=deadline_id, late_s=round(late_s, 1))
                self._fired.append((now, late_s))
                if on_fired is not None:
                    on_fired(deadline_id)
            except Unavailable as refusal:
                if refusal.code != "instance.set_aside" or deadline_id is None:
                    raise
                failed += 1
                self._put_off(deadline_id, case_id, refusal.code, refusal.sentence, now)
            except Exception as error:
                if deadline_id is None:
                    raise
                failed += 1
                self._put_off(deadline_id, case_id, type(error).__name__, f"{type(error).__name__}: {error}", now)
        return Tick(fired, failed)

    def warn_due(self, *, most: int | None = None) -> int:
        """Warns about clocks that are nearly used up, until this node stops; gives how many."""
        most = most or self.world.config.scheduler.batch
        for count in range(most):
            if self._stopping.is_set():
                return count
            now = self.clock.now()
            with self.store.transaction() as session:
                picked = deadlines.pick_warning(session, now=now)
                if picked is None:
                    return count
                process.warn(session, *picked, now=now)
        return most

    def send_outbox(self, *, most: int = OUTBOX_BATCH) -> int:
        """Posts what must leave, oldest first; gives how many are done with.

        All of them in one transaction. Where that fails, each in one of its own: a message that cannot be posted is
        put off and holds up no other.
        """
        try:
            with self.store.transaction() as session:
                parcels = outbox.claim(session, now=self.clock.now(), most=most)
                self._post(session, parcels)
            return len(parcels)
        except Exception as error:
            if isinstance(error, Unavailable) and error.code.startswith("store."):
                raise
            log.warning("outbox.batch_failed", said=f"{type(error).__name__}: {error}")
        with self.store.transaction() as session:
            parcels = outbox.claim(session, now=self.clock.now(), most=most)
        return sum(self._post_apart(parcel) for parcel in parcels)

    def _post_apart(self, parcel: outbox.Parcel) -> bool:
        try:
            with self.store.transaction() as session:
                self._post(session, [parcel])
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            with self.store.transaction() as session:
                outbox.mark_failed(session, parcel.id, now=self.clock.now(), attempts=parcel.attempts, trouble=said)
            return False
        return True

    def _post(self, session: Session, parcels: Sequence[outbox.Parcel]) -> None:
        if parcels:
            if self.post is not None:
                self.post(session, parcels)
            outbox.mark_sent(session, [parcel.id for parcel in parcels], now=self.clock.now())

    def _post_more(self) -> bool:
        return self.send_outbox() == OUTBOX_BATCH

    def beat(self) -> None:
        """Says that this node lives, and forgets nodes silent for a day."""
        now = self.clock.now()
        hour = [late_s for at, late_s in self._fired.copy() if at > now - timedelta(hours=1)]
        with self.store.transaction() as session:
            session.merge(
                Node(name=self.name, beat_at=now, fired_last_hour=len(hour), latest_by_s=max(hour, default=0.0))
            )
            session.execute(delete(Node).where(Node.name != self.name, Node.beat_at < now - timedelta(days=1)))

    def keep_day(self) -> int:
        """Keeps the day's figures for the trends of the boards; gives for how many units. Done once a day."""
        with self.store.transaction() as session:
            return reports.keep_day(session, calendar=self.world.calendar, now=self.clock.now())

    def detect(self) -> int:
        """Looks for what repeats, belongs together or grows suddenly, from where any node left off; gives the findings.

        Rests while others write: they cannot wait. Tells of post-mortems that are late, too.
        """
        found, acts = 0, self.store.acts
        while not self._stopping.is_set():
            begun = time.perf_counter()
            with self.store.transaction() as session:
                looked = detection.look_on(session, self.world, now=self.clock.now())
            found += looked.found
            if not looked.entries:
                break
            rests, acts = RESTS if self.store.acts > acts + 1 else 0.0, self.store.acts
            self._stopping.wait((time.perf_counter() - begun) * rests)
        with self.store.transaction() as session:
            found += detection.look_for_surges(session, self.world, now=self.clock.now())
        with self.store.transaction() as session:
            postmortems.tell_overdue(session, self.world, now=self.clock.now())
        return found

    def publish_planned(self) -> int:
        """Puts in force what designers have planned for now; gives how many. What does not pass is open again."""
        may_miss = self.world.config.limits_policy.missing_step == "default"
        with self.store.reading() as session:
            planned = design.due(session, now=self.clock.now())
            for proposal_id in planned:  # judged here, so that nobody waits for it under the lock of the act
                files = design.files_of(session, design.get_proposal(session, proposal_id))
                deploy.judge(files, limits_may_miss=may_miss)
        done = 0
        for proposal_id in planned:
            now = self.clock.now()
            try:
                with self.store.transaction() as session:
                    design.publish_planned(session, proposal_id, now=now, limits_may_miss=may_miss)
                done += 1
            except Refusal as refusal:
                log.warning("publication.refused", proposal=proposal_id, code=refusal.code)
                with self.store.transaction() as session:
                    design.put_back(session, proposal_id, refusal, now=now)
        return done

    def move_cases(self, *, only: int | None = None, chunks: int | None = None) -> int:
        """Works on migrations of running cases until nothing is left to do or this node stops; gives how many chunks.

        `only` names one migration; `chunks` is how many at most.
        """
        done = 0
        while not self._stopping.is_set() and (chunks is None or done < chunks):
            work = partial(process.work_on_migration, world=self.world, now=self.clock.now(), only=only)
            if not self.store.run(work):
                break
            done += 1
        return done

    def rehearse(self) -> int:
        """Works on rehearsals until nothing is left to do or this node stops; gives how many portions.

        While one call works, others give 0 at once.
        """
        if not self._rehearsing.acquire(blocking=False):
            return 0
        portions = 0
        try:
            while not self._stopping.is_set() and self._rehearsals.work():
                portions += 1
        finally:
            self._rehearsing.release()
        return portions

    def make_reports(self) -> int:
        """Makes reports that were asked for, part by part, until nothing is left to do; gives how many parts."""
        return self._worked_off(lambda: figures.work(self.store, self.world, self.clock, name=self.name))

    def import_rows(self) -> int:
        """Checks and files what was brought in, portion by portion, until nothing is left to do; gives how many."""
        self._imports.forget_old()
        return self._worked_off(self._imports.work)

    def _worked_off(self, work: Callable[[], bool]) -> int:
        return sum(1 for _ in iter(lambda: not self._stopping.is_set() and work(), False))

    def tick(self) -> Tick:
        """One full pass, as the background runs it."""
        done = self.fire_due()
        self.warn_due()
        return done

    def start(self) -> None:
        """Begins to tick in the background: at intervals, and as soon as a commit of this process has something due."""
        self.beat()
        self._background.start((*self._ticks(), *self.jobs))

    def _ticks(self) -> Sequence[Job]:
        every = timedelta(seconds=self.world.config.scheduler.tick_seconds)
        months = partial(figures.keep_months, self.store, self.world, self.clock)
        return (
            Job("tick", self._tick_and_rest, every, woken_by=deadlines.NEXT_DUE),
            Job("outbox", self._post_more, every, woken_by=outbox.NEXT_DUE, in_portions=True),
            Job("beat", self.beat, timedelta(seconds=10)),
            Job("refresh", self.refresh, timedelta(seconds=60), at_once=False),
            Job("publish", self.publish_planned, timedelta(seconds=10)),
            Job("migrations", self.move_cases, every, at_once=False),
            Job("rehearsals", self.rehearse, every, at_once=False),
            Job("detection", self.detect, timedelta(seconds=20)),
            Job("reports", self.make_reports, every, at_once=False),
            Job("imports", self.import_rows, every, at_once=False),
            Job("day", self.keep_day, timedelta(minutes=10)),
            Job("months", months, timedelta(hours=1)),
        )

    def stop(self) -> None:
        """Lets the running firing finish, ticks no more, and takes this node off the list of those that live."""
        ran = self._background.runs
        self._background.stop()
        if ran:
            guarded("goodbye", self._say_goodbye, node=self.name)()

    def _say_goodbye(self) -> None:
        with self.store.transaction() as session:
            session.execute(delete(Node).where(Node.name == self.name))

    def _tick_and_rest(self) -> None:
        self.tick()
        with self.store.reading() as session:
            upcoming = [at for at in (deadlines.next_due(session), deadlines.next_warning(session)) if at is not None]
        if upcoming:
            self._background.wake("tick", min(upcoming))

    def _put_off(self, deadline_id: int, case_id: int | None, kind: str, said: str, now: datetime) -> None:
        log.warning("deadline.failed", deadline=deadline_id, case=case_id, error=kind)
        with self.store.transaction() as session:
            if process.failed(session, deadline_id, said=said, retries=self.world.config.scheduler.retries, now=now):
                log.error("incident.opened", deadline=deadline_id, case=case_id)

"""The jobs of one node: each at its interval, and earlier where a commit of this process says that something is due.

Waking only saves time: what other nodes wrote is found at the interval, as is everything when nobody was woken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from engine import logs
from engine.clock import Clock
from engine.errors import Refusal
from engine.store import Store

log = structlog.get_logger("scheduler")

GATHERS = timedelta(seconds=0.2)
"""So long a job that was woken waits for what else is committed, which goes along; who acted has their answer first."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done in the background: whenever so long has passed, and from the start on unless `at_once` is False.

    `woken_by` is the key under which a committed session has noted that there will be something to do (`note_due`).
    `stop` is called when this node begins to stop: `run` and what it has left running are to come to an end soon. With
    `in_portions` one `run` is a portion of the work; it is called anew while it gives something true and nobody stops.
    """

    name: str
    run: Callable[[], object]
    every: timedelta
    stop: Callable[[], object] | None = None
    woken_by: str | None = None
    at_once: bool = True
    in_portions: bool = False


class Background:
    """Runs jobs in threads of its own, each job once at a time."""

    def __init__(self, store: Store, clock: Clock, *, node: str) -> None:
        self._store = store
        self._clock = clock
        self._node = node
        self._jobs: dict[str, Job] = {}
        self._woken: list[tuple[str, str]] = []
        self._scheduler: BackgroundScheduler | None = None
        self._guard = threading.Lock()
        self.stopping = threading.Event()
        """Whoever works in portions begins none once it is set."""

    @property
    def runs(self) -> bool:
        return self._scheduler is not None

    def start(self, jobs: Iterable[Job]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._woken = [(job.woken_by, job.name) for job in self._jobs.values() if job.woken_by is not None]
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None}
        )
        for job in self._jobs.values():
            every = IntervalTrigger(seconds=job.every.total_seconds())
            run = guarded(job.name, partial(self._work, job), node=self._node)
            first = self._clock.now() + (timedelta() if job.at_once else job.every)
            scheduler.add_job(OneAtATime(run, again=job.woken_by is not None), every, id=job.name, next_run_time=first)
        self._scheduler = scheduler
        self._store.after_commit.append(self._hear)
        scheduler.start()

    def stop(self) -> None:
        """Lets what runs come to its end, and begins nothing more."""
        with self._guard:  # APScheduler waits for its jobs under a lock that a wake-up wants: none may ask for it now
            self.stopping.set()
        if self._scheduler is not None:
            self._store.after_commit.remove(self._hear)
            for job in self._jobs.values():
                if job.stop is not None:
                    job.stop()
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
        self.stopping.clear()

    def wake(self, name: str, at: datetime) -> None:
        """Has a job run at an instant, where that is earlier than it would; its next interval counts from there."""
        if at >= self._clock.now() + self._jobs[name].every:
            return
        with self._guard:
            scheduler = None if self.stopping.is_set() else self._scheduler
            if scheduler is not None and at < scheduler.get_job(name).next_run_time:
                scheduler.modify_job(name, next_run_time=at)

    def _work(self, job: Job) -> None:
        while job.run() and job.in_portions and not self.stopping.is_set():
            pass

    def _hear(self, info: dict[Any, Any]) -> None:
        for key, name in self._woken:
            due_at = info.get(key)
            if due_at is not None:
                self.wake(name, max(due_at, self._clock.now() + GATHERS))


def guarded(name: str, run: Callable[[], object], *, node: str) -> Callable[[], None]:
    """The same, whose errors are told to the log and nobody else."""

    def guard() -> None:
        with logs.about(job=name, node=node):
            try:
                run()
            except Refusal as refusal:
                log.warning("tick.refused", code=refusal.code)
            except Exception:
                log.exception("tick.failed")

    return guard


class OneAtATime:
    """Leaves it at that when called while it runs; with `again` it then runs once more afterwards, for what was written
    meanwhile may have come too late for it."""

    def __init__(self, run: Callable[[], None], *, again: bool) -> None:
        self._run = run
        self._again = again
        self._asked = threading.Event()
        self._busy = threading.Lock()

    def __call__(self) -> None:
        self._asked.set()
        while self._asked.is_set() and self._busy.acquire(blocking=False):
            try:
                self._asked.clear()
                self._run()
            finally:
                self._busy.release()
            if not self._again:
                return

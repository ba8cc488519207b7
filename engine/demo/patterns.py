"""Cases led through the real engine to be copied from: by the simulation where anything may happen, by set answers
where it must come out a certain way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from engine import deadlines, intake, process, tasks
from engine.cases import Case
from engine.clock import ManualClock
from engine.intake import Filing
from engine.main import Application, build
from engine.simulate import Arrival, Crew, Loop, arrivals, fill, places_of
from engine.store import Store
from engine.tasks import Task, TaskState

ROUND = timedelta(hours=6)
LADDER = ("dispute", "complaint", "help")
"""Kinds that go up and down the tiers; others go ways of their own."""
ACTS = 0.3
"""How likely somebody does something about a task within one round."""

Answers = Mapping[str, Any]
Decided = Answers | Iterator[Answers]
"""What a form is answered with: the same each time, or one after the other."""


def live(
    store: Store,
    application: Application,
    *,
    first: date,
    days: int,
    until: datetime,
    cases: int,
    channels: Sequence[str],
    seed: int,
) -> None:
    """Matters that come by some channels in turn within some days, lived until an instant, whatever becomes of them."""
    clock = ManualClock(datetime.combine(first, datetime.min.time(), application.config.tz))
    lived = build(application.config, clock=clock, store=store)
    with store.reading() as session:
        release, crew = lived.world.releases.current(session), Crew(session)
        places = places_of(session, lived, seed)
    drawn = arrivals(places, lived.world.calendar, start=first, days=days, cases=cases, seed=seed, until=until)
    Loop(lived, clock, _through(drawn, channels), crew, release, until=until).run()


def _through(drawn: Iterator[Arrival], channels: Sequence[str]) -> Iterator[Arrival]:
    ladder = (arrival for arrival in drawn if arrival.filing.kind in LADDER)
    for number, arrival in enumerate(ladder):
        yield replace(arrival, filing=replace(arrival.filing, channel=channels[number % len(channels)]))


@dataclass(slots=True)
class Played:
    """A case with the answers it is given, by form."""

    case_id: int
    answers: Mapping[str, Decided]
    chance: Random = field(repr=False)
    hands: set[int] = field(default_factory=set)
    """All who did anything: none of them asks the petitioner afterwards."""


class Player:
    """Leads cases to their end by set answers, all at the same time, on a clock of its own."""

    def __init__(self, store: Store, application: Application, *, start: datetime) -> None:
        self.clock = ManualClock(start)
        self.store = store
        self.application = build(application.config, clock=self.clock, store=store)
        with store.reading() as session:
            self.release = self.application.world.releases.current(session)
            self.crew = Crew(session)
        self.played: list[Played] = []

    def file(self, filing: Filing, answers: Mapping[str, Decided]) -> int:
        """Files it as received now, and gives the id of the case."""
        now = self.clock.now()
        with self.store.transaction() as session:
            filed = replace(filing, received_at=now)
            case = intake.file_case(session, self.application.world, filed, viewer=None, now=now)
            self.played.append(Played(case.id, answers, Random(f"played:{case.id}")))
            return case.id

    def play(self, *, most_days: int) -> None:
        """Until nothing is asked any more and no clock runs, or so many days are over."""
        end = self.clock.now() + timedelta(days=most_days)
        while self.clock.now() < end:
            asked = self._round()
            if asked:
                self.clock.advance(ROUND)
                continue
            with self.store.reading() as session:
                due = deadlines.next_due(session)
            if due is None or due > end:
                break
            self.clock.set(max(due, self.clock.now() + ROUND))
        while self.application.scheduler.send_outbox(most=500) == 500:
            pass

    def _round(self) -> bool:
        """Fires what is due and has some people act; gives whether anything is asked of anybody."""
        self.application.scheduler.tick()
        asked = False
        for each in self.played:
            with self.store.reading() as session:
                task = session.scalars(
                    select(Task)
                    .where(Task.case_id == each.case_id, Task.state == TaskState.OPEN.value)
                    .order_by(Task.id)
                    .limit(1)
                ).first()
            if task is not None:
                asked = True
                if each.chance.random() < ACTS:
                    self._complete(each, task)
        return asked

    def _complete(self, played: Played, task: Task) -> None:
        now, world = self.clock.now(), self.application.world
        viewer = self._who(played, task)
        with self.store.transaction() as session:
            answers: Answers = {}
            if task.form is not None:
                form = self.release.form(task.process, task.form)
                case = session.get_one(Case, played.case_id)
                choices = tasks.choices_for(session, form, task, case, world.tiers)
                decided = played.answers.get(task.form, {})
                if isinstance(decided, Iterator):
                    decided = next(decided)
                zone = world.calendar.tz
                answers = fill(form, decided, choices=choices, now=now, zone=zone, chance=played.chance)
            process.complete_task(session, world, task.id, answers, viewer=viewer, now=now)
        played.hands.add(viewer.person_id)

    def _who(self, played: Played, task: Task) -> Any:
        if task.claimed_by is not None:
            return self.crew.viewer(task.claimed_by)
        but = frozenset(played.hands) if task.form == "return_visit" else frozenset[int]()
        viewer = self.crew.one_of(task.unit_id, task.role_names, played.chance, but=but)
        if viewer is None:
            raise LookupError(f"nobody holds {task.roles} in {task.unit_id}")
        return viewer

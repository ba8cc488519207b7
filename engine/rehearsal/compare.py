"""One case, as it was beside as it would be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engine.deploy import LoadedRelease
from engine.process import World
from engine.rehearsal.figures import Rehearsed
from engine.rehearsal.habits import Habits, Learner
from engine.rehearsal.past import Course, Past
from engine.rehearsal.reading import Sample, read_each
from engine.rehearsal.replay import Replay
from engine.rehearsal.trace import assumed_at, sketch, trace


@dataclass(frozen=True, slots=True)
class Compared:
    rehearsed: Rehearsed
    trace: dict[str, Any] | None
    """Of a case that differs, when it was wanted."""


class Rehearsing:
    """A draft, and the habits of the sample it is tried on. Equal pasts give equal answers, in any order."""

    def __init__(self, world: World, draft: LoadedRelease, habits: Habits) -> None:
        self._world, self.draft, self._habits = world, draft, habits
        self._replays: dict[int, Replay] = {draft.id: Replay(world, draft, habits)}

    def compare(self, number: int, past: Past, own: LoadedRelease, *, traced: bool = True) -> Compared:
        """`number` is what the case will be called; `own` the release it ran on."""
        calendar = self._world.calendar
        after = self._replays[self.draft.id].course(past, own)
        differs = not after.equals(past.course)
        told: dict[str, Any] | None = None
        before, faithful = past.course, True
        if differs:
            again = self._again(past, own)
            faithful = again.equals(past.course)
            if traced:
                shown = again if faithful else before  # the same course, but with every gateway on its way
                was = trace(before, past, calendar, own.package)
                reached = trace(shown, past, calendar, own.package)
                told = {
                    "release": own.id,
                    "before": {**reached, "stops": was["stops"]},
                    "after": trace(after, past, calendar, self.draft.package),
                }
        found = Rehearsed(
            number=number,
            category=past.category,
            before=sketch(before, past, calendar),
            after=sketch(after, past, calendar),
            differs=differs,
            faithful=faithful,
            assumed_at=assumed_at(after),
        )
        return Compared(found, told)

    def _again(self, past: Past, own: LoadedRelease) -> Course:
        if own.id not in self._replays:
            self._replays[own.id] = Replay(self._world, own, self._habits)
        return self._replays[own.id].course(past, own)


def learn(session: Session, world: World, ids: list[int]) -> Learner:
    """What people usually did in these cases."""
    learner = Learner(world.calendar)
    learner.take(read_each(session, world, ids))
    return learner


def sample_of(world: World, since: date, until: date, unit_id: str) -> Sample:
    """Closed from the first day to the last, both included, in the zone of the district."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=world.calendar.tz)

    return Sample(midnight(since), midnight(until + timedelta(days=1)), unit_id)

"""What the board of a unit shows: five numbers with their trend, the places below it, and what presses most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import BoundedSemaphore
from typing import Self, TypeVar

from sqlalchemy.orm import Session

from engine.deadlines import WorkingCalendar
from engine.reports.days import trends, worth
from engine.reports.figures import Behind, Count, Figure, Within, moving, pressing
from engine.reports.places import Standing, standings
from engine.store import Store

T = TypeVar("T")
Asked = Callable[[Session], T]

AT_ONCE = 4
"""So many boards may be counted on connections of their own."""
_ROOM = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Board:
    counts: Mapping[Figure, Count]
    """In the order of the board."""
    trends: Mapping[Figure, Sequence[int]]
    """Day by day, oldest first, today's value last."""
    places: Sequence[Standing]
    pressing: Behind


class Counting:
    """A board being counted: what takes long for a whole district has begun, on connections of its own, beside the
    session that asks. Whoever has other questions puts them meanwhile, and then reads.

    Where several boards are counted already, it is all done by the session that asks: requests that wait for each
    other's connections would wait for ever.
    """

    def __init__(self, store: Store, within: Within, *, lowest: str, calendar: WorkingCalendar, now: datetime) -> None:
        self.store, self.within, self.calendar, self.now = store, within, calendar, now
        self._moves: Asked[tuple[Count, Count, Count]] = partial(moving, within=within, calendar=calendar, now=now)
        self._stands: Asked[Sequence[Standing]] = partial(standings, within=within, lowest=lowest)

    def __enter__(self) -> Self:
        self._has_room = _ROOM.acquire(blocking=False)
        if self._has_room:
            self._beside = ThreadPoolExecutor(2)
            self._moves, self._stands = self._begun(self._moves), self._begun(self._stands)
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_room:
            self._beside.shutdown()
            _ROOM.release()

    def read(self, session: Session) -> Board:
        """Four statements beside the three that have begun. What is open and overdue is added up from the places."""
        within, calendar, now = self.within, self.calendar, self.now
        urgent = pressing(session, within, calendar=calendar, now=now)
        days = trends(session, within, calendar=calendar, now=now)
        (soon, risen, in_time), places = self._moves(session), self._stands(session)
        counts = {
            Figure.OVERDUE: Count(sum(each.overdue for each in places)),
            Figure.SOON: soon,
            Figure.RISEN: risen,
            Figure.OPEN: Count(sum(each.open for each in places)),
            Figure.IN_TIME: in_time,
        }
        drawn = {figure: [*days[figure], *_today(counts[figure])] for figure in Figure}
        return Board(counts, drawn, places, urgent)

    def _begun(self, count: Asked[T]) -> Asked[T]:
        """What waits for a count that has begun elsewhere, whoever asks."""
        found = self._beside.submit(copy_context().run, self._apart, count)
        return lambda _session: found.result()

    def _apart(self, count: Asked[T]) -> T:
        with self.store.reading() as session:
            return count(session)


def _today(counted: Count) -> list[int]:
    value = worth(counted)
    return [] if value is None else [value]

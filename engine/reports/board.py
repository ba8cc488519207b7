"""What the board of a unit shows: five numbers with their trend, the places below it, and what presses most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from engine.deadlines import WorkingCalendar
from engine.reports.days import trends, worth
from engine.reports.figures import Behind, Count, Figure, Within, moving, pressing
from engine.reports.places import Standing, standings
from engine.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Board:
    counts: Mapping[Figure, Count]
    """In the order of the board."""
    trends: Mapping[Figure, Sequence[int]]
    """Day by day, oldest first, today's value last."""
    places: Sequence[Standing]
    pressing: Behind


def read_board(
    session: Session, store: Store, within: Within, *, lowest: str, calendar: WorkingCalendar, now: datetime
) -> Board:
    """Seven statements. What is open and overdue is added up from the places, which say it already.

    The two counts that take long for a whole district are made at once, each on a connection of its own.
    """

    def apart(count: Callable[[Session], T]) -> T:
        with store.reading() as other:
            return count(other)

    with ThreadPoolExecutor(2) as beside:
        moves = beside.submit(copy_context().run, apart, partial(moving, within=within, calendar=calendar, now=now))
        stands = beside.submit(copy_context().run, apart, partial(standings, within=within, lowest=lowest))
        urgent = pressing(session, within, calendar=calendar, now=now)
        days = trends(session, within.unit_id, calendar=calendar, now=now)
        (soon, risen, in_time), places = moves.result(), stands.result()
    counts = {
        Figure.OVERDUE: Count(sum(each.overdue for each in places)),
        Figure.SOON: soon,
        Figure.RISEN: risen,
        Figure.OPEN: Count(sum(each.open for each in places)),
        Figure.IN_TIME: in_time,
    }
    drawn = {figure: [*days[figure], *_today(counts[figure])] for figure in Figure}
    return Board(counts, drawn, places, urgent)


def _today(counted: Count) -> list[int]:
    value = worth(counted)
    return [] if value is None else [value]

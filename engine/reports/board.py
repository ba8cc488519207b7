"""What the board of a unit shows: five numbers with their trend, the places below it, and what presses most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.deadlines import WorkingCalendar
from engine.reports.days import trends, worth
from engine.reports.figures import Count, Figure, Within, moving
from engine.reports.places import Standing, standings


@dataclass(frozen=True, slots=True)
class Board:
    counts: Mapping[Figure, Count]
    """In the order of the board."""
    trends: Mapping[Figure, Sequence[int]]
    """Day by day, oldest first, today's value last."""
    places: Sequence[Standing]


def read_board(session: Session, within: Within, *, lowest: str, calendar: WorkingCalendar, now: datetime) -> Board:
    """Four statements. What is open and overdue is added up from the places, which say it already."""
    places = standings(session, within, lowest=lowest)
    soon, risen, in_time = moving(session, within, calendar=calendar, now=now)
    counts = {
        Figure.OVERDUE: Count(sum(each.overdue for each in places)),
        Figure.SOON: soon,
        Figure.RISEN: risen,
        Figure.OPEN: Count(sum(each.open for each in places)),
        Figure.IN_TIME: in_time,
    }
    days = trends(session, within.unit_id, calendar=calendar, now=now)
    drawn = {figure: [*days[figure], *_today(counts[figure])] for figure in Figure}
    return Board(counts, drawn, places)


def _today(counted: Count) -> list[int]:
    value = worth(counted)
    return [] if value is None else [value]

"""Where a process hurts: per element of a diagram how long cases stayed, how many were late, came back or were turned.

Computed from tasks, clocks and the history alone, over what ended within a period. Every number counts cases, so that
it is as long as the list behind it; only the time they stayed is read from a sample where there are very many.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from engine.cases import Case, told
from engine.deadlines import Deadline, DeadlineState, WorkingCalendar
from engine.history import STEERED, HistoryEntry
from engine.reports.figures import PAGE, Behind, Within, placed
from engine.tasks import Task

SAMPLED = 10_000
"""So many stays are measured at most; of more, those of every n-th case."""


class Heat(enum.StrEnum):
    """What an element is coloured by.

    stayed: working minutes from asking to the end, half of the cases less. Where nothing is asked: of its clock.
    cases: cases that were here and left within the period.
    overdue: of these, whose time had run out here.
    returned: whose step here sent the case back down to the unit it came from.
    turned: whose step here changed what the engine had decided: another grade, a downgrade, a token moved by hand.
    """

    STAYED = "stayed"
    OVERDUE = "overdue"
    RETURNED = "returned"
    TURNED = "turned"
    CASES = "cases"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until before `end`."""

    start: datetime
    end: datetime

    def holds(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(column >= self.start, column < self.end)


@dataclass(frozen=True, slots=True)
class Spot:
    """One element over a period; None where a number is held back, or where there is none."""

    element: str
    times: int = 0
    """How often it was done; a case may come again."""
    cases: int | None = 0
    overdue: int | None = 0
    returned: int | None = 0
    turned: int | None = 0
    median: float | None = None
    """In working minutes, as is `ninth`: nine of ten stayed no longer."""
    ninth: float | None = None

    def worth(self, heat: Heat) -> float | None:
        """What the colour stands for: the median, a share of the cases, or how many there were."""
        match heat:
            case Heat.STAYED:
                return self.median
            case Heat.CASES:
                return self.cases
            case Heat.OVERDUE | Heat.RETURNED | Heat.TURNED:
                some = {Heat.OVERDUE: self.overdue, Heat.RETURNED: self.returned, Heat.TURNED: self.turned}[heat]
                return None if some is None or not self.cases else some / self.cases
        assert_never(heat)


@dataclass(frozen=True, slots=True)
class HeatMap:
    spots: Mapping[str, Spot]
    """By element id."""
    one_in: int
    """Stays were measured of one case in so many; 1 is all."""


def read_heat(
    session: Session,
    process_id: str,
    period: Period,
    within: Within,
    *,
    scopes: Collection[str],
    calendar: WorkingCalendar,
) -> HeatMap:
    """Three statements. `scopes` are the elements that are no tasks: what clocks at their edge tell is about them."""
    asked, timed = _asked(process_id, period, within), _timed(process_id, period, within)
    late = case((Task.closed_at >= Task.due_at, Task.case_id))
    ran_out = case((Deadline.state == literal_column("'breached'"), Deadline.case_id))
    counted = union_all(
        _counted(asked, Task.element.expression, Task.case_id.expression, late),
        _counted(
            timed.where(Deadline.attached_to.is_(None)),
            Deadline.element.expression,
            Deadline.case_id.expression,
            ran_out,
        ),
        _counted(
            timed.where(Deadline.attached_to.in_(sorted(scopes))),
            Deadline.attached_to.expression,
            Deadline.case_id.expression,
            ran_out,
        ),
    )
    spots: dict[str, Spot] = {}
    for element, times, cases, overdue in session.execute(counted):
        spots[element] = Spot(element, times, cases, overdue)
    one_in = -(-sum(spot.times for spot in spots.values()) // SAMPLED) or 1
    stays: dict[str, list[float]] = {}
    for element, start, end in session.execute(_stays(asked, timed, scopes, one_in)):
        stays.setdefault(element, []).append(calendar.working_minutes(start, end, provisional=True))
    for element, minutes in stays.items():
        minutes.sort()
        spots[element] = replace(spots[element], median=up_to(minutes, 0.5), ninth=up_to(minutes, 0.9))
    for element, returned, turned in session.execute(_steered(process_id, period, within)):
        spots[element] = replace(spots.get(element, Spot(element)), returned=returned, turned=turned)
    return HeatMap(spots, one_in)


def held_back(heat: HeatMap) -> HeatMap:
    """For those who read no case: numbers about too few are None (`cases.told`)."""
    spots = {}
    for element, spot in heat.spots.items():
        few = told(spot.cases) is None
        spots[element] = replace(
            spot,
            times=0 if few else spot.times,
            cases=told(spot.cases),
            overdue=None if few else told(spot.overdue),
            returned=None if few else told(spot.returned),
            turned=None if few else told(spot.turned),
            median=None if few else spot.median,
            ninth=None if few else spot.ninth,
        )
    return replace(heat, spots=spots)


def behind_spot(
    session: Session,
    process_id: str,
    element: str,
    heat: Heat,
    period: Period,
    within: Within,
    *,
    scopes: Collection[str],
    page: int = 1,
) -> Behind:
    """The cases behind a number, those first that came here the longest ago. Four statements."""
    ids = _cases_of(process_id, element, heat, period, within, scopes)
    total = session.execute(select(func.count()).select_from(ids.order_by(None).subquery())).scalar_one()
    first = PAGE * (max(page, 1) - 1)
    wanted = [row[0] for row in session.execute(ids.limit(PAGE).offset(first))]
    rows, units = placed(session, wanted)
    return Behind(rows, units, total, first + 1)


def _asked(process_id: str, period: Period, within: Within) -> Select[Any]:
    """What people were asked, and what ended within the period: answered, or no longer needed."""
    return (
        select(Task.id)
        .join(Case, Case.id == Task.case_id)
        .where(Task.process == process_id, Task.closed_at.is_not(None), period.holds(Task.closed_at.expression))
        .where(within.cases())
    )


def _timed(process_id: str, period: Period, within: Within) -> Select[Any]:
    return (
        select(Deadline.id)
        .join(Case, Case.id == Deadline.case_id)
        .where(Deadline.process == process_id, Deadline.closed_at.is_not(None))
        .where(period.holds(Deadline.closed_at.expression))
        .where(within.cases())
    )


def _counted(
    rows: Select[Any], element: ColumnElement[Any], case_id: ColumnElement[Any], late: ColumnElement[Any]
) -> Select[Any]:
    return rows.with_only_columns(
        element, func.count(), func.count(case_id.distinct()), func.count(late.distinct())
    ).group_by(element)


def _stays(asked: Select[Any], timed: Select[Any], scopes: Collection[str], one_in: int) -> Any:
    tasks = asked.with_only_columns(Task.element, Task.opened_at, Task.closed_at)
    clocks = timed.where(Deadline.attached_to.in_(sorted(scopes))).with_only_columns(
        Deadline.attached_to, Deadline.started_at, Deadline.closed_at
    )
    if one_in > 1:
        tasks = tasks.where(Task.case_id % one_in == 0)
        clocks = clocks.where(Deadline.case_id % one_in == 0)
    return union_all(tasks, clocks)


def _steps_that_steered(process_id: str, period: Period, within: Within) -> Select[Any]:
    """Acts that turned a case, each with the task it came from: one completed at that instant, or moved away from."""
    moved_away = and_(HistoryEntry.act == "case.token_moved", Task.closed_at == HistoryEntry.at)
    return (
        select(HistoryEntry.case_id)
        .join(Task, and_(Task.case_id == HistoryEntry.case_id, or_(Task.completed_at == HistoryEntry.at, moved_away)))
        .join(Case, Case.id == HistoryEntry.case_id)
        .where(STEERED, period.holds(HistoryEntry.at.expression), Task.process == process_id)
        .where(within.cases())
    )


def _steered(process_id: str, period: Period, within: Within) -> Select[str, int, int]:
    back, turned = (case((which, HistoryEntry.case_id)) for which in (_IS_BACK, ~_IS_BACK))
    return (
        _steps_that_steered(process_id, period, within)
        .with_only_columns(Task.element, func.count(back.distinct()), func.count(turned.distinct()))
        .group_by(Task.element)
    )


def _cases_of(
    process_id: str, element: str, heat: Heat, period: Period, within: Within, scopes: Collection[str]
) -> Select[Any]:
    if heat in (Heat.RETURNED, Heat.TURNED):
        acts = _steps_that_steered(process_id, period, within).where(Task.element == element)
        chosen = acts.where(_IS_BACK if heat is Heat.RETURNED else ~_IS_BACK)
        return (
            chosen.with_only_columns(HistoryEntry.case_id)
            .group_by(HistoryEntry.case_id)
            .order_by(func.max(HistoryEntry.at).desc(), HistoryEntry.case_id)
        )
    tasks = _asked(process_id, period, within).where(Task.element == element)
    own = and_(Deadline.element == element, Deadline.attached_to.is_(None))
    at_its_edge = and_(Deadline.attached_to == element, Deadline.attached_to.in_(sorted(scopes)))
    clocks = _timed(process_id, period, within).where(or_(own, at_its_edge))
    if heat is Heat.OVERDUE:
        tasks = tasks.where(Task.closed_at >= Task.due_at)
        clocks = clocks.where(Deadline.state == DeadlineState.BREACHED.value)
    stays = union_all(
        tasks.with_only_columns(Task.case_id.label("case_id"), Task.opened_at.label("start")),
        clocks.with_only_columns(Deadline.case_id, Deadline.started_at),
    ).subquery()
    return select(stays.c.case_id).group_by(stays.c.case_id).order_by(func.min(stays.c.start), stays.c.case_id)


_IS_BACK = HistoryEntry.act == "case.returned"


def up_to(minutes: Sequence[float], share: float) -> float:
    """The least of sorted values that so large a share does not exceed, between two of them in proportion."""
    at = (len(minutes) - 1) * share
    low = int(at)
    high = min(low + 1, len(minutes) - 1)
    return minutes[low] + (minutes[high] - minutes[low]) * (at - low)

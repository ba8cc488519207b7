"""The five numbers of the board: what each counts, and the cases behind it. Live, never from yesterday's count.

A number and its list are made from one condition, so that they cannot differ. All are answered from the partial
indexes `ix_case_open`, `ix_case_closed`, `ix_visit_moved` and `ix_deadline_tier_clock`, whatever else the tables hold.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case, Visit
from engine.deadlines import Deadline, WorkingCalendar, parse_length
from engine.escalation import RISES
from engine.people import Viewer
from engine.tasks import outside_wall
from engine.territory import Unit, ancestors, subtree_bounds, units_by_id

PAGE = 30
RISEN_WITHIN = timedelta(days=7)
CLOSED_WITHIN = timedelta(days=30)
SOON = parse_length("1wd")


class Figure(enum.StrEnum):
    """In the order of the board: what is wrong first.

    overdue: open, and the limit of the whole case or of the highest tier has passed.
    soon: open, and the limit at the present tier ends within a working day.
    risen: moved up a tier within seven days, whatever became of it.
    open: not closed, withdrawn or merged.
    in_time: of the cases closed within thirty days, those whose limit had not passed.
    """

    OVERDUE = "overdue"
    SOON = "soon"
    RISEN = "risen"
    OPEN = "open"
    IN_TIME = "in_time"


@dataclass(frozen=True, slots=True)
class Count:
    """How many; of `in_time`, how many of `out_of`."""

    value: int
    out_of: int | None = None

    @property
    def share(self) -> int | None:
        """In thousandths; None when there is nothing to share."""
        return round(1000 * self.value / self.out_of) if self.out_of else None


@dataclass(frozen=True, slots=True)
class Behind:
    """A page of the cases behind a number: each with its running tier clock and its place, highest unit first."""

    rows: Sequence[tuple[Case, Deadline | None, Sequence[Unit]]]
    units: Mapping[str, Unit]
    total: int
    first: int
    """Which of all the first row is, from 1."""


@dataclass(frozen=True, slots=True)
class Within:
    """Whose cases count: those placed in the subtree of a unit that the viewer may see; of None: everybody's."""

    unit_id: str
    viewer: Viewer | None = None

    def condition(self) -> ColumnElement[bool]:
        seen = and_(below(Case.place_id.expression, self.unit_id), Case.confidential.is_(False))
        return seen if self.viewer is None else and_(seen, outside_wall(self.viewer, Case.id.expression))


def below(column: ColumnElement[str], unit_id: str) -> ColumnElement[bool]:
    """Whether a column lies in a subtree: one range of an index, and then exactly."""
    first, end = subtree_bounds(unit_id)
    return and_(column >= unit_id, column < end, or_(column == unit_id, column >= first))


def count(session: Session, figure: Figure, within: Within, *, calendar: WorkingCalendar, now: datetime) -> Count:
    """One statement over an index."""
    ids = _ids(figure, within, calendar, now)
    if figure is Figure.IN_TIME:
        closed, late = session.execute(ids.with_only_columns(func.count(), func.count(Case.overdue_at))).one()
        return Count(closed - late, closed)
    return Count(session.execute(select(func.count()).select_from(ids.distinct().subquery())).scalar_one())


def behind(
    session: Session, figure: Figure, within: Within, *, calendar: WorkingCalendar, now: datetime, page: int = 1
) -> Behind:
    """The cases behind a number, the most pressing first. Four statements."""
    ids = _ids(figure, within, calendar, now)
    total = session.execute(select(func.count()).select_from(ids.distinct().subquery())).scalar_one()
    first = PAGE * (max(page, 1) - 1)
    wanted = list(session.scalars(_ordered(figure, ids).limit(PAGE).offset(first)))
    clock = and_(Deadline.case_id == Case.id, Deadline.state == "armed", Deadline.step == "handle")
    found = {
        case.id: (case, deadline)
        for case, deadline in session.execute(
            select(Case, Deadline).outerjoin(Deadline, clock).where(Case.id.in_(wanted))
        )
    }
    rows = [found[each] for each in wanted if each in found]
    units = units_by_id(session, {u for case, _ in rows for u in (*ancestors(case.place_id), case.holder_id)})
    return Behind(
        [(case, tier, [units[u] for u in reversed(ancestors(case.place_id)) if u in units]) for case, tier in rows],
        units,
        total,
        first + 1,
    )


def soon_until(calendar: WorkingCalendar, now: datetime) -> datetime:
    return calendar.due(now, SOON, provisional=True).at


IS_OPEN = Case.closed_at.is_(None)


def _ids(figure: Figure, within: Within, calendar: WorkingCalendar, now: datetime) -> Select[int]:
    """The ids of the cases behind a number; `risen` may name one twice."""
    mine = select(Case.id).where(within.condition())
    match figure:
        case Figure.OVERDUE:
            return mine.where(IS_OPEN, Case.overdue_at.is_not(None))
        case Figure.SOON:
            return (
                mine.join(Deadline, Deadline.case_id == Case.id)
                .where(Deadline.state == literal_column("'armed'"), Deadline.step == literal_column("'handle'"))
                .where(Deadline.due_at > now, Deadline.due_at <= soon_until(calendar, now), IS_OPEN)
            )
        case Figure.RISEN:
            return (
                mine.join(Visit, Visit.case_id == Case.id)
                .where(Visit.seq > literal_column("1"), Visit.entered_at >= now - RISEN_WITHIN)
                .where(Visit.entered_at <= now, Visit.reason.in_(sorted(RISES)))
            )
        case Figure.OPEN:
            return mine.where(IS_OPEN)
        case Figure.IN_TIME:
            closed = Case.state == literal_column("'closed'")
            return mine.where(closed, Case.closed_at >= now - CLOSED_WITHIN, Case.closed_at <= now)
    assert_never(figure)


def _ordered(figure: Figure, ids: Select[int]) -> Select[int]:
    match figure:
        case Figure.OVERDUE:
            return ids.order_by(Case.overdue_at, Case.id)
        case Figure.SOON:
            return ids.order_by(Deadline.due_at, Case.id)
        case Figure.RISEN:
            return ids.group_by(Case.id).order_by(func.max(Visit.entered_at).desc(), Case.id)
        case Figure.OPEN:
            return ids.order_by(Case.id)
        case Figure.IN_TIME:
            return ids.order_by(Case.overdue_at.is_(None), Case.closed_at.desc(), Case.id)
    assert_never(figure)

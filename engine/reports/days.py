"""The figures day by day: kept once a day for each unit that is led, read as a trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.deadlines import WorkingCalendar
from engine.people import ACTS, Membership, Person
from engine.reports.figures import Count, Figure, Within, count
from engine.reports.model import DayFigure
from engine.store import table_of

TREND = 14
"""So many days back a trend is drawn."""


def keep_day(session: Session, *, calendar: WorkingCalendar, now: datetime) -> int:
    """Writes today's figures for units that are led and have none yet; gives for how many units.

    Harmless when run twice or by two nodes: what stands is left standing. A day without a tick stays without figures.
    """
    day = now.astimezone(calendar.tz).date()
    led = (
        select(Membership.unit_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.role.in_(sorted(ACTS["board.read"])), Person.active)
        .distinct()
    )
    kept = select(DayFigure.unit_id).where(DayFigure.day == day)
    units = session.scalars(led.where(Membership.unit_id.not_in(kept)).order_by(Membership.unit_id)).all()
    rows = [
        {"unit_id": unit, "day": day, "figure": figure.value, "value": value}
        for unit in units
        for figure in Figure
        if (value := worth(count(session, figure, Within(unit), calendar=calendar, now=now))) is not None
    ]
    if rows:
        session.execute(_KEEP[session.get_bind().dialect.name], rows)
    return len(units)


def trends(
    session: Session, unit_id: str, *, calendar: WorkingCalendar, now: datetime
) -> Mapping[Figure, Sequence[int]]:
    """Up to `TREND` values of each figure before today, oldest first; days without figures are left out."""
    today = now.astimezone(calendar.tz).date()
    found: dict[Figure, list[int]] = {figure: [] for figure in Figure}
    rows = session.execute(_BEFORE, {"unit_id": unit_id, "first": _first_day(today), "today": today})
    for figure, value in rows:
        found[Figure(figure)].append(value)
    return found


_BEFORE = (
    select(DayFigure.figure, DayFigure.value)
    .where(DayFigure.unit_id == bindparam("unit_id"))
    .where(DayFigure.day >= bindparam("first"), DayFigure.day < bindparam("today"))
    .order_by(DayFigure.day)
)


def worth(counted: Count) -> int | None:
    """What a trend draws: the number, or the share in thousandths."""
    return counted.value if counted.out_of is None else counted.share


def _first_day(today: date) -> date:
    return today - timedelta(days=TREND)


_KEEP = {
    dialect: insert(table_of(DayFigure)).on_conflict_do_nothing()
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}

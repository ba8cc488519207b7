"""The figures day by day: kept once a day for each unit that is led, read as a trend."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.deadlines import WorkingCalendar
from engine.people import ACTS, Membership, Person
from engine.reports.figures import Count, Figure, Within, count, with_a_wall
from engine.reports.model import DayFigure
from engine.store import table_of
from engine.territory import is_top, is_within

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
    rows: list[dict[str, Any]] = []
    for figure in Figure if units else ():
        walled = with_a_wall(session, figure, calendar=calendar, now=now)
        for unit in units:
            counted = count(session, figure, Within(unit), calendar=calendar, now=now)
            if (value := worth(counted)) is not None:
                told = {"value": value, "out_of": counted.out_of, "walled": _below(unit, walled)}
                rows.append({"unit_id": unit, "day": day, "figure": figure.value, **told})
    if rows:
        session.execute(_KEEP[session.get_bind().dialect.name], rows)
        session.execute(_FORGET, {"units": units, "first": _first_day(day)})
    return len(units)


def trends(
    session: Session, within: Within, *, calendar: WorkingCalendar, now: datetime
) -> Mapping[Figure, Sequence[int]]:
    """Up to `TREND` values of each figure before today, oldest first; days without figures are left out. One statement.

    Whoever is shut out of cases sees every day without those that had their wall by then; before, they were no secret.
    """
    today = now.astimezone(calendar.tz).date()
    found: dict[Figure, list[int]] = {figure: [] for figure in Figure}
    asked = {"unit_id": within.unit_id, "first": _first_day(today), "today": today}
    if hidden := within.hidden(session):
        told = session.execute(_BEFORE.add_columns(DayFigure.out_of, DayFigure.walled), asked)
        rows = [(figure, _without(hidden, *kept)) for figure, *kept in told]
    else:
        rows = [(figure, value) for figure, value in session.execute(_BEFORE, asked)]
    for figure, value in rows:
        if value is not None:
            found[Figure(figure)].append(value)
    return found


_BEFORE = (
    select(DayFigure.figure, DayFigure.value)
    .where(DayFigure.unit_id == bindparam("unit_id"))
    .where(DayFigure.day >= bindparam("first"), DayFigure.day < bindparam("today"))
    .order_by(DayFigure.day)
)
_FORGET = (
    update(DayFigure)
    .where(DayFigure.unit_id.in_(bindparam("units", expanding=True)), DayFigure.day < bindparam("first"))
    .where(DayFigure.walled.is_not(None))
    .values(walled=None)
)


def _below(unit_id: str, walled: Sequence[tuple[int, str, bool]]) -> list[list[int]] | None:
    """Those of the cases that a unit's figure counts, each once."""
    here = {case_id: int(above) for case_id, place, above in walled if is_top(unit_id) or is_within(place, unit_id)}
    return [[case_id, above] for case_id, above in sorted(here.items())] or None


def _without(hidden: Collection[int], value: int, out_of: int | None, walled: Sequence[Any] | None) -> int | None:
    """What a kept value is to whoever does not see some cases: as it would have been counted without them. Pure."""
    gone = [above for case_id, above in walled or () if case_id in hidden]
    if not gone:
        return value
    if out_of is None:
        return value - len(gone)
    return worth(Count(round(value * out_of / 1000) - sum(gone), out_of - len(gone)))


def worth(counted: Count) -> int | None:
    """What a trend draws: the number, or the share in thousandths."""
    return counted.value if counted.out_of is None else counted.share


def _first_day(today: date) -> date:
    return today - timedelta(days=TREND)


_KEEP = {
    dialect: insert(table_of(DayFigure)).on_conflict_do_nothing()
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}

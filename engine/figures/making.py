"""The parts of a report, each made from one question and kept as plain values that pages and files are written from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy.orm import Session

from engine import reports
from engine.cases import Case
from engine.figures.catalogue import metric_of, metrics_of
from engine.figures.population import people_in
from engine.people import Viewer
from engine.process import World
from engine.reports import Ask, Measured, Metric, Period, Value, Within
from engine.territory import children

MONTHS = 13
"""So many months the trend shows, the last one being that of the report's end."""
MOST = 15
RESOLVED = "resolution_rate"
COMPARED = ("received_total", RESOLVED, "overdue_rate")
"""What neighbouring units are compared by in a report."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report to be made: a unit, days (both inclusive), the instant as of which all is told, and for whom.

    What is kept is made for nobody and counts everybody's cases; `viewer` leaves out those behind their wall.
    """

    unit_id: str
    first: date
    last: date
    as_of: datetime
    viewer: Viewer | None = None


def ask_of(world: World, wanted: Wanted) -> Ask:
    return Ask(
        period(world, wanted.first, wanted.last),
        Within(wanted.unit_id, wanted.viewer),
        wanted.as_of,
        repeat_days=world.config.reports.repeat_days,
    )


def period(world: World, first: date, last: date) -> Period:
    tz = world.calendar.tz
    return Period(datetime.combine(first, time(), tz), datetime.combine(last + timedelta(days=1), time(), tz))


def a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def earlier(world: World, ask: Ask, wanted: Wanted) -> Ask:
    """The same calendar days a year before."""
    return reports.a_year_before(ask, period(world, a_year_before(wanted.first), a_year_before(wanted.last)))


def figures(session: Session, world: World, wanted: Wanted) -> Any:
    """Every metric: [what `line` gives]."""
    ask = ask_of(world, wanted)
    found = reports.measure(session, metrics_of(world), ask, before=earlier(world, ask, wanted))
    return [line(each) for each in found.values()]


def line(measured: Measured) -> dict[str, Any]:
    """A figure as plain values: numbers exact, what is printed as text."""
    metric, value, before = measured.metric, measured.value, measured.before
    return {
        "id": metric.id,
        "group": metric.group.value,
        "name": [metric.name.zh, metric.name.en],
        "formula": [metric.formula.zh, metric.formula.en],
        "version": metric.version,
        "rounding": metric.rounding.value,
        "decimals": metric.decimals,
        "shape": metric.shape.value,
        "above": value.above,
        "below": value.below,
        "shown": _text(reports.shown(metric, value)),
        "before": None if before is None else [before.above, before.below, _text(reports.shown(metric, before))],
        "change": None if before is None else _text(reports.moved(metric, value, before)),
    }


def ladder(session: Session, world: World, wanted: Wanted) -> Any:
    """How long matters stayed, by tier: [tier, stays, median, ninth], minutes of working time."""
    found = reports.dwell(session, ask_of(world, wanted), calendar=world.calendar)
    return [
        [tier, found[tier].stays, round(found[tier].median, 1), round(found[tier].ninth, 1)]
        for tier in world.tiers.names
        if tier in found
    ]


def units(session: Session, world: World, wanted: Wanted) -> Any:
    """Units right below, compared: by metric, [unit, zh, en, above, below, shown, against expected, per 10,000]."""
    below = [unit for unit in children(session, wanted.unit_id) if unit.valid_to is None]
    ask = ask_of(world, wanted)
    told: dict[str, Any] = {}
    for name in COMPARED if below else ():
        metric = metric_of(world, name)
        told[name] = [
            [
                *(row.unit.id, row.unit.name_zh, row.unit.name_en, row.value.above, row.value.below),
                _text(reports.shown(metric, row.value)),
                None if row.against_expected is None else round(row.against_expected, 2),
                None if row.per_10_000 is None else round(row.per_10_000, 1),
            ]
            for row in reports.compare_units(session, metric, ask, below, people_in(world.config))
        ]
    return told


def channels(session: Session, world: World, wanted: Wanted) -> Any:
    return _split(session, world, wanted, Case.channel)


def categories(session: Session, world: World, wanted: Wanted) -> Any:
    return _split(session, world, wanted, Case.category)


def _split(session: Session, world: World, wanted: Wanted, column: Any) -> Any:
    """[key, received, resolved, rate as printed], the most frequent first; the rest together under ``."""
    metric = metric_of(world, RESOLVED)
    found = sorted(
        reports.by(session, metric, ask_of(world, wanted), column).items(), key=lambda pair: -(pair[1].below or 0)
    )
    shown, rest = found[:MOST], found[MOST:]
    if rest:
        shown.append(("", Value(sum(v.above for _, v in rest), sum(v.below or 0 for _, v in rest))))
    return [[key, value.below, value.above, _text(reports.shown(metric, value))] for key, value in shown]


def months(session: Session, world: World, wanted: Wanted) -> Any:
    """[year-month, received, resolved of them, rate], the earliest first, as far as each was known as of the report."""
    metric = metric_of(world, RESOLVED)
    found = by_month(session, world, metric, ask_of(world, wanted), wanted.last)
    return [[f"{first:%Y-%m}", value.below, value.above, _text(reports.shown(metric, value))] for first, value in found]


def by_month(session: Session, world: World, metric: Metric, ask: Ask, last: date) -> Sequence[tuple[date, Value]]:
    """A metric in the last months up to that of a day: the first day of each, earliest first. One statement."""
    firsts = last_months(last)
    after = (firsts[-1] + timedelta(days=31)).replace(day=1)
    spans = [period(world, first, then - timedelta(days=1)) for first, then in pairwise([*firsts, after])]
    return list(zip(firsts, reports.in_parts(session, metric, ask, spans), strict=True))


def last_months(day: date) -> Sequence[date]:
    """The first days of the months up to that of a day, earliest first."""
    number = day.year * 12 + day.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - MONTHS + 1, number + 1)]


def rules(session: Session, world: World, wanted: Wanted) -> Any:
    """Rules of triage: [rule, fired, overruled], most often overruled first."""
    found = reports.overruled(session, ask_of(world, wanted))
    return [[each.rule, each.fired, each.overruled] for each in found[:MOST]]


PARTS: Mapping[str, Callable[[Session, World, Wanted], Any]] = {
    "figures": figures,
    "ladder": ladder,
    "units": units,
    "channels": channels,
    "categories": categories,
    "months": months,
    "rules": rules,
}
"""In the order they are made."""


def _text(number: Any) -> str | None:
    return None if number is None else str(number)

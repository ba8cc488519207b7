"""What everybody may know: how many matters a finished month brought, how many were resolved and how many in time.

Small counts are left out, so that nobody recognises a neighbour, and with each of them so many others that no total
gives it away. A month is counted once, as it stood at its end, and never again: two readings taken at different times
say the same, and nothing is learnt from their difference. Confidential matters are in no count, nor are those about a
unit or a handler of the district: whoever is complained about would learn of it by taking away what they may count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import reports
from engine.cases import Case
from engine.clock import Clock
from engine.figures.catalogue import metric_of
from engine.figures.model import PublicMonth
from engine.process import World
from engine.reports import Ask, Metric, Period, Value, Within
from engine.store import Store, table_of
from engine.territory import Unit, children

LEAST = 5
"""Counts from one up to here are not told."""
MONTHS = 12
REST = "other"
"""Matters known no closer than the whole area, or of a place that is no more."""

COUNTED: Mapping[str, str] = {"received": "received_total", "resolved": "solve_rate", "due": "overdue_rate"}
"""What is told, and the metric it is taken from: of `resolved` what stands above the line, of `due` what is below."""


def keep_month(session: Session, world: World, *, now: datetime) -> date | None:
    """Counts the earliest of the last finished months that is not kept yet; None when all are.

    Harmless when run twice or by two nodes: what stands is left standing. About a dozen statements.
    """
    month = _next(session, world, now)
    if month is None:
        return None
    told = _told(session, world, month)
    keep = _KEEP[session.get_bind().dialect.name]
    session.execute(keep, [{"month": month, "made_at": now, "told": told}])
    return month


def keep_months(store: Store, world: World, clock: Clock) -> int:
    """Counts every month that has ended and is not kept yet, each in a transaction of its own; gives how many."""
    done = 0
    while done < MONTHS:
        with store.transaction() as session:
            if keep_month(session, world, now=clock.now()) is None:
                break
        done += 1
    return done


def public_months(session: Session) -> Sequence[PublicMonth]:
    """What is told, the newest month first. One statement."""
    return session.scalars(select(PublicMonth).order_by(PublicMonth.month.desc()).limit(MONTHS)).all()


def without_small(counts: Mapping[str, int], *, least: int = LEAST) -> dict[str, int | None]:
    """The counts that may be told beside their total; None for those that may not. Pure.

    Nothing is told of a count from one up to `least`. A single one could be had from the total, and some that are
    small together as well: so the next larger counts are left out until at least two are, that are `least` together.
    """
    kept: dict[str, int | None] = dict(counts)
    hidden = [key for key, number in counts.items() if 0 < number < least]
    others = sorted((number, key) for key, number in counts.items() if number >= least)
    while hidden and others and (len(hidden) < 2 or sum(counts[key] for key in hidden) < least):
        hidden.append(others.pop(0)[1])
    for key in hidden:
        kept[key] = None
    return kept


def total_of(counts: Mapping[str, int], *, least: int = LEAST) -> int | None:
    """The sum, unless it is small itself."""
    total = sum(counts.values())
    return None if 0 < total < least else total


def _next(session: Session, world: World, now: datetime) -> date | None:
    tz = world.calendar.tz
    this = now.astimezone(tz).date().replace(day=1)
    first = session.scalar(select(func.min(Case.received_at)))
    if first is None:
        return None
    begun = first.astimezone(tz).date().replace(day=1)
    kept = set(session.scalars(select(PublicMonth.month)))
    months = (_months_before(this, back) for back in range(MONTHS, 0, -1))
    return next((month for month in months if month >= begun and month not in kept), None)


def _months_before(month: date, back: int) -> date:
    number = month.year * 12 + month.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def _told(session: Session, world: World, month: date) -> dict[str, Any]:
    tz = world.calendar.tz
    begins, ends = (datetime.combine(day, time(), tz) for day in (month, _months_before(month, -1)))
    places = {root.id: children(session, root.id) for root in children(session, None)}
    counted: dict[str, dict[str, dict[str, Value]]] = {name: {"by_category": {}, "by_place": {}} for name in COUNTED}
    for name, metric_id in COUNTED.items():
        metric = metric_of(world, metric_id)
        for root, units in places.items():
            ask = Ask(Period(begins, ends), Within(root, published=True), ends - timedelta(microseconds=1))
            categories = reports.by(session, metric, ask, Case.category)
            _add(counted[name]["by_category"], ((key.partition(".")[0], value) for key, value in categories.items()))
            _add(counted[name]["by_place"], _by_place(session, metric, ask, units).items())
    told: dict[str, Any] = {name: _table(counted[name], _side(name)) for name in COUNTED}
    told["on_time"] = _in_time(counted["due"], told["due"])
    told["places"] = {unit.id: [unit.name_zh, unit.name_en] for units in places.values() for unit in units}
    return told


def _add(found: dict[str, Value], values: Iterable[tuple[str, Value]]) -> None:
    for key, value in values:
        found[key] = _plus(found.get(key), value)


def _by_place(session: Session, metric: Metric, ask: Ask, places: Sequence[Unit]) -> dict[str, Value]:
    found = {row.unit.id: row.value for row in reports.compare_units(session, metric, ask, places, {})}
    whole = reports.measure(session, [metric], ask)[metric.id].value
    here = Counter({"above": sum(each.above for each in found.values())})
    here["below"] = sum(each.below or 0 for each in found.values())
    rest = Value(whole.above - here["above"], None if whole.below is None else whole.below - here["below"])
    return {**found, REST: rest}


def _plus(one: Value | None, other: Value) -> Value:
    if one is None:
        return other
    return Value(one.above + other.above, None if other.below is None else (one.below or 0) + other.below)


def _side(name: str) -> str:
    return "below" if name == "due" else "above"


def _table(counted: Mapping[str, Mapping[str, Value]], side: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for by, values in counted.items():
        counts = {key: int(getattr(value, side) or 0) for key, value in values.items()}
        found["total"] = total_of(counts)
        found[by] = without_small(counts)
    return found


def _in_time(counted: Mapping[str, Mapping[str, Value]], due: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was due, what was in time; told wherever the number that was due is."""
    found: dict[str, Any] = {"total": None}
    for by, values in counted.items():
        in_time = {key: (value.below or 0) - value.above for key, value in values.items()}
        found[by] = {key: None if due[by][key] is None else number for key, number in in_time.items()}
        found["total"] = None if due["total"] is None else sum(in_time.values())
    return found


_KEEP = {
    dialect: insert(table_of(PublicMonth)).on_conflict_do_nothing()
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}

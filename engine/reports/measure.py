"""Counting metrics: many at once, month by month, unit by unit, and the rows behind one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Select, Text, case, func, literal_column, select, type_coerce
from sqlalchemy.orm import Session

from engine.cases import Case, Visit
from engine.history import HistoryEntry
from engine.reports.figures import PAGE, Behind, placed
from engine.reports.heat import Period
from engine.reports.metric import Ask, Metric, Value
from engine.reports.places import SEVERITIES
from engine.reports.population import Population
from engine.territory import Unit

Side = Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric with what it is now, and what it was in the same days a year before."""

    metric: Metric
    value: Value
    before: Value | None = None


def measure(
    session: Session, metrics: Sequence[Metric], ask: Ask, *, before: Ask | None = None
) -> Mapping[str, Measured]:
    """All metrics by id, each population read once. One statement, and one more for `before`."""
    values = _count(session, metrics, ask)
    earlier = {} if before is None else _count(session, metrics, before)
    return {each.id: Measured(each, values[each.id], earlier.get(each.id)) for each in metrics}


def a_year_before(ask: Ask, period: Period) -> Ask:
    """The same question about the same days a year earlier, as it could be answered just as long after them."""
    return replace(ask, period=period, as_of=ask.as_of - (ask.period.end - period.end))


def in_parts(session: Session, metric: Metric, ask: Ask, parts: Sequence[Period]) -> Sequence[Value]:
    """One metric over several spans, in their order. One statement."""
    populations = [Population(replace(ask, period=part), f"part{number}") for number, part in enumerate(parts)]
    counts = [_counted(rows(p)) for p in populations for rows in _sides(metric)]
    found = list(session.execute(select(*counts)).one())
    width = len(_sides(metric))
    return [Value(*found[at : at + width]) for at in range(0, len(found), width)]


def by(session: Session, metric: Metric, ask: Ask, column: Any) -> Mapping[str, Value]:
    """One metric split by a column of the case (`Case.channel`, `Case.category`). One statement for each side."""
    sides = []
    for rows in _sides(metric):
        items = _cases(metric, rows(Population(ask))).subquery()
        found = session.execute(
            select(column, func.sum(items.c.amount)).join(Case, Case.id == items.c.case_id).group_by(column)
        )
        sides.append({key: int(number) for key, number in found})
    keys = sorted(set().union(*sides))
    return {key: Value(*(side.get(key, 0) for side in sides)) for key in keys}


@dataclass(frozen=True, slots=True)
class Compared:
    """One unit beside its neighbours.

    `expected` is what would stand above the line here if each severity (as filed) were as it is in the whole area.
    """

    unit: Unit
    value: Value
    expected: float | None
    people: int | None

    @property
    def against_expected(self) -> float | None:
        """1.0 is as expected; None where too few are expected to say."""
        return self.value.above / self.expected if self.expected is not None and self.expected >= 1 else None

    @property
    def per_10_000(self) -> float | None:
        return 10_000 * self.value.above / self.people if self.people else None


def compare_units(
    session: Session, metric: Metric, ask: Ask, units: Sequence[Unit], people: Mapping[str, int]
) -> Sequence[Compared]:
    """Neighbouring units on one metric, in their own order. Two statements."""
    sides = [_by_place(session, metric, rows(Population(ask))) for rows in _sides(metric)]
    return fairly(units, sides, people)


def fairly(
    units: Sequence[Unit], sides: Sequence[Mapping[tuple[str, int], int]], people: Mapping[str, int]
) -> Sequence[Compared]:
    """Puts counts by (place, severity) beside each other, unit by unit. Pure."""
    found: list[Counter[tuple[str, int]]] = []
    for side in sides:
        counted: Counter[tuple[str, int]] = Counter()
        for (place, severity), number in side.items():
            for unit in units:
                if place == unit.id or place.startswith(unit.id + "."):
                    counted[unit.id, severity] += number
        found.append(counted)
    whole = [{s: sum(n for (_, each), n in side.items() if each == s) for s in SEVERITIES} for side in found]
    rows = []
    for unit in units:
        here = [{s: side[unit.id, s] for s in SEVERITIES} for side in found]
        expected = None
        if len(sides) == 2:
            shares = {s: whole[0][s] / whole[1][s] if whole[1][s] else 0.0 for s in SEVERITIES}
            expected = sum(here[1][s] * shares[s] for s in SEVERITIES)
        value = Value(*(sum(side.values()) for side in here))
        rows.append(Compared(unit, value, expected, people.get(unit.id)))
    return rows


def ids_behind(session: Session, metric: Metric, ask: Ask, side: Side) -> list[int]:
    """The ids of all rows on one side, in order. Of what counts for more than one, each once."""
    rows = _side(metric, side)(Population(ask))
    return sorted(row[0] for row in session.execute(rows))


def cases_behind(session: Session, metric: Metric, ask: Ask, side: Side, *, page: int = 1) -> Behind:
    """A page of the cases on one side, the latest first; of stays, a case once for each. Four statements."""
    items = _cases(metric, _side(metric, side)(Population(ask))).subquery()
    total = session.execute(select(func.count()).select_from(items)).scalar_one()
    first = PAGE * (max(page, 1) - 1)
    wanted = session.scalars(
        select(items.c.case_id).order_by(items.c.case_id.desc(), items.c.id).limit(PAGE).offset(first)
    ).all()
    rows, units = placed(session, wanted)
    return Behind(rows, units, total, first + 1)


def rows_behind(metric: Metric, ask: Ask, side: Side) -> Select[*tuple[Any, ...]]:
    """The query of one side, for registers that list rows of their own."""
    found: Select[*tuple[Any, ...]] = _side(metric, side)(Population(ask))
    return found


def _sides(metric: Metric) -> Sequence[Any]:
    return (metric.above,) if metric.below is None else (metric.above, metric.below)


def _side(metric: Metric, side: Side) -> Any:
    return metric.above if side == "above" or metric.below is None else metric.below


def _count(session: Session, metrics: Sequence[Metric], ask: Ask) -> dict[str, Value]:
    population = Population(ask)
    wanted = [(metric, [_counted(rows(population)) for rows in _sides(metric)]) for metric in metrics]
    if not wanted:
        return {}
    found = iter(session.execute(select(*(each for _, sides in wanted for each in sides))).one())
    return {metric.id: Value(*(int(next(found) or 0) for _ in sides)) for metric, sides in wanted}


def _counted(rows: Select[*tuple[Any, ...]]) -> Any:
    """How many rows; where they say how much each counts for, how much."""
    if "amount" in rows.selected_columns:
        items = rows.subquery()
        return select(func.coalesce(func.sum(items.c.amount), 0)).scalar_subquery()
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _cases(metric: Metric, rows: Select[*tuple[Any, ...]]) -> Select[Any]:
    """The rows of a metric with the case of each: id, case_id, amount."""
    items = rows.subquery()
    one: Any = literal_column("1").label("amount")
    if metric.about == "stay":
        return select(items.c.id, Visit.case_id, one).join(Visit, Visit.id == items.c.id)
    if "case_id" in items.c:
        return select(items.c.id, items.c.case_id, one)
    return select(items.c.id, items.c.id.label("case_id"), one)


def _by_place(session: Session, metric: Metric, rows: Select[*tuple[Any, ...]]) -> Mapping[tuple[str, int], int]:
    """How many rows by place and by severity as filed."""
    items = _cases(metric, rows).subquery()
    filed = type_coerce(HistoryEntry.facts, Text)
    severity = case(*((filed.like(f'%"severity":{each}%'), each) for each in SEVERITIES), else_=1)
    found = session.execute(
        select(Case.place_id, severity, func.sum(items.c.amount))
        .select_from(items)
        .join(Case, Case.id == items.c.case_id)
        .join(HistoryEntry, (HistoryEntry.case_id == Case.id) & (HistoryEntry.seq == literal_column("1")))
        .group_by(Case.place_id, severity)
    )
    return {(place, severe): int(number) for place, severe, number in found}

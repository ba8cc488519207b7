"""How the places below a unit stand, and how to compare them fairly. Two statements, however many cases there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from engine.cases import Case
from engine.reports.figures import IS_OPEN, Within
from engine.territory import OFFICE, Unit, subtree_bounds

SEVERITIES = (1, 2, 3, 4)
PLACE, HOUSE = aliased(Unit), aliased(Unit)


@dataclass(frozen=True, slots=True)
class Standing:
    """One place: its open cases, how many of them are overdue, and how many were to be expected.

    `expected` is what would be overdue here if each severity were overdue as often as in the whole area: a place with
    graver matters may have more. `places` is how many units of the lowest tier lie in it.
    """

    unit: Unit
    is_rest: bool
    """Whether these are the cases known no closer than the area itself."""
    open: int
    overdue: int
    expected: float
    places: int

    @property
    def share(self) -> int:
        """How many of a hundred open cases are overdue."""
        return round(100 * self.overdue / self.open) if self.open else 0

    @property
    def against_expected(self) -> float | None:
        """1.0 is as expected; None where too few are expected to say."""
        return self.overdue / self.expected if self.expected >= 1 else None

    @property
    def per_hundred(self) -> float | None:
        """Open cases for each hundred units of the lowest tier."""
        return 100 * self.open / self.places if self.places else None


def standings(session: Session, within: Within, *, lowest: str) -> Sequence[Standing]:
    """The places right below a unit in their own order, and last what is known no closer, if anything. Two statements.

    Places that are no longer valid are left out when nothing is open there.
    """
    placed, graver_or_late = _counted(within, lowest)
    units = session.execute(placed).all()
    rows = session.execute(graver_or_late).all()
    return compare(
        within.unit_id,
        [(unit, number, houses) for unit, number, houses in units],
        graver=_told_apart(row for row in rows if row[0] == "graver"),
        overdue=_told_apart(row for row in rows if row[0] == "late"),
    )


def _told_apart(rows: Iterable[Any]) -> list[tuple[str, int, int]]:
    """(unit id, severity, cases) of rows that have a number for each severity."""
    return [(row[1], severity, many) for row in rows for severity, many in zip(SEVERITIES, row[2:], strict=True)]


@lru_cache(maxsize=512)
def _counted(within: Within, lowest: str) -> tuple[Select[Any], CompoundSelect[Any]]:
    """Put into words once per area and viewer; holds no row.

    Few cases are graver than 1 or overdue, so these are counted one by one; the others are the rest.
    """
    unit, house = PLACE, HOUSE
    area = and_(or_(unit.parent_id == within.unit_id, unit.id == within.unit_id), unit.tier != OFFICE)
    counted = select(func.count()).where(IS_OPEN, within.seen(), _lies_in(Case.place_id.expression, unit, within))
    is_house = and_(house.tier == lowest, house.valid_to.is_(None))
    houses = select(func.count()).where(is_house, _lies_in(house.id.expression, unit, within))
    units = (
        select(unit, counted.correlate(unit).scalar_subquery(), houses.correlate(unit).scalar_subquery())
        .where(area)
        .order_by(unit.seq, unit.id)
    )
    graver, late = Case.severity > literal_column("1"), Case.overdue_at.is_not(None)
    by_severity = [func.count().filter(Case.severity == severity) for severity in SEVERITIES]
    return units, union_all(
        *(
            select(literal(kind), unit.id, *by_severity)
            .join(Case, _lies_in(Case.place_id.expression, unit, within))
            .where(area, IS_OPEN, condition, within.seen())
            .group_by(unit.id)
            for kind, condition in (("graver", graver), ("late", late))
        )
    )


def compare(
    unit_id: str,
    units: Iterable[tuple[Unit, int, int]],
    *,
    graver: Iterable[tuple[str, int, int]],
    overdue: Iterable[tuple[str, int, int]],
) -> Sequence[Standing]:
    """Puts (unit, open, units of the lowest tier) and (unit id, severity, cases) beside each other. Pure."""
    units = list(units)
    standing: Counter[tuple[str, int]] = Counter()
    late: Counter[tuple[str, int]] = Counter()
    for place, severity, number in graver:
        standing[place, severity] += number
    for place, severity, number in overdue:
        late[place, severity] += number
    for unit, number, _houses in units:
        standing[unit.id, 1] = number - sum(standing[unit.id, severity] for severity in SEVERITIES[1:])
    share = {s: _share(_of(late, s), _of(standing, s)) for s in SEVERITIES}
    found = [
        Standing(
            unit,
            unit.id == unit_id,
            number,
            sum(late[unit.id, severity] for severity in SEVERITIES),
            sum(standing[unit.id, severity] * share[severity] for severity in SEVERITIES),
            houses,
        )
        for unit, number, houses in units
    ]
    kept = [each for each in found if each.open or (not each.is_rest and each.unit.valid_to is None)]
    return sorted(kept, key=lambda each: each.is_rest)


def _of(counted: Counter[tuple[str, int]], severity: int) -> int:
    return sum(number for (_place, each), number in counted.items() if each == severity)


def _share(some: int, of: int) -> float:
    return some / of if of else 0.0


def _lies_in(column: ColumnElement[Any], unit: type[Unit], within: Within) -> ColumnElement[bool]:
    """Whether a column lies in a unit's subtree or, for the area itself, is just that; one range of an index."""
    first, end = subtree_bounds("")
    return and_(column >= unit.id, column < case((unit.id == within.unit_id, unit.id + first), else_=unit.id + end))

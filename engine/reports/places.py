"""How the places below a unit stand, and how to compare them fairly. One statement, however many cases there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from engine.cases import Case
from engine.reports.figures import IS_OPEN, Within
from engine.territory import Unit, subtree_bounds


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
    unit, place = aliased(Unit), aliased(Unit)
    child = unit.parent_id == within.unit_id
    counted = (func.count(), func.count(Case.overdue_at))
    rows = session.execute(
        union_all(
            select(unit.id, Case.severity, *counted)
            .join(Case, _lies_in(Case.place_id.expression, unit))
            .where(child, IS_OPEN, within.condition())
            .group_by(unit.id, Case.severity),
            select(literal(within.unit_id), Case.severity, *counted)
            .where(Case.place_id == within.unit_id, IS_OPEN, within.condition())
            .group_by(Case.severity),
        )
    ).all()
    houses = (
        select(func.count())
        .where(place.tier == lowest, place.valid_to.is_(None), _lies_in(place.id.expression, unit))
        .correlate(unit)
        .scalar_subquery()
    )
    units = session.execute(
        select(unit, houses).where(or_(child, unit.id == within.unit_id)).order_by(unit.seq, unit.id)
    ).all()
    return compare(within.unit_id, [(row[0], row[1], row[2], row[3]) for row in rows], [(r[0], r[1]) for r in units])


def compare(
    unit_id: str, counted: Iterable[tuple[str, int, int, int]], units: Iterable[tuple[Unit, int]]
) -> Sequence[Standing]:
    """Puts (unit, severity, open, overdue) beside each other. Pure."""
    counted = list(counted)
    of_severity, overdue_of = Counter[int](), Counter[int]()
    open_in, overdue_in = Counter[str](), Counter[str]()
    for place, severity, number, overdue in counted:
        of_severity[severity] += number
        overdue_of[severity] += overdue
        open_in[place] += number
        overdue_in[place] += overdue
    expected: dict[str, float] = {}
    for place, severity, number, _ in counted:
        expected[place] = expected.get(place, 0.0) + number * overdue_of[severity] / of_severity[severity]
    found = [
        Standing(unit, unit.id == unit_id, open_in[unit.id], overdue_in[unit.id], expected.get(unit.id, 0.0), places)
        for unit, places in units
    ]
    kept = [each for each in found if each.open or (not each.is_rest and each.unit.valid_to is None)]
    return sorted(kept, key=lambda each: each.is_rest)


def _lies_in(column: ColumnElement[str], unit: type[Unit]) -> ColumnElement[bool]:
    first, end = subtree_bounds("")
    return and_(column >= unit.id, column < unit.id + end, or_(column == unit.id, column >= unit.id + first))

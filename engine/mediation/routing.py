"""Which organisations a case may go to, best first, each with why. The order is a rule of its own: `ranked`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.cases import Wall
from engine.mediation.model import EVERYTHING, Area, Organisation, Referral, Subject
from engine.territory import Unit, ancestors

MOST_PROPOSED = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """How an organisation fits a case: the area and the subject that take it, and what it carries now."""

    unit_id: str
    area: str
    subject: str
    load: int
    capacity: int

    @property
    def is_full(self) -> bool:
        return self.load >= self.capacity


@dataclass(frozen=True, slots=True)
class Candidate:
    """`fit` is None for one that nobody proposes: its areas or subjects do not take the case."""

    organisation: Organisation
    unit: Unit
    area: Unit | None
    fit: Fit | None


def ranked(fits: Iterable[Fit]) -> list[Fit]:
    """Those with room first; then who knows the matter best, who is nearest, who carries least. Pure."""
    return sorted(
        fits,
        key=lambda fit: (
            fit.is_full,
            -_narrow(fit),
            -fit.area.count("."),
            fit.load / fit.capacity if fit.capacity else 1.0,
            fit.unit_id,
        ),
    )


def best_fits(rows: Iterable[tuple[str, int, str, str]], loads: Mapping[str, int]) -> list[Fit]:
    """One for each organisation: its nearest area and its narrowest subject. Rows: (id, capacity, area, subject)."""
    best: dict[str, Fit] = {}
    for unit_id, capacity, area, subject in rows:
        fit = Fit(unit_id, area, subject, loads.get(unit_id, 0), capacity)
        known = best.get(unit_id)
        if known is None or (_narrow(fit), fit.area.count(".")) > (_narrow(known), known.area.count(".")):
            best[unit_id] = fit
    return list(best.values())


def candidates(session: Session, place_id: str, category: str, *, on: date, wall: Wall) -> list[Candidate]:
    """Every living organisation outside the wall: those that fit, best first, then all others by name.

    Three statements, however many organisations there are.
    """
    living = [
        (organisation, unit)
        for organisation, unit in session.execute(
            select(Organisation, Unit)
            .join(Unit, Unit.id == Organisation.unit_id)
            .where(is_living(on))
            .order_by(Unit.id)
        )
        if not wall.shuts_out(organisation.unit_id)
    ]
    known = {organisation.unit_id: (organisation, unit) for organisation, unit in living}
    fitting = session.execute(
        select(Organisation.unit_id, Organisation.capacity, Unit, Subject.category)
        .join(Area, Area.organisation_id == Organisation.unit_id)
        .join(Unit, Unit.id == Area.unit_id)
        .join(Subject, Subject.organisation_id == Organisation.unit_id)
        .where(Area.unit_id.in_(ancestors(place_id)), Subject.category.in_(subjects_taking(category)))
    ).all()
    areas = {area.id: area for _unit_id, _capacity, area, _subject in fitting}
    rows = [(unit_id, capacity, area.id, subject) for unit_id, capacity, area, subject in fitting if unit_id in known]
    fits = ranked(best_fits(rows, loads_of(session, {row[0] for row in rows})))
    proposed = [Candidate(*known.pop(fit.unit_id), areas.get(fit.area), fit) for fit in fits]
    return [*proposed, *(Candidate(organisation, unit, None, None) for organisation, unit in known.values())]


def is_living(on: date) -> ColumnElement[bool]:
    """A condition on `Unit`: an organisation that is open on a day."""
    begun = or_(Unit.valid_from.is_(None), Unit.valid_from <= on)
    return and_(begun, or_(Unit.valid_to.is_(None), Unit.valid_to > on))


def subjects_taking(category: str) -> Sequence[str]:
    """The subjects that take a category: itself and whatever stands above it, and everything."""
    parts = category.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)] + [EVERYTHING]


def loads_of(session: Session, organisation_ids: Iterable[str]) -> Mapping[str, int]:
    """How many mediations each carries now; one statement, from an index."""
    wanted = sorted(set(organisation_ids))
    if not wanted:
        return {}
    carried = Referral.organisation_id.in_(wanted), Referral.ended_at.is_(None)
    query = select(Referral.organisation_id, func.count()).where(*carried).group_by(Referral.organisation_id)
    return {unit_id: count for unit_id, count in session.execute(query) if unit_id is not None}


def _narrow(fit: Fit) -> int:
    return 0 if fit.subject == EVERYTHING else len(fit.subject)

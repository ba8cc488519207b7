"""Who may lead an item or sit on a panel: those who decide in the unit of the campaign and right below it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.people import Membership, Person
from engine.territory import Unit

LEADS = ("leader", "lead", "petition_officer")
"""Roles of the task in which somebody takes ownership."""
PANEL = ("leader", "petition_officer", "quality", "dispatcher", "lead", "liaison")
"""Roles of the tasks of a panel."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A person where they hold one of the roles."""

    unit: Unit
    person: Person

    @property
    def value(self) -> str:
        return f"{self.unit.id}#{self.person.id}"


def staff_near(session: Session, unit_id: str, roles: Collection[str]) -> Sequence[Seat]:
    """In the order of the units, the highest first. One statement."""
    rows = session.execute(
        select(Unit, Person)
        .join(Membership, Membership.unit_id == Unit.id)
        .join(Person, Person.id == Membership.person_id)
        .where(or_(Unit.id == unit_id, Unit.parent_id == unit_id), Unit.valid_to.is_(None))
        .where(Membership.role.in_(sorted(roles)), Person.active)
        .order_by(Unit.id, Person.id)
        .distinct()
    )
    return [Seat(unit, person) for unit, person in rows]

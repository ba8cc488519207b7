"""Queries over people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.people.model import Membership, Person
from engine.people.rights import Viewer
from engine.territory import ancestors


def viewer_of(session: Session, person_id: int) -> Viewer:
    """Raises NotFound for a person who does not exist or may no longer sign in."""
    person = session.get(Person, person_id)
    if person is None or not person.active:
        raise NotFound("person.unknown", "There is no such person, or they may no longer sign in.")
    pairs = session.execute(
        select(Membership.unit_id, Membership.role)
        .where(Membership.person_id == person_id)
        .order_by(Membership.unit_id, Membership.role)
    )
    return Viewer(person.id, person.name_zh, person.name_en, person.locale, tuple((unit, role) for unit, role in pairs))


def members(session: Session, unit_id: str, roles: Iterable[str]) -> Sequence[Person]:
    """Active people who hold one of the roles in exactly this unit, by id."""
    return session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.unit_id == unit_id, Membership.role.in_(sorted(roles)), Person.active)
        .order_by(Person.id)
        .distinct()
    ).all()


_STAFFED = (
    select(Membership.unit_id)
    .join(Person, Person.id == Membership.person_id)
    .where(
        Membership.unit_id.in_(bindparam("line", expanding=True)),
        Membership.role.in_(bindparam("roles", expanding=True)),
        Person.active,
    )
    .distinct()
)


def nearest_staffed(session: Session, unit_id: str, roles: Iterable[str]) -> str | None:
    """The nearest unit, from `unit_id` upwards, where an active person holds one of the roles; None if nowhere.

    A matter offered to nobody would never be worked on, so it goes to the next unit up instead.
    """
    line = ancestors(unit_id)
    staffed = set(session.scalars(_STAFFED, {"line": line, "roles": sorted(roles)}))
    return next((each for each in line if each in staffed), None)


def names(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}

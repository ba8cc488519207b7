"""Queries over people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.people.model import Absence, Membership, Person
from engine.people.rights import WORKING, StandIn, Viewer
from engine.territory import ancestors


def viewer_of(session: Session, person_id: int, *, now: datetime | None = None) -> Viewer:
    """Raises NotFound for a person who does not exist or may no longer sign in.

    `now` None leaves out whom they stand in for.
    """
    rows = session.execute(_WITH_MEMBERSHIPS, {"person_id": person_id}).all()
    if not rows or not rows[0][0].active:
        raise NotFound("person.unknown", "There is no such person, or they may no longer sign in.")
    person = rows[0][0]
    return Viewer(
        person.id,
        person.name_zh,
        person.name_en,
        person.locale,
        tuple((unit, role) for _, unit, role in rows if unit),
        theme=person.theme,
        muted=frozenset(person.muted or ()),
        must_choose_password=person.password_ends_at is not None,
        stands_in_for=() if now is None else stands_in_for(session, person_id, now=now),
    )


_WITH_MEMBERSHIPS = (
    select(Person, Membership.unit_id, Membership.role)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .where(Person.id == bindparam("person_id"))
    .order_by(Membership.unit_id, Membership.role)
)


def stands_in_for(session: Session, deputy_id: int, *, now: datetime) -> tuple[StandIn, ...]:
    """Those who are away now and whose deputy this is, by person; only their working roles are passed on."""
    rows = session.execute(
        select(Person, Absence.ends_at, Membership.unit_id, Membership.role)
        .join(Absence, Absence.person_id == Person.id)
        .join(Membership, and_(Membership.person_id == Person.id, Membership.role.in_(sorted(WORKING))))
        .where(Absence.deputy_id == deputy_id, Absence.ends_at > now, Absence.starts_at <= now, Person.active)
        .order_by(Person.id, Membership.unit_id, Membership.role)
    ).all()
    away: dict[int, StandIn] = {}
    for person, until, unit_id, role in rows:
        known = away.get(person.id)
        pairs = (*(known.memberships if known else ()), (unit_id, role))
        away[person.id] = StandIn(person.id, person.name_zh, person.name_en, until, pairs)
    return tuple(away.values())


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
    select(Membership.unit_id, Membership.person_id)
    .join(Person, Person.id == Membership.person_id)
    .where(
        Membership.unit_id.in_(bindparam("line", expanding=True)),
        Membership.role.in_(bindparam("roles", expanding=True)),
        Person.active,
    )
    .distinct()
)


def nearest_staffed(
    session: Session, unit_id: str, roles: Iterable[str], *, without: Collection[int] = ()
) -> str | None:
    """The nearest unit, from `unit_id` upwards, where an active person holds one of the roles; None if nowhere.

    A matter offered to nobody would never be worked on, so it goes to the next unit up instead. People of `without`
    do not count.
    """
    line = ancestors(unit_id)
    staffed = staffed_of(session, line, roles, without=without)
    return next((each for each in line if each in staffed), None)


def staffed_of(
    session: Session, units: Sequence[str], roles: Iterable[str], *, without: Collection[int] = ()
) -> frozenset[str]:
    """Those of the units where an active person, none of `without`, holds one of the roles."""
    found = session.execute(_STAFFED, {"line": units, "roles": sorted(roles)})
    return frozenset(unit for unit, person in found if person not in without)


def names(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}

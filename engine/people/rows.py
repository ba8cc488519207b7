"""Queries over people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.people.model import Absence, Membership, Person
from engine.people.rights import WORKING, StandIn, Viewer
from engine.store import NUMBERS, Prepared, among
from engine.territory import ancestors


def viewer_of(session: Session, person_id: int, *, now: datetime | None = None) -> Viewer:
    """Raises NotFound for a person who does not exist or may no longer sign in.

    `now` None leaves out whom they stand in for.
    """
    session.flush()  # what a request asks first goes straight to the driver, which knows only what was sent
    rows = _WITH_MEMBERSHIPS.rows(session, {"person_id": person_id})
    if not rows:
        raise NotFound("person.unknown", "There is no such person, or they may no longer sign in.")
    return viewer_in(session, rows, now=now)


def viewer_in(session: Session, rows: Sequence[tuple[Any, ...]], *, now: datetime | None) -> Viewer:
    """The viewer in rows of `VIEWED`, one for each membership."""
    person_id, name_zh, name_en, locale, theme, muted, password_ends_at = rows[0][:7]
    return Viewer(
        person_id,
        name_zh,
        name_en,
        locale,
        tuple((unit, role) for unit, role in (row[7:9] for row in rows) if unit),
        theme=theme,
        muted=frozenset(muted or ()),
        must_choose_password=password_ends_at is not None,
        stands_in_for=() if now is None else stands_in_for(session, person_id, now=now),
    )


VIEWED = (
    *(Person.id, Person.name_zh, Person.name_en, Person.locale, Person.theme, Person.muted, Person.password_ends_at),
    *(Membership.unit_id, Membership.role),
)
_WITH_MEMBERSHIPS = Prepared(
    select(*VIEWED)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .where(Person.id == bindparam("person_id"), Person.active)
    .order_by(Membership.unit_id, Membership.role)
)


def stands_in_for(session: Session, deputy_id: int, *, now: datetime) -> tuple[StandIn, ...]:
    """Those who are away now and whose deputy this is, by person; only their working roles are passed on."""
    away: dict[int, StandIn] = {}
    for row in _AWAY.rows(session, {"deputy_id": deputy_id, "now": now}):
        person_id, name_zh, name_en, starts_at, noted_at, until, unit_id, role = row
        if role in WORKING:
            known = away.get(person_id)
            pairs = (*(known.memberships if known else ()), (unit_id, role))
            away[person_id] = StandIn(person_id, name_zh, name_en, max(starts_at, noted_at), until, pairs)
    return tuple(away.values())


def stands_in(person: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether they are the deputy of anybody who is away at the bound `now`."""
    return exists().where(
        Absence.deputy_id == person, Absence.ends_at > bindparam("now"), Absence.starts_at <= bindparam("now")
    )


_AWAY = Prepared(
    select(
        *(Person.id, Person.name_zh, Person.name_en),
        *(Absence.starts_at, Absence.noted_at, Absence.ends_at),
        *(Membership.unit_id, Membership.role),
    )
    .join(Absence, Absence.person_id == Person.id)
    .join(Membership, Membership.person_id == Person.id)
    .where(Absence.deputy_id == bindparam("deputy_id"), Person.active)
    .where(Absence.ends_at > bindparam("now"), Absence.starts_at <= bindparam("now"))
    .order_by(Person.id, Membership.unit_id, Membership.role)
)


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
    found = staff_by_unit(session, units, roles)
    return frozenset(unit for unit, people in found.items() if any(person not in without for person in people))


def staff_by_unit(session: Session, units: Sequence[str], roles: Iterable[str]) -> dict[str, list[int]]:
    """The active people who hold one of the roles, by unit; units without any are left out."""
    found: dict[str, list[int]] = {}
    for unit, person in session.execute(_STAFFED, {"line": units, "roles": sorted(roles)}):
        found.setdefault(unit, []).append(person)
    return found


def names(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {person.id: person for person in session.scalars(_NAMED, {"wanted": wanted})}


_NAMED = select(Person).where(among(Person.id, bindparam("wanted", type_=NUMBERS)))

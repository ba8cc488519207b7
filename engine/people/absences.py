"""Being away: from when until when, and who is asked meanwhile. An absence ends by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotFound
from engine.people.model import Absence, Membership, Person
from engine.people.rights import WORKING, Viewer
from engine.territory import ancestors, is_within


def fitting_deputy(of: Iterable[tuple[str, str]], who: Iterable[tuple[str, str]]) -> bool:
    """Whether somebody with the second memberships may stand in for all of the first: in every unit where the absent
    one works, the other works too, or above it."""
    units = {unit for unit, role in of if role in WORKING}
    theirs = {unit for unit, role in who if role in WORKING}
    return bool(units) and all(any(is_within(unit, above) for above in theirs) for unit in units)


def fitting_deputies(session: Session, person_id: int, *, most: int = 60) -> Sequence[tuple[Person, str]]:
    """Colleagues who may stand in, each with the unit by which they may, nearest first: of the same units, then of
    those above."""
    of = _pairs(session, [person_id]).get(person_id, ())
    line = {each for unit, role in of if role in WORKING for each in ancestors(unit)}
    if not line:
        return []
    near = (
        select(Membership.person_id, func.max(func.length(Membership.unit_id)).label("near"))
        .where(Membership.unit_id.in_(sorted(line)), Membership.role.in_(sorted(WORKING)))
        .group_by(Membership.person_id)
        .subquery()
    )
    people = session.scalars(
        select(Person)
        .join(near, near.c.person_id == Person.id)
        .where(Person.active, Person.id != person_id)
        .order_by(near.c.near.desc(), Person.id)
        .limit(most)
    ).all()
    pairs = _pairs(session, [person.id for person in people])
    return [
        (person, max((unit for unit, role in pairs[person.id] if role in WORKING and unit in line), key=len))
        for person in people
        if fitting_deputy(of, pairs.get(person.id, ()))
    ]


def note_absence(
    session: Session,
    person_id: int,
    deputy_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    viewer: Viewer,
    now: datetime,
) -> Absence:
    """Notes that somebody is away in [starts_at, ends_at): the person themselves, or an operator for them.

    Raises Invalid for a time that is over or turned round, or a deputy who does not fit; Conflict when either is away
    or stands in for somebody in that time, since what is asked would then reach nobody.
    """
    if viewer.person_id != person_id:
        viewer.must("system.operate")
    if ends_at <= max(starts_at, now):
        raise _wrong(
            "absence.time",
            "ends_on",
            "结束日期须晚于开始日期和今天。",
            "It must end after it begins, and not in the past.",
        )
    both = select(Person).where(Person.id.in_((person_id, deputy_id))).order_by(Person.id).with_for_update()
    found = {person.id: person for person in session.scalars(both)}  # two absences noted at once wait for each other
    pairs = _pairs(session, [person_id, deputy_id])
    deputy = found.get(deputy_id)
    if deputy is None or not deputy.active or deputy_id == person_id:
        raise _wrong("absence.deputy", "deputy", "请选择一位代理人。", "Choose a deputy.")
    if not fitting_deputy(pairs.get(person_id, ()), pairs.get(deputy_id, ())):
        raise _wrong(
            "absence.deputy",
            "deputy",
            "代理人须在同一单位或上级单位任职。",
            "The deputy must work in the same unit, or above it.",
        )
    overlapping = session.scalars(
        select(Absence).where(
            or_(
                Absence.person_id.in_((person_id, deputy_id)),
                Absence.deputy_id == person_id,
            ),
            Absence.ends_at > max(starts_at, now),
            Absence.starts_at < ends_at,
            Absence.ends_at > Absence.starts_at,
        )
    ).all()
    for other in overlapping:
        if other.person_id == person_id:
            raise Conflict("absence.twice", "An absence is noted for that time already.", absence=other.id)
        if other.person_id == deputy_id:
            raise Conflict("absence.deputy_away", "The deputy is away in that time too.", absence=other.id)
        raise Conflict("absence.stands_in", "They stand in for somebody else in that time.", absence=other.id)
    absence = Absence(
        person_id=person_id,
        deputy_id=deputy_id,
        starts_at=starts_at,
        ends_at=ends_at,
        noted_at=now,
        noted_by=viewer.person_id,
    )
    session.add(absence)
    session.flush()
    return absence


def end_absence(session: Session, absence_id: int, *, viewer: Viewer, now: datetime) -> Absence:
    """Brings the end forward to now; one that has not begun is called off. Idempotent.

    Allowed to the person and to operators. Raises NotFound for somebody else's.
    """
    absence = session.get(Absence, absence_id, with_for_update=True)
    if absence is None or not (absence.person_id == viewer.person_id or viewer.may("system.operate")):
        raise NotFound("absence.unknown", "There is no such absence.", absence=absence_id)
    if absence.ends_at > now:
        absence.ends_at = max(absence.starts_at, now)
        session.flush()
    return absence


def absences_of(session: Session, person_id: int, *, now: datetime) -> Sequence[tuple[Absence, Person]]:
    """Present and coming absences with their deputies, earliest first."""
    rows = session.execute(
        select(Absence, Person)
        .join(Person, Person.id == Absence.deputy_id)
        .where(Absence.person_id == person_id, Absence.ends_at > now, Absence.ends_at > Absence.starts_at)
        .order_by(Absence.starts_at)
    )
    return [(absence, deputy) for absence, deputy in rows]


def away(session: Session, ids: Iterable[int], *, now: datetime) -> dict[int, datetime]:
    """Of these people, those who are away now, with the end of it."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return dict(
        session.execute(
            select(Absence.person_id, Absence.ends_at).where(
                Absence.person_id.in_(wanted), Absence.starts_at <= now, Absence.ends_at > now
            )
        ).all()
    )


def _pairs(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    pairs: dict[int, list[tuple[str, str]]] = {}
    for person_id, unit_id, role in session.execute(
        select(Membership.person_id, Membership.unit_id, Membership.role).where(Membership.person_id.in_(ids))
    ):
        pairs.setdefault(person_id, []).append((unit_id, role))
    return pairs


def _wrong(code: str, field: str, zh: str, en: str) -> Invalid:
    return Invalid(code, en, fields={field: {"zh": zh, "en": en}})

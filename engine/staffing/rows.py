"""Queries over postings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.errors import Invalid
from engine.people import Person
from engine.staffing.model import Kind, Posting, RaisedCase
from engine.territory import Unit, ancestors, within


def in_force(on: date) -> ColumnElement[bool]:
    """Whether a posting holds on a day."""
    return and_(Posting.from_on <= on, or_(Posting.to_on.is_(None), Posting.to_on >= on))


def linked_communities(session: Session, person_id: int, *, on: date) -> Sequence[Unit]:
    """The communities a leader is linked to on a day, by id. One statement."""
    return _units_of(session, person_id, Kind.LEADER, on)


def leaders_of(session: Session, unit_id: str, *, on: date) -> Sequence[Person]:
    """The active leaders linked to a unit, or to one above it, on a day; the nearest first. One statement."""
    rows = session.execute(
        select(Person, Posting.unit_id)
        .join(Posting, Posting.person_id == Person.id)
        .where(Posting.unit_id.in_(ancestors(unit_id)), Posting.kind == Kind.LEADER.value, in_force(on), Person.active)
        .order_by(Person.id)
    ).all()
    nearest = sorted(rows, key=lambda row: -len(row[1]))
    return list({person.id: person for person, _unit in nearest}.values())


@dataclass(frozen=True, slots=True)
class Posted:
    """A posting with who and where."""

    posting: Posting
    person: Person
    unit: Unit


def postings(
    session: Session,
    *,
    unit_id: str | None = None,
    person_id: int | None = None,
    kinds: Collection[str] = (),
    areas: Collection[str] | None = None,
    on: date | None = None,
    after: int | None = None,
    most: int = 50,
) -> tuple[Sequence[Posted], int | None]:
    """Newest first, with the cursor of the next page; of `on` None those of the past as well. One statement.

    `areas` are units of which only what lies in them is told.
    """
    query = (
        select(Posting, Person, Unit)
        .join(Person, Person.id == Posting.person_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .order_by(Posting.id.desc())
        .limit(most + 1)
    )
    if unit_id is not None:
        query = query.where(Posting.unit_id == unit_id)
    if person_id is not None:
        query = query.where(Posting.person_id == person_id)
    if kinds:
        query = query.where(Posting.kind.in_(sorted(kinds)))
    if areas is not None:
        query = query.where(within(Posting.unit_id.expression, sorted(areas)))
    if on is not None:
        query = query.where(in_force(on))
    if after is not None:
        query = query.where(Posting.id < after)
    rows = [Posted(posting, person, unit) for posting, person, unit in session.execute(query)]
    return rows[:most], rows[most - 1].posting.id if len(rows) > most else None


def raised_by(session: Session, person_id: int, *, most: int = 50) -> Sequence[tuple[RaisedCase, Case]]:
    """What a delegate raised, newest first. They may not read the cases: only how each stands is for them."""
    rows = session.execute(
        select(RaisedCase, Case)
        .join(Case, Case.id == RaisedCase.case_id)
        .where(RaisedCase.person_id == person_id)
        .order_by(RaisedCase.case_id.desc())
        .limit(most)
    ).all()
    return [(raised, case) for raised, case in rows]


def raisers_of(session: Session, case_ids: Collection[int]) -> dict[int, int]:
    """By case the delegate who raised it; of those that a delegate raised."""
    if not case_ids:
        return {}
    found = select(RaisedCase.case_id, RaisedCase.person_id).where(RaisedCase.case_id.in_(case_ids))
    return dict(session.execute(found).all())


def grids_of(session: Session, person_id: int, *, on: date) -> Sequence[Unit]:
    """The grids a delegate is tied to on a day, by id. One statement."""
    return _units_of(session, person_id, Kind.DELEGATE, on)


def note_raised(session: Session, case_id: int, *, person_id: int, unit_id: str, now: datetime) -> None:
    """Ties a case to the delegate who raised it."""
    session.add(RaisedCase(case_id=case_id, person_id=person_id, unit_id=unit_id, raised_at=now))
    session.flush()


def called(session: Session, words: str) -> int:
    """The active person with this user name or name. Raises Invalid for nobody, or naming several by user name."""
    said = words.strip()
    found = session.scalars(
        select(Person)
        .where(or_(Person.username == said.lower(), Person.name_zh == said, Person.name_en == said), Person.active)
        .order_by(Person.id)
        .limit(6)
    ).all()
    exact = [each for each in found if each.username == said.lower()] or found
    if said and len(exact) == 1:
        return exact[0].id
    if not said or not exact:
        wrong = {
            "zh": "没有这个人员，请填账号或全名。",
            "en": "There is nobody of this name; write a user name or a full name.",
        }
    else:
        several = ", ".join(each.username for each in exact)
        wrong = {
            "zh": f"有几个同名的人，请填账号：{several}。",
            "en": f"Several are called so; write a user name: {several}.",
        }
    raise Invalid("person.unknown", "It is not clear who is meant.", fields={"person": wrong})


def _units_of(session: Session, person_id: int, kind: Kind, on: date) -> Sequence[Unit]:
    return session.scalars(
        select(Unit)
        .join(Posting, Posting.unit_id == Unit.id)
        .where(Posting.person_id == person_id, Posting.kind == kind.value, in_force(on))
        .order_by(Unit.id)
        .distinct()
    ).all()

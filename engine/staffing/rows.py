"""Queries over postings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from engine.people import Person
from engine.staffing.model import Kind, Posting
from engine.territory import Unit, ancestors


def in_force(on: date) -> ColumnElement[bool]:
    """Whether a posting holds on a day."""
    return and_(Posting.from_on <= on, or_(Posting.to_on.is_(None), Posting.to_on >= on))


def linked_communities(session: Session, person_id: int, *, on: date) -> Sequence[Unit]:
    """The communities a leader is linked to on a day, by id. One statement."""
    return session.scalars(
        select(Unit)
        .join(Posting, Posting.unit_id == Unit.id)
        .where(Posting.person_id == person_id, Posting.kind == Kind.LEADER.value, in_force(on))
        .order_by(Unit.id)
        .distinct()
    ).all()


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

"""Queries over the place tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.territory.model import Unit
from engine.territory.tiers import ancestors, subtree_bounds


def get_unit(session: Session, unit_id: str) -> Unit:
    """Raises NotFound naming the id."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound("unit.unknown", f"There is no place or unit {unit_id!r}.", unit=unit_id)
    return unit


def units_by_id(session: Session, ids: Iterable[str]) -> dict[str, Unit]:
    """The units that exist among the ids."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(wanted)))}


def line_of(session: Session, unit_id: str) -> list[Unit]:
    """The unit and its ancestors, highest first: what a person reads as an address."""
    found = units_by_id(session, ancestors(unit_id))
    return [found[each] for each in reversed(ancestors(unit_id)) if each in found]


def children(session: Session, unit_id: str | None) -> Sequence[Unit]:
    """In their own order; of None: the roots."""
    return session.scalars(select(Unit).where(Unit.parent_id == unit_id).order_by(Unit.seq, Unit.id)).all()


def children_of(session: Session, unit_ids: Iterable[str]) -> Sequence[Unit]:
    """The present units right below any of these, by their ids."""
    wanted = sorted(set(unit_ids))
    return session.scalars(
        select(Unit).where(Unit.parent_id.in_(wanted), Unit.valid_to.is_(None)).order_by(Unit.id)
    ).all()


def every_unit(session: Session) -> Sequence[Unit]:
    """The whole tree, parents before their children, in the order of the ids."""
    return session.scalars(select(Unit).order_by(Unit.id)).all()


def within(column: ColumnElement[str], units: Iterable[str]) -> ColumnElement[bool]:
    """Whether a unit column lies in one of the subtrees, as index ranges; false for no subtree."""
    parts: list[ColumnElement[bool]] = []
    for unit in units:
        low, high = subtree_bounds(unit)
        parts.append(or_(column == unit, and_(column >= low, column < high)))
    return or_(*parts) if parts else false()

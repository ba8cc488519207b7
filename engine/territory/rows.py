"""Queries over the place tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, bindparam, false, or_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.store import TEXTS, among
from engine.territory.model import Unit
from engine.territory.tiers import OFFICE, ancestors, subtree_bounds


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
    return {unit.id: unit for unit in session.scalars(_UNITS, {"wanted": wanted})}


_UNITS = select(Unit).where(among(Unit.id, bindparam("wanted", type_=TEXTS)))


def line_of(session: Session, unit_id: str) -> list[Unit]:
    """The unit and its ancestors, highest first: what a person reads as an address."""
    found = units_by_id(session, ancestors(unit_id))
    return [found[each] for each in reversed(ancestors(unit_id)) if each in found]


def children(session: Session, unit_id: str | None) -> Sequence[Unit]:
    """The places right below, in their own order; of None: the roots."""
    right_below = Unit.parent_id == unit_id, Unit.tier != OFFICE
    return session.scalars(select(Unit).where(*right_below).order_by(Unit.seq, Unit.id)).all()


def children_of(session: Session, unit_ids: Iterable[str]) -> Sequence[Unit]:
    """The present places right below any of these, by their ids."""
    return session.scalars(_CHILDREN, {"wanted": sorted(set(unit_ids))}).all()


_RIGHT_BELOW = among(Unit.parent_id, bindparam("wanted", type_=TEXTS)), Unit.valid_to.is_(None)
_CHILDREN = select(Unit).where(*_RIGHT_BELOW, Unit.tier != OFFICE).order_by(Unit.id)


def every_unit(session: Session) -> Sequence[Unit]:
    """Every place, parents before their children, in the order of the ids."""
    return session.scalars(select(Unit).where(Unit.tier != OFFICE).order_by(Unit.id)).all()


def offices_below(session: Session, unit_ids: Iterable[str]) -> Sequence[Unit]:
    """The present offices that belong to any of these places, by their ids."""
    return session.scalars(_OFFICES, {"wanted": sorted(set(unit_ids))}).all()


_OFFICES = select(Unit).where(*_RIGHT_BELOW, Unit.tier == OFFICE).order_by(Unit.id)


def open_office(session: Session, seat_id: str, letter: str, name_zh: str, name_en: str) -> Unit:
    """Opens an office at a place under the next free id: `LHQ.MZ.o12`; `letter` says what sort of office it is.

    Raises NotFound for a seat that does not exist. The seat's row is locked, so that two never take one id.
    """
    seat = session.get(Unit, seat_id, with_for_update=True)
    if seat is None or seat.tier == OFFICE:
        raise NotFound("unit.unknown", f"There is no place {seat_id!r}.", unit=seat_id)
    taken = session.scalars(select(Unit.id).where(Unit.parent_id == seat_id, Unit.tier == OFFICE))
    numbers = [int(each.rpartition(".")[2][1:]) for each in taken if each.rpartition(".")[2].startswith(letter)]
    number = max(numbers, default=0) + 1
    office = Unit(
        id=f"{seat_id}.{letter}{number}",
        parent_id=seat_id,
        tier=OFFICE,
        seq=number,
        name_zh=name_zh,
        name_en=name_en,
    )
    session.add(office)
    session.flush()
    return office


def within(column: ColumnElement[str], units: Iterable[str]) -> ColumnElement[bool]:
    """Whether a unit column lies in one of the subtrees, as index ranges; false for no subtree."""
    parts: list[ColumnElement[bool]] = []
    for unit in units:
        low, high = subtree_bounds(unit)
        parts.append(or_(column == unit, and_(column >= low, column < high)))
    return or_(*parts) if parts else false()

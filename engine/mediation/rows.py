"""Queries over the register: the directory, one organisation, a mediator's own work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.history import MEDIATED, HistoryEntry
from engine.mediation.model import (
    SUCCEEDED,
    Area,
    Booking,
    Kind,
    Mediator,
    Organisation,
    Outcome,
    Referral,
    Room,
    Subject,
)
from engine.mediation.routing import is_living, loads_of, subjects_taking
from engine.people import Viewer
from engine.territory import Unit, ancestors, is_within, place_of, units_by_id, within

PAGE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: a kind, a place that is served, a category that is mediated, words of the name."""

    kind: str | None = None
    place_id: str | None = None
    category: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    organisation: Organisation
    unit: Unit
    seat: Unit
    load: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counted from the history of cases alone."""

    accepted: int
    succeeded: int


@dataclass(frozen=True, slots=True)
class Due:
    """A case of a mediator with what comes next."""

    case: Case
    referral: Referral
    next: Booking | None


def directory(
    session: Session, wanted: Wanted, *, on: date, after: str | None = None, most: int = PAGE
) -> tuple[Sequence[Entry], str | None]:
    """Living organisations by id, and the cursor of the next page. Three statements."""
    query = (
        select(Organisation, Unit)
        .join(Unit, Unit.id == Organisation.unit_id)
        .where(is_living(on))
        .order_by(Organisation.unit_id)
        .limit(most + 1)
    )
    if wanted.kind in set(Kind):
        query = query.where(Organisation.kind == wanted.kind)
    if wanted.place_id:
        served = Area.unit_id.in_(ancestors(wanted.place_id)) | within(Area.unit_id.expression, [wanted.place_id])
        query = query.where(Organisation.unit_id.in_(select(Area.organisation_id).where(served)))
    if wanted.category:
        known = select(Subject.organisation_id).where(Subject.category.in_(subjects_taking(wanted.category)))
        query = query.where(Organisation.unit_id.in_(known))
    if wanted.words:
        query = query.where(
            or_(
                Unit.name_zh.contains(wanted.words, autoescape=True),
                Unit.name_en.icontains(wanted.words, autoescape=True),
            )
        )
    if after:
        query = query.where(Organisation.unit_id > after)
    rows = session.execute(query).all()
    shown = rows[:most]
    loads = loads_of(session, [unit.id for _organisation, unit in shown])
    seats = units_by_id(session, {place_of(unit.id) for _organisation, unit in shown})
    entries = [
        Entry(organisation, unit, seats[place_of(unit.id)], loads.get(unit.id, 0)) for organisation, unit in shown
    ]
    return entries, entries[-1].unit.id if len(rows) > most else None


def counts_by_kind(session: Session, *, on: date) -> Mapping[str, int]:
    """How many living organisations of each kind there are."""
    query = (
        select(Organisation.kind, func.count())
        .join(Unit, Unit.id == Organisation.unit_id)
        .where(is_living(on))
        .group_by(Organisation.kind)
    )
    return dict(session.execute(query).all())


def scope_of(session: Session, unit_id: str) -> tuple[Sequence[Unit], Sequence[str]]:
    """The areas and the subjects of an organisation. Two statements."""
    areas = session.scalars(
        select(Unit).join(Area, Area.unit_id == Unit.id).where(Area.organisation_id == unit_id).order_by(Unit.id)
    ).all()
    subjects = session.scalars(
        select(Subject.category).where(Subject.organisation_id == unit_id).order_by(Subject.category)
    ).all()
    return areas, subjects


def mediators_of(session: Session, unit_id: str) -> Sequence[Mediator]:
    """All of them, those who left as well, by id."""
    return session.scalars(select(Mediator).where(Mediator.organisation_id == unit_id).order_by(Mediator.id)).all()


def mediators_named(session: Session, ids: Collection[int]) -> Mapping[int, Mediator]:
    """Asks nothing for nobody."""
    if not ids:
        return {}
    return {each.id: each for each in session.scalars(select(Mediator).where(Mediator.id.in_(sorted(ids))))}


def rooms_of(session: Session, unit_id: str) -> Sequence[tuple[Room, Unit]]:
    """A named room right before its neighbours."""
    rows = session.execute(
        select(Room, Unit)
        .join(Unit, Unit.id == Room.unit_id)
        .where(Room.organisation_id == unit_id)
        .order_by(func.coalesce(Room.parent_id, Room.id), Room.parent_id.is_not(None), Room.id)
    ).all()
    return [(room, unit) for room, unit in rows]


def rooms_near(
    session: Session, place_id: str, organisation_id: str | None, *, on: date
) -> Sequence[tuple[Room, Unit]]:
    """Open rooms for a case: the organisation's own first, then by how near they are; at most thirty."""
    line = ancestors(place_id)
    street = line[-2] if len(line) > 1 else line[-1]
    near = within(Room.unit_id.expression, [street]) | Room.unit_id.in_(line)
    own = Room.organisation_id == organisation_id if organisation_id else near
    rows = session.execute(
        select(Room, Unit)
        .join(Unit, Unit.id == Room.unit_id)
        .where(or_(own, near), or_(Room.closed_on.is_(None), Room.closed_on > on))
        .order_by(Room.id)
    ).all()

    def distance(row: tuple[Room, Unit]) -> tuple[bool, int, int]:
        room, _unit = row
        common = next((len(line) - n for n, unit in enumerate(line) if is_within(room.unit_id, unit)), 0)
        return room.organisation_id != organisation_id, -common, room.id

    return sorted(((room, unit) for room, unit in rows), key=distance)[:30]


def children_of(session: Session, unit_id: str) -> Sequence[Unit]:
    """The organisations that belong to one."""
    return session.scalars(
        select(Unit)
        .join(Organisation, Organisation.unit_id == Unit.id)
        .where(Organisation.parent_id == unit_id)
        .order_by(Unit.id)
    ).all()


def figures_of(session: Session, unit_id: str, *, since: datetime) -> tuple[Figures, Figures]:
    """What the history of its cases says of an organisation: in all, and of it since an instant. One statement."""
    theirs = select(Referral.case_id).where(Referral.organisation_id == unit_id)
    entries = select(HistoryEntry.act, HistoryEntry.facts, HistoryEntry.at).where(MEDIATED)
    rows = session.execute(entries.where(HistoryEntry.case_id.in_(theirs))).all()
    found = [(act, facts, at) for act, facts, at in rows if facts.get("organisation") == unit_id]
    return _figures(found), _figures(each for each in found if each[2] >= since)


def mediators_at(session: Session, viewer: Viewer) -> Sequence[Mediator]:
    """What the viewer is in the register."""
    return session.scalars(select(Mediator).where(Mediator.person_id == viewer.person_id).order_by(Mediator.id)).all()


def my_mediations(
    session: Session, mediator_ids: Collection[int], seen: ColumnElement[bool], *, now: datetime, most: int = 50
) -> Sequence[Due]:
    """The running mediations of these mediators whose case may be `seen`, by their next session; those without one
    last. Two statements."""
    if not mediator_ids:
        return []
    rows = session.execute(
        select(Case, Referral)
        .join(Referral, Referral.case_id == Case.id)
        .where(Referral.mediator_id.in_(sorted(mediator_ids)), Referral.ended_at.is_(None), seen)
        .order_by(Referral.id.desc())
        .limit(most)
    ).all()
    coming = session.scalars(
        select(Booking)
        .where(
            Booking.case_id.in_([case.id for case, _ in rows]), Booking.cancelled_at.is_(None), Booking.ends_at > now
        )
        .order_by(Booking.starts_at.desc())
    )
    nearest = {booking.case_id: booking for booking in coming}
    found = [Due(case, referral, nearest.get(case.id)) for case, referral in rows]
    return sorted(found, key=lambda due: (due.next is None, due.next.starts_at if due.next else now, due.case.id))


def _figures(entries: Iterable[tuple[str, Mapping[str, Any], datetime]]) -> Figures:
    found = list(entries)
    ended = [Outcome(facts["outcome"]) for act, facts, _at in found if act == "mediation.ended"]
    accepted = sum(act == "mediation.accepted" for act, _facts, _at in found)
    return Figures(accepted, sum(each in SUCCEEDED for each in ended))

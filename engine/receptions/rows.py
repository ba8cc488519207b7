"""Queries over receptions, each as its viewer may see it.

Who has a role of the calendar at or above the unit keeps the whole book; below it, people see what is published and
the bookings they made themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from engine.cases import Case, Party
from engine.errors import NotFound
from engine.people import ACTS, Viewer
from engine.process import Instance
from engine.receptions.model import Booking, Reception
from engine.tasks import Task, TaskState, outside_wall, visible_cases
from engine.territory import ancestors, within

PAGE = 50
SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Booked:
    """`case` is None where there is none, or where the viewer may not see it; `waits` is the open task of its reply."""

    row: Booking
    case: Case | None
    party: Party | None
    outcome: str | None
    waits: Task | None


def see_reception(session: Session, viewer: Viewer, reception_id: int) -> Reception:
    """Raises NotFound for one that does not exist or that the viewer may not see."""
    found = session.scalars(select(Reception).where(Reception.id == reception_id, _seen_by(viewer))).first()
    if found is None:
        raise unknown(reception_id)
    return found


def lock_reception(session: Session, viewer: Viewer, reception_id: int) -> Reception:
    """As `see_reception`, with its row locked: of two who want the last place, one gets it."""
    return _locked(session, reception_id, _seen_by(viewer))


def lock_published(session: Session, reception_id: int, *, now: datetime) -> Reception:
    return _locked(session, reception_id, _open_to_all(now))


def receptions_of(
    session: Session, viewer: Viewer, *, since: datetime, until: datetime, page: int = 1
) -> Sequence[Reception]:
    """Those the viewer may see within [since, until), the first first; one more than a page holds."""
    return session.scalars(
        select(Reception)
        .where(Reception.starts_at >= since, Reception.starts_at < until, _seen_by(viewer))
        .order_by(Reception.starts_at, Reception.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()


def open_to_all(session: Session, *, now: datetime) -> Sequence[Reception]:
    """What the public page offers."""
    return session.scalars(
        select(Reception).where(_open_to_all(now)).order_by(Reception.starts_at, Reception.id).limit(PAGE)
    ).all()


def received_by(session: Session, viewer: Viewer, *, now: datetime, most: int = 6) -> Sequence[tuple[Reception, int]]:
    """A leader's own receptions from today on, the next first, with how many are booked. One statement."""
    booked = select(func.count()).where(
        Booking.reception_id == Reception.id, Booking.cancelled_at.is_(None), _outside(viewer)
    )
    rows = session.execute(
        select(Reception, booked.scalar_subquery())
        .where(Reception.leader_id == viewer.person_id, Reception.ends_at >= now - timedelta(hours=12))
        .where(Reception.cancelled_at.is_(None))
        .order_by(Reception.starts_at, Reception.id)
        .limit(most)
    )
    return [(reception, count) for reception, count in rows]


def how_many_soon(session: Session, viewer: Viewer, *, now: datetime) -> int:
    """Of a leader's own in the next days. One statement."""
    soon = Reception.starts_at.between(now - timedelta(hours=12), now + SOON)
    mine = Reception.leader_id == viewer.person_id
    return session.scalar(select(func.count()).where(mine, soon, Reception.cancelled_at.is_(None))) or 0


def places_taken(session: Session, ids: Sequence[int], *, viewer: Viewer | None = None) -> Mapping[int, int]:
    """As a viewer may know it; of None: all of them."""
    if not ids:
        return {}
    told = true() if viewer is None else _outside(viewer)
    rows = session.execute(
        select(Booking.reception_id, func.count())
        .where(Booking.reception_id.in_(ids), Booking.cancelled_at.is_(None), told)
        .group_by(Booking.reception_id)
    )
    return dict(rows.all())


def bookings_of(session: Session, viewer: Viewer, reception: Reception) -> list[Booked]:
    """In the order of booking; without those whose case is about the viewer or their unit. Two statements."""
    seen = aliased(Case)
    own = Booking.reception_id == reception.id
    mine = select(Case.id).join(Booking, Booking.case_id == Case.id).where(own)
    visible = select(Case.id).where(visible_cases(viewer, one=mine))
    any_party = aliased(Party)
    applicants = any_party.case_id == Case.id, any_party.role == "applicant"
    first = select(func.min(any_party.id)).where(*applicants).correlate(Case).scalar_subquery()
    query = (
        select(Booking, seen, Party, Instance.outcome)
        .outerjoin(Case, Case.id == Booking.case_id)
        .outerjoin(seen, and_(seen.id == Booking.case_id, seen.id.in_(visible)))
        .outerjoin(Party, and_(Party.id == first, seen.id.is_not(None)))
        .outerjoin(Instance, Instance.id == Booking.instance_id)
        .where(own, Booking.cancelled_at.is_(None), shown_to(viewer, reception))
        .order_by(Booking.seq)
    )
    rows = session.execute(query).all()
    instances = [booking.instance_id for booking, *_rest in rows if booking.instance_id is not None]
    open_ = select(Task).where(Task.instance_id.in_(instances), Task.state == TaskState.OPEN.value)
    waiting = {task.instance_id: task for task in session.scalars(open_)} if instances else {}
    return [_booked(booking, case, party, outcome, waiting) for booking, case, party, outcome in rows]


def _booked(
    row: Booking, case: Case | None, party: Party | None, outcome: str | None, waiting: Mapping[int, Task]
) -> Booked:
    """The joins are outer: what the statement's types do not say."""
    waits = None if case is None or row.instance_id is None else waiting.get(row.instance_id)
    return Booked(row, case, party, outcome, waits)


def shown_to(viewer: Viewer, reception: Reception) -> ColumnElement[bool]:
    """Of its bookings: all of them to who keeps the book, else those they made, and none behind the viewer's wall."""
    outside = _outside(viewer)
    if viewer.may("reception.read", reception.unit_id) or reception.leader_id == viewer.person_id:
        return outside
    return and_(outside, Booking.booked_by == viewer.person_id)


def _outside(viewer: Viewer) -> ColumnElement[bool]:
    return or_(Booking.case_id.is_(None), outside_wall(viewer, Booking.case_id.expression))


def unknown(reception_id: int) -> NotFound:
    return NotFound("reception.unknown", "There is no such reception.", reception=reception_id)


def _locked(session: Session, reception_id: int, seen: ColumnElement[bool]) -> Reception:
    query = select(Reception).where(Reception.id == reception_id, seen).with_for_update(of=Reception)
    found = session.scalars(query, execution_options={"populate_existing": True}).first()
    if found is None:
        raise unknown(reception_id)
    return found


def _seen_by(viewer: Viewer) -> ColumnElement[bool]:
    units = viewer.units(ACTS["reception.read"])
    above = sorted({each for unit in units for each in ancestors(unit)})
    published = and_(Reception.unit_id.in_(above), Reception.published_at.is_not(None))
    return or_(within(Reception.unit_id.expression, units), published, Reception.leader_id == viewer.person_id)


def _open_to_all(now: datetime) -> ColumnElement[bool]:
    return and_(Reception.published_at.is_not(None), Reception.cancelled_at.is_(None), Reception.starts_at > now)

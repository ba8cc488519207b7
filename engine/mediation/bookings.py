"""Booking a room and a mediator. Nobody and no room is held twice at a time.

Both rows are locked before anybody looks whether they are free, the room first: on PostgreSQL the second of two waits
for the first and then sees its booking; SQLite lets one write at a time. So the look and the booking are one act.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.mediation.model import Booking, Mediator, Organisation, Room
from engine.people import ACTS, Viewer
from engine.territory import within

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=10)
FARTHEST = timedelta(days=366)


def faults_of(
    room: Room, mediator: Mediator | None, starts_at: datetime, ends_at: datetime, people: int, *, now: datetime
) -> dict[str, dict[str, str]]:
    """What is wrong with a booking before anybody looks whether they are free. Instants are local. Pure."""
    wrong: dict[str, dict[str, str]] = {}
    if ends_at - starts_at < SHORTEST:
        wrong["until"] = {"zh": "至少 15 分钟，且晚于开始时间。", "en": "It ends at least 15 minutes after it begins."}
    elif ends_at - starts_at > LONGEST:
        wrong["until"] = {"zh": "最长 10 小时。", "en": "It lasts 10 hours at most."}
    if starts_at < now:
        wrong["from"] = {"zh": "开始时间已过。", "en": "This time has passed."}
    elif starts_at - now > FARTHEST:
        wrong["from"] = {"zh": "最多提前一年预约。", "en": "At most a year ahead."}
    if not 1 <= people <= room.capacity:
        wrong["people"] = {
            "zh": f"此调解室最多容纳 {room.capacity} 人。",
            "en": f"This room holds {room.capacity} people.",
        }
    if room.closed_on is not None and starts_at.date() >= room.closed_on:
        wrong["room"] = {"zh": "此调解室已停用。", "en": "This room is closed."}
    if mediator is not None and not works_on(mediator, starts_at.date()):
        wrong["mediator"] = {"zh": "该调解员当日不值班。", "en": "This mediator is not there on that day."}
    return wrong


def works_on(mediator: Mediator, day: date) -> bool:
    """Whether a mediator can be had on a day. Pure."""
    begun = mediator.from_on is None or mediator.from_on <= day
    return begun and (mediator.to_on is None or day <= mediator.to_on) and str(day.isoweekday()) in mediator.weekdays


def book(
    session: Session,
    room_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    people: int,
    case_id: int | None,
    mediator_id: int | None,
    purpose: str | None,
    viewer: Viewer,
    now: datetime,
) -> Booking:
    """Instants carry the district's offset, so that a day is the district's day. Whether the viewer may see the case is
    asked before.

    Raises Invalid with the fields that are wrong, Conflict `booking.room_taken` or `booking.mediator_taken` (facts:
    from, until), NotFound for a room or mediator that does not exist.
    """
    viewer.must("mediation.book")
    room = session.get(Room, room_id, with_for_update=True, populate_existing=True)
    if room is None:
        raise NotFound("room.unknown", "There is no such room.", room=room_id)
    mediator = None
    if mediator_id is not None:
        mediator = session.get(Mediator, mediator_id, with_for_update=True, populate_existing=True)
        if mediator is None:
            raise NotFound("mediator.unknown", "There is no such mediator.", mediator=mediator_id)
    said = (purpose or "").strip()[:200] or None
    wrong = faults_of(room, mediator, starts_at, ends_at, people, now=now)
    if case_id is None and said is None:
        wrong["purpose"] = {"zh": "请说明用途。", "en": "Say what the room is for."}
    if wrong:
        raise Invalid("booking.invalid", "The room cannot be booked like this.", fields=wrong)
    _must_be_free(session, Booking.room_id == room.id, "room", starts_at, ends_at)
    if mediator is not None:
        _must_be_free(session, Booking.mediator_id == mediator.id, "mediator", starts_at, ends_at)
    booking = Booking(
        room_id=room.id,
        mediator_id=mediator_id,
        case_id=case_id,
        starts_at=starts_at,
        ends_at=ends_at,
        people=people,
        purpose=said,
        booked_by=viewer.person_id,
        booked_at=now,
    )
    session.add(booking)
    session.flush()
    return booking


def cancel(session: Session, booking_id: int, *, viewer: Viewer, now: datetime) -> Booking:
    """Idempotent. Allowed to whoever booked it, the organisation's people, and keepers above it."""
    booking = session.get(Booking, booking_id, with_for_update=True)
    if booking is None:
        raise NotFound("booking.unknown", "There is no such booking.", booking=booking_id)
    if not may_cancel(booking, session.get_one(Room, booking.room_id), viewer):
        raise NotAllowed("booking.not_yours", "This booking is not yours.", booking=booking_id)
    if booking.ends_at <= now:
        raise Conflict("booking.over", "This booking is over.")
    if booking.cancelled_at is None:
        booking.cancelled_at, booking.cancelled_by = now, viewer.person_id
    session.flush()
    return booking


def call_off_ahead(session: Session, case_id: int, *, by: int | None, now: datetime) -> Sequence[Booking]:
    """Calls off what has not begun yet of a case that goes no further there; rooms and mediators are free again."""
    query = select(Booking).where(Booking.case_id == case_id, Booking.cancelled_at.is_(None), Booking.starts_at > now)
    ahead = session.scalars(query.order_by(Booking.starts_at, Booking.id).with_for_update()).all()
    for booking in ahead:
        booking.cancelled_at, booking.cancelled_by = now, by
    return ahead


def case_of(session: Session, booking_id: int) -> int | None:
    """The case a booking is for. Raises NotFound."""
    found = session.execute(select(Booking.id, Booking.case_id).where(Booking.id == booking_id)).first()
    if found is None:
        raise NotFound("booking.unknown", "There is no such booking.", booking=booking_id)
    case_id: int | None = found[1]
    return case_id


def stands(session: Session, booking_id: int) -> bool:
    return (
        session.scalar(select(Booking.id).where(Booking.id == booking_id, Booking.cancelled_at.is_(None))) is not None
    )


def may_cancel(booking: Booking, room: Room, viewer: Viewer) -> bool:
    own = viewer.holds(room.organisation_id, {"mediator", "lead"})
    return booking.booked_by == viewer.person_id or own or viewer.may("mediation.keep", room.organisation_id)


def booked(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    room_ids: Collection[int] | None = None,
    mediator_ids: Collection[int] | None = None,
    case_id: int | None = None,
    seen: ColumnElement[bool] | None = None,
    most: int = 300,
) -> Sequence[tuple[Booking, Room, Mediator | None, Organisation]]:
    """What stands and touches [since, until), in order of time. One statement."""
    query = (
        select(Booking, Room, Mediator, Organisation)
        .join(Room, Room.id == Booking.room_id)
        .join(Organisation, Organisation.unit_id == Room.organisation_id)
        .outerjoin(Mediator, Mediator.id == Booking.mediator_id)
        .where(Booking.cancelled_at.is_(None), Booking.starts_at < until, Booking.ends_at > since)
        .order_by(Booking.starts_at, Booking.id)
        .limit(most)
    )
    for column, ids in ((Booking.room_id, room_ids), (Booking.mediator_id, mediator_ids)):
        if ids is not None:
            query = query.where(column.in_(sorted(ids)))
    if case_id is not None:
        query = query.where(Booking.case_id == case_id)
    if seen is not None:  # on the case: a booking for something else may always be
        query = query.where(or_(Booking.case_id.is_(None), seen))
    return [(booking, room, mediator, organisation) for booking, room, mediator, organisation in session.execute(query)]


def sessions_of(session: Session, case_id: int) -> Sequence[tuple[Booking, Room, Mediator | None]]:
    """The sessions of a case that stand, in order of time. One statement."""
    rows = session.execute(
        select(Booking, Room, Mediator)
        .join(Room, Room.id == Booking.room_id)
        .outerjoin(Mediator, Mediator.id == Booking.mediator_id)
        .where(Booking.case_id == case_id, Booking.cancelled_at.is_(None))
        .order_by(Booking.starts_at, Booking.id)
    ).all()
    return [(booking, room, mediator) for booking, room, mediator in rows]


def booked_in(
    session: Session, viewer: Viewer, *, since: datetime, until: datetime, most: int
) -> Sequence[tuple[Booking, Room, Mediator | None, Organisation]]:
    """Bookings of the rooms in the viewer's places and of their own organisations. Two statements."""
    units = viewer.units(ACTS["mediation.read"])
    near = within(Room.unit_id.expression, units) | Room.organisation_id.in_(units)
    rooms = session.scalars(select(Room.id).where(near)).all()
    return booked(session, since=since, until=until, room_ids=rooms, most=most)


def _must_be_free(
    session: Session, whose: ColumnElement[bool], what: str, starts_at: datetime, ends_at: datetime
) -> None:
    taken = session.scalars(
        select(Booking)
        .where(whose, Booking.cancelled_at.is_(None), Booking.starts_at < ends_at, Booking.ends_at > starts_at)
        .order_by(Booking.starts_at)
        .limit(1)
    ).first()
    if taken is not None:
        raise Conflict(
            f"booking.{what}_taken",
            f"The {what} is taken at that time.",
            **{"from": taken.starts_at.isoformat(), "until": taken.ends_at.isoformat()},
        )

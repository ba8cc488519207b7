"""Booking a place at a reception, for somebody with a case or with a matter that is not one yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import tasks
from engine.cases import id_of_number
from engine.errors import Conflict, Invalid, NotFound, too_long
from engine.people import Viewer
from engine.receptions.model import Booking, Reception
from engine.receptions.rows import lock_published, lock_reception, shown_to

LONGEST = {"name": 80, "phone": 32, "matter": 1000}
MISSING = {
    "matter": {"zh": "请写明要反映什么。", "en": "Write what it is about."},
    "name": {"zh": "请填写来访人姓名。", "en": "Write who comes."},
    "phone": {"zh": "请留下电话，以便确认。", "en": "Leave a telephone, so that we can confirm."},
}


@dataclass(frozen=True, slots=True)
class Wish:
    """`number` of a case, or the name of whoever comes."""

    matter: str
    number: str = ""
    name: str = ""
    phone: str = ""


def book(session: Session, reception_id: int, wish: Wish, *, viewer: Viewer, now: datetime) -> Booking:
    """Raises NotFound, NotAllowed, Conflict when it is full, over or not published, Invalid naming every field."""
    reception = lock_reception(session, viewer, reception_id)
    viewer.must("reception.book")
    return _book(session, reception, wish, _case_of(session, wish, viewer), viewer.person_id, now)


def book_publicly(session: Session, reception_id: int, wish: Wish, *, now: datetime) -> Booking:
    """By somebody without a sign-in: never for a case, and never without a telephone. Raises as `book`."""
    _check(wish, needed=("name", "phone"))
    return _book(session, lock_published(session, reception_id, now=now), wish, None, None, now)


def give_up(session: Session, reception_id: int, booking_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Frees the place. Raises Conflict for somebody who was received."""
    reception = lock_reception(session, viewer, reception_id)
    viewer.must("reception.book")
    booking = booking_in(session, reception, booking_id, viewer)
    if booking.arrived is not None:
        raise Conflict("reception.received", "This was recorded already.", booking=booking.id)
    booking.cancelled_at = booking.cancelled_at or now
    session.flush()


def booking_in(session: Session, reception: Reception, booking_id: int, viewer: Viewer) -> Booking:
    """A booking as `bookings_of` shows it: all of them at or above the unit, else those they made, and none whose case
    is about them or their unit. Raises NotFound."""
    mine = Booking.id == booking_id, Booking.reception_id == reception.id, shown_to(viewer, reception)
    booking = session.scalars(select(Booking).where(*mine), execution_options={"populate_existing": True}).first()
    if booking is None:
        raise NotFound("booking.unknown", "There is no such booking.", booking=booking_id)
    return booking


def _book(
    session: Session, reception: Reception, wish: Wish, case_id: int | None, booked_by: int | None, now: datetime
) -> Booking:
    if reception.cancelled_at is not None or reception.published_at is None or reception.ends_at <= now:
        raise Conflict("reception.not_open", "This reception cannot be booked.", reception=reception.id)
    _check(wish, needed=() if case_id is not None else ("name",))
    mine = select(Booking).where(Booking.reception_id == reception.id)
    living = session.scalars(mine.where(Booking.cancelled_at.is_(None))).all()
    if len(living) >= reception.quota:
        raise Conflict("reception.full", "Every place of this reception is taken.", reception=reception.id)
    if case_id is not None and any(each.case_id == case_id for each in living):
        raise Conflict("reception.twice", "This case is booked already.", reception=reception.id)
    last = session.scalar(select(func.max(Booking.seq)).where(Booking.reception_id == reception.id))
    booking = Booking(
        reception_id=reception.id,
        seq=(last or 0) + 1,
        case_id=case_id,
        name=None if case_id is not None else wish.name.strip(),
        phone=None if case_id is not None else wish.phone.strip() or None,
        matter=wish.matter.strip(),
        booked_by=booked_by,
        booked_at=now,
    )
    session.add(booking)
    session.flush()
    return booking


def _case_of(session: Session, wish: Wish, viewer: Viewer) -> int | None:
    number = wish.number.strip()
    if not number:
        return None
    case_id = id_of_number(session, number)
    try:
        return tasks.see_case(session, viewer, case_id or 0).id
    except NotFound:
        wrong = {"number": {"zh": "没有这个编号的案件。", "en": "There is no case of this number."}}
        raise Invalid("reception.no_case", "There is no such case.", fields=wrong) from None


def _check(wish: Wish, *, needed: tuple[str, ...]) -> None:
    wrong: dict[str, Mapping[str, str]] = {}
    for field in ("matter", *needed):
        if not getattr(wish, field).strip():
            wrong[field] = MISSING[field]
    for field, most in LONGEST.items():
        if len(getattr(wish, field)) > most:
            wrong[field] = too_long(most)
    if wrong:
        raise Invalid("reception.booking_invalid", "This cannot be booked like this.", fields=wrong)

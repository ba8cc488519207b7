"""Mediation: organisations, mediators, rooms, bookings, and what parties said when it was offered."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from engine import mediation, process
from engine.mediation import Booking, Mediator, MediatorIn, Offer, Organisation, OrganisationIn, RoomIn, Wanted
from engine.web.api.cases import see
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Moment, Whole, row, told
from engine.web.api.told import Told
from engine.web.context import now, today, viewer, world

MEDIATION = Room("mediation", "Who mediates where, rooms and bookings.", read="registers:read", write="registers:write")
Note = Annotated[str, Field(max_length=4000)]
Id = Annotated[str, Field(max_length=64)]
MEDIATOR = row(
    "Mediator", Mediator, "id organisation_id person_id name_zh name_en skills languages weekdays from_on to_on"
)
ROOM = row(
    "MediationRoom",
    mediation.Room,
    "id organisation_id parent_id kind unit_id name_zh name_en address capacity closed_on",
)
BOOKING = row(
    "MediationBooking",
    Booking,
    "id room_id mediator_id case:case_id starts_at ends_at people booked_by booked_at cancelled_at",
)
ORGANISATION = row(
    "MediationOrganisation",
    Organisation,
    "unit_id parent_id kind capacity phone address",
    name_zh=str,
    name_en=str,
)
ORGANISATION_FULL = row(
    "MediationOrganisationFull",
    Organisation,
    "unit_id parent_id kind capacity phone address",
    name_zh=str,
    name_en=str,
    areas=list[str],
    subjects=list[str],
    mediators=list[MEDIATOR],  # type: ignore[valid-type]
    rooms=list[ROOM],  # type: ignore[valid-type]
)
OFFER = row("MediationOffer", Offer, "answer reason note offered_at offered_by")


class Table(Told):
    """What a table of rows would change, or has changed."""

    added: int
    changed: int
    same: int
    applied: bool


@MEDIATION.look(
    "/mediation/organisations", "listOrganisations", "mediation.read", "List organisations", lists=ORGANISATION
)
def list_organisations(
    session: Session,
    *,
    kind: Annotated[str, Field(max_length=16)] = "",
    place: Id = "",
    category: Id = "",
    q: Annotated[str, Field(max_length=60)] = "",
    cursor: Annotated[str, Field(max_length=64, description="`next` of the page before.")] = "",
) -> Any:
    wanted = Wanted(kind or None, place or None, category or None, q.strip())
    found, following = mediation.directory(session, wanted, on=today(), after=cursor or None)
    rows = [
        each
        for entry in found
        for each in told(
            session, ORGANISATION, [entry.organisation], name_zh=entry.unit.name_zh, name_en=entry.unit.name_en
        )
    ]
    return rows, following


@MEDIATION.look(
    "/mediation/organisations/<organisation_id>",
    "readOrganisation",
    "mediation.read",
    "Read an organisation with its mediators and rooms",
    tells=ORGANISATION_FULL,
)
def read_organisation(session: Session, organisation_id: str) -> Any:
    return _organisation(session, organisation_id)


@MEDIATION.act(
    "/mediation/organisations",
    "addOrganisation",
    "mediation.keep",
    "Add an organisation",
    tells=ORGANISATION_FULL,
    status=201,
    description="`seat` is the unit it belongs to.",
)
def add_organisation(session: Session, *, seat: Id, given: OrganisationIn) -> Any:
    made = mediation.add_organisation(session, seat, given, viewer=viewer(), now=now())
    return _organisation(session, made.unit_id)


@MEDIATION.act(
    "/mediation/organisations/<organisation_id>",
    "changeOrganisation",
    "mediation.keep",
    "Change an organisation",
    method="PUT",
    tells=ORGANISATION_FULL,
)
def change_organisation(session: Session, organisation_id: str, *, given: OrganisationIn) -> Any:
    mediation.change_organisation(session, organisation_id, given, viewer=viewer(), now=now())
    return _organisation(session, organisation_id)


@MEDIATION.act(
    "/mediation/organisations/<organisation_id>/closing",
    "closeOrganisation",
    "mediation.keep",
    "Close an organisation",
    tells=ORGANISATION_FULL,
    description="What it has it brings to an end.",
)
def close_organisation(session: Session, organisation_id: str) -> Any:
    mediation.close_organisation(session, organisation_id, viewer=viewer(), now=now(), today=today())
    return _organisation(session, organisation_id)


@MEDIATION.act(
    "/mediation/organisations/<organisation_id>/mediators",
    "addMediator",
    "mediation.keep",
    "Add a mediator",
    tells=MEDIATOR,
    status=201,
    after=lambda: world().forget_people(),
)
def add_mediator(session: Session, organisation_id: str, *, given: MediatorIn) -> Mediator:
    return mediation.add_mediator(session, organisation_id, given, viewer=viewer(), now=now())


@MEDIATION.act(
    "/mediation/mediators/<int:mediator_id>",
    "changeMediator",
    "mediation.keep",
    "Change a mediator",
    method="PUT",
    tells=MEDIATOR,
    after=lambda: world().forget_people(),
)
def change_mediator(session: Session, mediator_id: int, *, given: MediatorIn) -> Mediator:
    return mediation.change_mediator(session, mediator_id, given, viewer=viewer(), now=now())


@MEDIATION.act(
    "/mediation/organisations/<organisation_id>/rooms",
    "addRoom",
    "mediation.keep",
    "Add a room",
    tells=ROOM,
    status=201,
)
def add_room(session: Session, organisation_id: str, *, given: RoomIn) -> mediation.Room:
    return mediation.add_room(session, organisation_id, given, viewer=viewer(), now=now())


@MEDIATION.act(
    "/mediation/rooms/<int:room_id>", "changeRoom", "mediation.keep", "Change a room", method="PUT", tells=ROOM
)
def change_room(session: Session, room_id: int, *, given: RoomIn) -> mediation.Room:
    return mediation.change_room(session, room_id, given, viewer=viewer(), now=now())


@MEDIATION.act("/mediation/rooms/<int:room_id>/closing", "closeRoom", "mediation.keep", "Close a room", tells=ROOM)
def close_room(session: Session, room_id: int) -> mediation.Room:
    mediation.close_room(session, room_id, viewer=viewer(), now=now(), today=today())
    return mediation.get_room(session, room_id)


@MEDIATION.act(
    "/mediation/register",
    "importRegister",
    "mediation.keep",
    "Change the register by a table",
    tells=Table,
    description="CSV as `/mediation/import` takes it. Without `apply` it only says what would change.",
    after=lambda: world().forget_people(),
)
def import_register(session: Session, *, table: Annotated[str, Field(max_length=200_000)], apply: bool = False) -> Any:
    if apply:
        plan = mediation.import_register(session, table, viewer=viewer(), now=now())
    else:
        plan = mediation.plan_register(session, table)
    return Table(added=len(plan.added), changed=len(plan.changed), same=plan.same, applied=apply)


@MEDIATION.look(
    "/mediation/rooms/<int:room_id>/bookings",
    "listRoomBookings",
    "mediation.read",
    "Bookings of a room",
    lists=BOOKING,
    description="Of thirty days from `since` on, now if it is not given; at most 200.",
)
def list_bookings(session: Session, room_id: int, *, since: Moment | None = None) -> Any:
    mediation.get_room(session, room_id)
    begins = since or now()
    found = mediation.booked(session, since=begins, until=begins + timedelta(days=30), room_ids=[room_id], most=200)
    return [booking for booking, *_rest in found], None


@MEDIATION.act(
    "/mediation/rooms/<int:room_id>/bookings",
    "bookRoom",
    "mediation.book",
    "Book a room for no case",
    tells=BOOKING,
    status=201,
)
def book_room(
    session: Session,
    room_id: int,
    *,
    starts_at: Moment,
    ends_at: Moment,
    people: Whole,
    purpose: Annotated[str, Field(max_length=200)],
    mediator_id: Whole | None = None,
) -> Booking:
    return mediation.book(
        session,
        room_id,
        starts_at=starts_at,
        ends_at=ends_at,
        people=people,
        case_id=None,
        mediator_id=mediator_id,
        purpose=purpose,
        viewer=viewer(),
        now=now(),
    )


@MEDIATION.act(
    "/mediation/bookings/<int:booking_id>/cancellation",
    "cancelBooking",
    "mediation.read",
    "Call a booking off",
    tells=BOOKING,
)
def cancel_booking(session: Session, booking_id: int) -> Booking:
    return process.cancel_session(session, booking_id, viewer=viewer(), now=now())


@MEDIATION.act(
    "/cases/<string(maxlength=32):number>/mediation-offer",
    "offerMediation",
    "mediation.offer",
    "Keep what the parties said to mediation",
    tells=OFFER,
    scope="cases:act",
)
def offer_mediation(
    session: Session,
    number: str,
    *,
    answer: Annotated[str, Field(max_length=12)],
    reason: Annotated[str, Field(max_length=24)] | None = None,
    note: Note = "",
) -> Any:
    case = see(session, number)
    process.offer_mediation(session, case.id, answer, reason, note, viewer=viewer(), now=now())
    session.flush()
    return mediation.offer_of(session, case.id)


@MEDIATION.act(
    "/cases/<string(maxlength=32):number>/sessions",
    "bookSession",
    "mediation.book",
    "Book a session for a case",
    tells=BOOKING,
    status=201,
    scope="cases:act",
)
def book_session(
    session: Session,
    number: str,
    *,
    room_id: Whole,
    starts_at: Moment,
    ends_at: Moment,
    people: Whole,
    mediator_id: Whole | None = None,
) -> Booking:
    case = see(session, number)
    return process.book_session(
        session,
        case.id,
        room_id,
        starts_at=starts_at,
        ends_at=ends_at,
        people=people,
        mediator_id=mediator_id,
        viewer=viewer(),
        now=now(),
    )


@MEDIATION.act(
    "/cases/<string(maxlength=32):number>/private-note",
    "keepPrivateNote",
    "mediation.note",
    "Keep a note for yourself",
    method="PUT",
    tells=Acted,
    description="Nobody else reads it, and it stands in no history.",
    scope="cases:act",
)
def keep_note(session: Session, number: str, *, text: Note) -> Any:
    case = see(session, number)
    mediation.notes.keep_note(session, case.id, text, person_id=viewer().person_id, now=now())
    return Acted()


def _organisation(session: Session, unit_id: str) -> Any:
    session.flush()
    found, unit = mediation.get_organisation(session, unit_id)
    areas, subjects = mediation.scope_of(session, unit_id)
    return told(
        session,
        ORGANISATION_FULL,
        [found],
        name_zh=unit.name_zh,
        name_en=unit.name_en,
        areas=[each.id for each in areas],
        subjects=list(subjects),
        mediators=told(session, MEDIATOR, mediation.mediators_of(session, unit_id)),
        rooms=told(session, ROOM, [each for each, _unit in mediation.rooms_of(session, unit_id)]),
    )[0]

"""Organisations that mediate, as rows. An organisation is an office of the tree of units: tasks, roles and notices
reach its people as they reach those of any other unit, and its people see the cases it was asked about and no other.
"""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class Kind(enum.StrEnum):
    PEOPLES = "peoples"
    INDUSTRY = "industry"
    ADMINISTRATIVE = "administrative"
    LAWYER = "lawyer"
    NAMED = "named"
    """A room that bears the name of a well-known mediator, with neighbour rooms around it."""


class RoomKind(enum.StrEnum):
    ORDINARY = "ordinary"
    NAMED = "named"
    NEIGHBOUR = "neighbour"


class Outcome(enum.StrEnum):
    AGREED_ORAL = "agreement_oral"
    AGREED_WRITTEN = "agreement_written"
    NO_CONSENT = "no_consent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    UNSIGNED = "unsigned"
    REFUSED = "refused"
    """The organisation did not accept it."""
    SILENT = "silent"
    """The organisation gave no answer in time."""


SUCCEEDED = frozenset({Outcome.AGREED_ORAL, Outcome.AGREED_WRITTEN})
NEVER_BEGAN = frozenset({Outcome.REFUSED, Outcome.SILENT})

EVERYTHING = "*"
"""The category of an organisation that mediates whatever comes."""


class Organisation(Base):
    """What the office's own row does not say. Its name, seat (the unit above it) and years are those of the unit."""

    __tablename__ = "mediation_organisation"

    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("mediation_organisation.unit_id"), index=True)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    capacity: Mapped[int] = mapped_column(Integer)
    """How many mediations it carries at once before others are named first."""
    phone: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(300))


class Area(Base):
    """A unit in which an organisation mediates, with everything below it."""

    __tablename__ = "mediation_area"

    organisation_id: Mapped[str] = mapped_column(UnitId, ForeignKey("mediation_organisation.unit_id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True, index=True)


class Subject(Base):
    """A category that an organisation mediates, with those below it (`property` takes `property.fee`)."""

    __tablename__ = "mediation_subject"

    organisation_id: Mapped[str] = mapped_column(UnitId, ForeignKey("mediation_organisation.unit_id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(64), primary_key=True)


class Mediator(Base):
    """Somebody who mediates for an organisation; with an account they are asked by the system, else by telephone."""

    __tablename__ = "mediator"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(UnitId, ForeignKey("mediation_organisation.unit_id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(40))
    skills: Mapped[list[str]] = mapped_column(Json)
    """Categories they know best."""
    languages: Mapped[list[str]] = mapped_column(Json)
    weekdays: Mapped[str] = mapped_column(String(7), default="12345")
    """The days on which they can be had, Monday 1 to Sunday 7."""
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en


class Room(Base):
    """Where sessions are held. A neighbour room belongs to a named one."""

    __tablename__ = "mediation_room"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(UnitId, ForeignKey("mediation_organisation.unit_id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("mediation_room.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(300))
    capacity: Mapped[int] = mapped_column(Integer)
    closed_on: Mapped[date | None]

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en


STANDS = text("cancelled_at IS NULL")


class Booking(Base):
    """A room, and mostly a mediator, from [starts_at to ends_at). Neither is ever held twice at a time: `book`."""

    __tablename__ = "mediation_booking"
    __table_args__ = (
        Index("ix_mediation_booking_room", "room_id", "starts_at", postgresql_where=STANDS, sqlite_where=STANDS),
        Index(
            "ix_mediation_booking_mediator", "mediator_id", "starts_at", postgresql_where=STANDS, sqlite_where=STANDS
        ),
        Index("ix_mediation_booking_case_id", "case_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("mediation_room.id"))
    mediator_id: Mapped[int | None] = mapped_column(ForeignKey("mediator.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    people: Mapped[int] = mapped_column(Integer)
    purpose: Mapped[str | None] = mapped_column(String(200))
    """What the room is for when it is for no case."""
    booked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    booked_at: Mapped[datetime] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Referral(Base):
    """A case with an organisation. `organisation_id` None: the unit that holds the case mediates itself."""

    __tablename__ = "mediation_referral"
    __table_args__ = (
        Index("ix_mediation_referral_case_id", "case_id", "id"),
        Index("ix_mediation_referral_organisation_id", "organisation_id", "ended_at", "case_id"),
        Index("ix_mediation_referral_referred_at", "referred_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    organisation_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("mediation_organisation.unit_id"))
    chosen_by: Mapped[str] = mapped_column(String(12))
    referred_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    mediator_id: Mapped[int | None] = mapped_column(ForeignKey("mediator.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The mediator's account, whose tasks they are from then on."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(String(20))


class Offer(Base):
    """What the parties said when mediation was offered; the last word counts. Whoever declines says why."""

    __tablename__ = "mediation_offer"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    answer: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(24))
    note: Mapped[str | None] = mapped_column(Text)
    offered_at: Mapped[datetime] = mapped_column(Instant, index=True)
    offered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class PrivateNote(Base):
    """What a mediator writes for themselves about a case: read by nobody else, in no history, search or export."""

    __tablename__ = "mediator_note"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    text: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(Instant)

"""Reception days as rows: when a leader receives, who comes, and what was promised."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, UnitId


class Reception(Base):
    """A day on which a leader receives, at the office or in a community. Who is booked sees nothing of it before
    it is published."""

    __tablename__ = "reception"
    __table_args__ = (
        Index("ix_reception_unit_id_starts_at", "unit_id", "starts_at"),
        Index("ix_reception_leader_id_starts_at", "leader_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    """Whose calendar it stands in; there the leader leads, and its petition office keeps the book."""
    leader_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    community_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    """Where the leader goes down to; None at the office."""
    place_text: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    topics: Mapped[str] = mapped_column(String(300))
    quota: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)


class Booking(Base):
    """Somebody's place at a reception. How their matter goes on is told by `instance_id` and its tasks."""

    __tablename__ = "booking"
    __table_args__ = (UniqueConstraint("reception_id", "seq"), Index("ix_booking_case_id", "case_id"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reception_id: Mapped[int] = mapped_column(ForeignKey("reception.id"))
    seq: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    name: Mapped[str | None] = mapped_column(String(80))
    """Of somebody without a case yet; once there is one, it stands in the case alone."""
    phone: Mapped[str | None] = mapped_column(String(32))
    matter: Mapped[str] = mapped_column(Text)
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """None: on the public page."""
    booked_at: Mapped[datetime] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    arrived: Mapped[bool | None] = mapped_column(Boolean)
    persons: Mapped[int | None] = mapped_column(Integer)
    statements: Mapped[str | None] = mapped_column(Text)
    promise: Mapped[str | None] = mapped_column(Text)
    instruction: Mapped[str | None] = mapped_column(Text)
    owner_unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    received_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"), unique=True)

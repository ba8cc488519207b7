"""Sessions as rows: when people sat together, and what was raised there."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, UnitId


class Kind(enum.StrEnum):
    SECRETARY_TALK = "secretary_talk"
    GRID_TALK = "grid_talk"
    COUNCIL = "council"


class Disposition(enum.StrEnum):
    """What becomes of an item. `case` and `suggestion` file a case; the others are done with."""

    ANSWERED = "answered"
    CASE = "case"
    SUGGESTION = "suggestion"
    NOTED = "noted"


FILES = frozenset({Disposition.CASE, Disposition.SUGGESTION})


class Gathering(Base):
    """One session of a unit with its people. Held once its minutes are published; nothing is added afterwards."""

    __tablename__ = "gathering"
    __table_args__ = (Index("ix_gathering_unit_id_starts_at", "unit_id", "starts_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    kind: Mapped[str] = mapped_column(String(24))
    topic: Mapped[str] = mapped_column(String(200))
    place_text: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    host_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    attended: Mapped[int | None] = mapped_column(Integer)
    """With the next two: as far as they are written; published with `held_at`."""
    attendees: Mapped[str | None] = mapped_column(Text)
    minutes: Mapped[str | None] = mapped_column(Text)
    held_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the minutes were published."""
    held_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)


class Invitation(Base):
    """Who is asked to come: a unit, a person, or a residents' representative by name."""

    __tablename__ = "gathering_invitation"
    __table_args__ = (
        Index("ix_gathering_invitation_gathering_id", "gathering_id"),
        Index("ix_gathering_invitation_unit_id", "unit_id"),
        Index("ix_gathering_invitation_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    gathering_id: Mapped[int] = mapped_column(ForeignKey("gathering.id"))
    unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str | None] = mapped_column(String(80))


class GatheringItem(Base):
    """What somebody raised. Whether it is closed is told by its case, which is the only one to know."""

    __tablename__ = "gathering_item"
    __table_args__ = (
        UniqueConstraint("gathering_id", "seq"),
        Index("ix_gathering_item_case_id", "case_id"),
        Index("ix_gathering_item_told_in", "told_in"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    gathering_id: Mapped[int] = mapped_column(ForeignKey("gathering.id"))
    seq: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    by_name: Mapped[str] = mapped_column(String(80))
    disposition: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str | None] = mapped_column(Text)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    told_in: Mapped[int | None] = mapped_column(ForeignKey("gathering.id"))
    """The later session in which people were told what became of it."""

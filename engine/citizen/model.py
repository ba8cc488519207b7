"""What is kept of citizens: which tracking codes lead to which matter, and which place codes were renewed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, UnitId


class Tracking(Base):
    """A code that was given out for a case. Only its hash is kept; one code of a case lives at a time."""

    __tablename__ = "tracking"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    """None only inside the transaction that files the case: the code is claimed first, so that a form counts once."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The handler who gave it out; None when it was given for a report."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class PlaceCode(Base):
    """A place whose code was renewed; others have generation 0. Older stickers lead to the place all the same."""

    __tablename__ = "place_code"

    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(Integer)
    renewed_at: Mapped[datetime] = mapped_column(Instant)
    renewed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))

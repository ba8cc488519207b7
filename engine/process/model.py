"""Running instances as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class Instance(Base):
    """One run of one process for a case. `revision` counts the pushes; two at once give one Conflict."""

    __tablename__ = "instance"
    __table_args__ = (
        Index("ix_instance_case_id", "case_id"),
        Index(
            "ix_instance_running",
            "process_id",
            "release_id",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_instance_trouble",
            "id",
            postgresql_where=text("trouble IS NOT NULL"),
            sqlite_where=text("trouble IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    process_id: Mapped[str] = mapped_column(String(64))
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    state: Mapped[bytes] = mapped_column(LargeBinary)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    trouble: Mapped[str | None] = mapped_column(Text)
    """Why it was set aside; an operator sees it and may have it tried again."""
    trouble_at: Mapped[datetime | None] = mapped_column(Instant)
    begins_with: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Of one that a fault kept from beginning: what it is to begin with. It has no state yet."""
    outcome: Mapped[str | None] = mapped_column(String(48))
    """What came of it, in the word its diagram gave to `conclude`; registers count by it."""


class Instruction(Base):
    """What a leader asked of a unit about a case. How it goes on is told by its instance and that instance's tasks."""

    __tablename__ = "instruction"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), unique=True)
    by_unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    to_unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    text: Mapped[str] = mapped_column(Text)
    urgent: Mapped[bool] = mapped_column(Boolean)
    given_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[datetime] = mapped_column(Instant)


class Arbitration(Base):
    """A dispute over who handles a case, and how it was decided. Decided ones are the precedents of the next."""

    __tablename__ = "arbitration"
    __table_args__ = (Index("ix_arbitration_category", "category", "outcome", "decided_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), unique=True)
    visit_seq: Mapped[int] = mapped_column(Integer)
    """The stay that the dispute is about."""
    why: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(64))
    place_kind: Mapped[str] = mapped_column(String(32))
    """The tier down to which the place is known."""
    between: Mapped[list[str]] = mapped_column(Json)
    """The units in dispute; the first one holds the case meanwhile."""
    deciding_unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(String(12))
    lead_unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    co_units: Mapped[list[str] | None] = mapped_column(Json)
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

"""The deadline table, which is the truth about every clock.

States: `armed` runs · `paused` stands still, `rest` keeps what is left to the minute · `met` what it expected came in
time · `breached` it fired · `cancelled` it lost its object. Only `armed` rows are ever claimed by the scheduler.
"""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, UnitId

ARMED = text("state = 'armed'")
TIER_CLOCK = text("state = 'armed' AND step = 'handle'")
BY_PLACE = ("due_at", "place_id", "case_id")
ENDED = text("closed_at IS NOT NULL")
TO_WARN = text("state = 'armed' AND warned_at IS NULL")


class DeadlineState(enum.StrEnum):
    ARMED = "armed"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class Deadline(Base):
    """One clock. With a token it is a timer of the diagram; without one the engine itself set it (case clocks)."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("instance_id", "token"),
        Index("ix_deadline_armed_next_at", "next_at", "id", postgresql_where=ARMED, sqlite_where=ARMED),
        Index("ix_deadline_tier_clock", *BY_PLACE, postgresql_where=TIER_CLOCK, sqlite_where=TIER_CLOCK),
        Index("ix_deadline_to_warn", "warn_at", "id", postgresql_where=TO_WARN, sqlite_where=TO_WARN),
        Index("ix_deadline_case_id", "case_id"),
        Index("ix_deadline_ended", "process", "closed_at", postgresql_where=ENDED, sqlite_where=ENDED),
        Index("ix_deadline_was_due", "step", "due_at", postgresql_where=ENDED, sqlite_where=ENDED),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    visit_seq: Mapped[int | None] = mapped_column(Integer)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"))
    token: Mapped[str | None] = mapped_column(String(24))
    process: Mapped[str | None] = mapped_column(String(64))
    """The process that holds the timer, which may run inside that of the instance."""
    element: Mapped[str | None] = mapped_column(String(64))
    attached_to: Mapped[str | None] = mapped_column(String(64))
    step: Mapped[str] = mapped_column(String(32))
    """handle, ack, contact, case_outer … : a word of limits.yaml, or the element's id for a plain duration."""
    tier: Mapped[str | None] = mapped_column(String(32))
    place_id: Mapped[str | None] = mapped_column(UnitId)
    """The place of the case, for counting tier clocks below a unit; empty for a clock that the engine itself set."""
    expects: Mapped[str] = mapped_column(String(24))
    """The state that should be reached by then: signed_in, contacted, ended, answered, decided, closed."""
    started_at: Mapped[datetime] = mapped_column(Instant)
    length: Mapped[str] = mapped_column(String(24))
    first_due_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    """When the scheduler looks at it next: `due_at`, or later after a failed try."""
    warn_at: Mapped[datetime | None] = mapped_column(Instant)
    warned_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(12))
    interrupting: Mapped[bool] = mapped_column(Boolean, default=True)
    provisional: Mapped[bool] = mapped_column(Boolean, default=False)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    pause_reason: Mapped[str | None] = mapped_column(String(32))
    rest: Mapped[float | None]
    """What was left when it was paused: working minutes for wd/wh/wm, seconds otherwise."""
    paused_minutes: Mapped[float] = mapped_column(default=0.0)
    pauses: Mapped[int] = mapped_column(Integer, default=0)
    extended_by: Mapped[str | None] = mapped_column(String(24))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    lateness_s: Mapped[float | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    trouble: Mapped[str | None] = mapped_column(Text)


class Extension(Base):
    """A request for more time: asked before due, decided once, one per clock."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"), unique=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"))
    length: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    decision: Mapped[str | None] = mapped_column(String(12))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision_reason: Mapped[str | None] = mapped_column(Text)


class YearTable(Base):
    """The working-day table of a year as loaded; `text` is the YAML an operator edits."""

    __tablename__ = "year_table"

    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    loaded_at: Mapped[datetime] = mapped_column(Instant)
    loaded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

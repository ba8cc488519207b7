"""A migration as rows: what is wanted, and what becomes of each instance."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json


class MigrationState(enum.StrEnum):
    LOOKING = "looking"
    """The dry run: the scheduler judges one instance after the other."""
    READY = "ready"
    """Judged; somebody reads it and starts it, or drops it."""
    MOVING = "moving"
    DONE = "done"
    STOPPED = "stopped"
    """By a person, while it looked or moved; what has moved stays where it is."""
    UNDOING = "undoing"
    UNDONE = "undone"


WORKING = (MigrationState.LOOKING, MigrationState.MOVING, MigrationState.UNDOING)
IS_WORKING = text("state IN ('looking', 'moving', 'undoing')")


class Outcome(enum.StrEnum):
    CAN = "can"
    CANNOT = "cannot"
    MOVED = "moved"
    STAYED = "stayed"
    """It could when it was looked at, and could not any more when its turn came."""
    UNDONE = "undone"
    KEPT = "kept"
    """It has gone on since it was moved, and is not taken back."""


class Migration(Base):
    """From one release to another, of one process or of all. The row is the lease: who works on it has it locked."""

    __tablename__ = "migration"
    __table_args__ = (Index("ix_migration_working", "id", postgresql_where=IS_WORKING, sqlite_where=IS_WORKING),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    process_id: Mapped[str | None] = mapped_column(String(64))
    """None: everything that runs on the release."""
    state: Mapped[str] = mapped_column(String(12), default=MigrationState.LOOKING)
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    begun_at: Mapped[datetime] = mapped_column(Instant)
    total: Mapped[int] = mapped_column(Integer)
    """How many ran when it began."""
    looked_until: Mapped[int] = mapped_column(Integer, default=0)
    """The id of the last instance that was judged."""
    reason: Mapped[str | None] = mapped_column(Text)
    started_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undo_reason: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class MigrationCase(Base):
    """What becomes of one instance, and what its way back needs."""

    __tablename__ = "migration_case"
    __table_args__ = (Index("ix_migration_case_outcome", "migration_id", "outcome", "case_id"),)

    migration_id: Mapped[int] = mapped_column(ForeignKey("migration.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    process_id: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(12))
    code: Mapped[str | None] = mapped_column(String(32))
    """The first thing that stood in the way, and the element it stood at."""
    element: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int | None] = mapped_column(Integer)
    """Of the instance right after the move; a later one has gone on."""
    before: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The saved state it had."""
    undo: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What changed beside it: fields of tasks and clocks by id, and the ids of clocks that ended and that began."""

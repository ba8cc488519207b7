"""Rehearsals as rows: what was asked for, how far it is, and what came of it.

States: `waiting` nobody works on it yet · `running` a node holds the lease and goes on from `at_case` · `done` ·
`cancelled` by a designer · `failed` with `trouble`. A node that dies leaves an expired lease, and any node goes on.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId

UNDER_WAY = text("state IN ('waiting', 'running')")
DIFFERS = text("differs")


class RehearsalState(enum.StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Rehearsal(Base):
    """One set of files tried on the closed cases of a period and an area."""

    __tablename__ = "rehearsal"
    __table_args__ = (Index("ix_rehearsal_under_way", "id", postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"), index=True)
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"), index=True)
    """Whose files: of a proposal or of a release."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    files: Mapped[dict[str, str]] = mapped_column(Json)
    """Path → hash, as they were when it was asked for."""
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(12))
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, default=0)
    at_case: Mapped[int] = mapped_column(Integer, default=0)
    """Every case up to this one is done; the next portion begins behind it."""
    habits: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What people usually did, over all these cases; read once, before the first is replayed."""
    leased_by: Mapped[str | None] = mapped_column(String(120))
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    trouble: Mapped[str | None] = mapped_column(Text)
    """The code of what stopped it."""
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    result_hash: Mapped[str | None] = mapped_column(String(64))
    """Over every case of it: equal files and cases give an equal hash."""

    @property
    def under_way(self) -> bool:
        return self.state in (RehearsalState.WAITING, RehearsalState.RUNNING)


class RehearsedCase(Base):
    """One case of a rehearsal, without anything that tells which it is. `number` counts them from 1."""

    __tablename__ = "rehearsed_case"
    __table_args__ = (
        Index("ix_rehearsed_case_differing", "rehearsal_id", "number", postgresql_where=DIFFERS, sqlite_where=DIFFERS),
    )

    rehearsal_id: Mapped[int] = mapped_column(ForeignKey("rehearsal.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    category: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    differs: Mapped[bool] = mapped_column(Boolean)
    faithful: Mapped[bool] = mapped_column(Boolean)
    assumed_at: Mapped[dict[str, int]] = mapped_column(Json)
    trace: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Of the first that differ: both courses, element by element."""

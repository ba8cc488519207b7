"""What was found as rows: a finding, the cases it is about, and how far the cases have been looked at."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class FindingKind(enum.StrEnum):
    DUPLICATE = "duplicate"
    """Two open cases are most likely one and the same."""
    CLUSTER = "cluster"
    """Many cases of one category in neighbouring places within a few days: a master case is proposed."""
    SURGE = "surge"
    """A category grows suddenly in a unit: its lead and the unit above are told, and a post-mortem is opened."""
    RETURN = "return"
    """A category comes back to a place again and again after closing: a look at the cause is proposed."""


class FindingState(enum.StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    ABSORBED = "absorbed"
    """A pair that turned out to be part of a cluster."""


IS_OPEN = text("state = 'open'")
HAS_MASTER = text("master_id IS NOT NULL")


class Finding(Base):
    """Something that nobody filed and that a person decides on. `unit_id` is the lowest unit all its cases lie in."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_open", "unit_id", "id", postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
        Index("ix_finding_state", "state", "unit_id", "id"),
        Index("ix_finding_kind", "kind", "category", "unit_id", "changed_at"),
        Index("ix_finding_master_id", "master_id", postgresql_where=HAS_MASTER, sqlite_where=HAS_MASTER),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """What it is about, in one word: the same is found once."""
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    category: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    """The figures behind it, from which the page says why."""
    found_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    """When its latest case was received."""
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    master_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    """The case that carries the others on, or that was filed because of it."""
    post_mortem_id: Mapped[int | None] = mapped_column(ForeignKey("post_mortem.id"))


class FindingCase(Base):
    """A case that a finding is about."""

    __tablename__ = "finding_case"
    __table_args__ = (Index("ix_finding_case_case_id", "case_id"),)

    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)


class Watermark(Base):
    """How far a detector has come. Its row is the lease: who works on it holds it until the work is kept."""

    __tablename__ = "watermark"

    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    done_to: Mapped[int] = mapped_column(Integer)
    """The last entry of the outbox that was looked at."""
    done_at: Mapped[datetime] = mapped_column(Instant)

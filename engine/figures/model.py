"""Reports as rows: what was asked for, how far it is made, and each figure with the ids behind it.

States: `waiting` nobody works on it yet · `running` a node holds the lease and makes part after part · `done` ·
`failed` with `trouble`. A node that dies leaves an expired lease, and any node goes on.
"""

from __future__ import annotations

import enum
import json
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId

UNDER_WAY = text("state IN ('waiting', 'running')")


class ReportState(enum.StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class FieldReport(Base):
    """The figures of a unit over some days as of one instant, kept as they were told."""

    __tablename__ = "field_report"
    __table_args__ = (
        Index("ix_field_report_unit_id", "unit_id", "id"),
        Index("ix_field_report_under_way", "id", postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    first_on: Mapped[date]
    last_on: Mapped[date]
    as_of: Mapped[datetime] = mapped_column(Instant)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(12))
    done: Mapped[int] = mapped_column(Integer, default=0)
    """How many of its parts are made."""
    parts: Mapped[dict[str, Any]] = mapped_column(Json)
    """By name, in a form that pages and files are made of."""
    leased_by: Mapped[str | None] = mapped_column(String(120))
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    trouble: Mapped[str | None] = mapped_column(Text)
    """What stopped it."""

    @property
    def under_way(self) -> bool:
        return self.state in (ReportState.WAITING, ReportState.RUNNING)


class KeptFigure(Base):
    """One figure of a kept report: which definition, how it was rounded, and the ids on both sides of the fraction."""

    __tablename__ = "kept_figure"

    report_id: Mapped[int] = mapped_column(ForeignKey("field_report.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    rounding: Mapped[str] = mapped_column(String(12))
    above: Mapped[int] = mapped_column(Integer)
    below: Mapped[int | None] = mapped_column(Integer)
    above_ids: Mapped[bytes] = mapped_column(LargeBinary)
    """Ascending ids, packed (`packed`)."""
    below_ids: Mapped[bytes | None] = mapped_column(LargeBinary)


class PublicMonth(Base):
    """What is published about a finished month. Written once and never again, with the small counts already left out:
    two readings of it cannot be held against each other, and the table holds nothing that may not be told."""

    __tablename__ = "public_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    made_at: Mapped[datetime] = mapped_column(Instant)
    told: Mapped[dict[str, Any]] = mapped_column(Json)


def packed(ids: Sequence[int]) -> bytes:
    """Ascending ids as their distances, compressed: a year of cases takes some ten thousand bytes."""
    steps = (later - earlier for earlier, later in zip((0, *ids), ids, strict=False))
    return zlib.compress(json.dumps(list(steps), separators=(",", ":")).encode())


def unpacked(data: bytes) -> list[int]:
    return list(accumulate(json.loads(zlib.decompress(data))))

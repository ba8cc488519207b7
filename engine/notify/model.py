"""Notices as rows, and how far somebody has read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class Notice(Base):
    """Something a unit, or one person, should know about a case. `what` is the act, or the word a diagram told."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("key", "unit_id"),
        UniqueConstraint("key", "person_id"),
        CheckConstraint("(unit_id IS NULL) <> (person_id IS NULL)", name="one_reader"),
        Index("ix_notice_unit_id_id", "unit_id", "id"),
        Index("ix_notice_person_id_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    what: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(12))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)


class NoticesRead(Base):
    """Up to which notice a person has read everything."""

    __tablename__ = "notices_read"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    up_to: Mapped[int] = mapped_column(Integer)


class NoticeRead(Base):
    """A notice above that line which a person has opened."""

    __tablename__ = "notice_read"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)

"""The assessment of a project's risk to social stability as rows, and the later cases that belong to it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class AssessmentState(enum.StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


LEVELS = ("high", "medium", "low")
DECISIONS = ("go", "defer", "no")


class Assessment(Base):
    """A project, who is affected, what may go wrong, what is done about it, and whether it goes on."""

    __tablename__ = "assessment"
    __table_args__ = (Index("ix_assessment_unit_id", "unit_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    """Where it is built: cases from there may belong to it."""
    project: Mapped[str] = mapped_column(String(200))
    stakeholders: Mapped[str] = mapped_column(Text)
    risks: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """[{what, level, measure}]"""
    level: Mapped[str] = mapped_column(String(8))
    measures: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(String(8))
    keywords: Mapped[str] = mapped_column(String(80))
    """What later cases are looked for by, besides the place."""
    state: Mapped[str] = mapped_column(String(12))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    remark: Mapped[str | None] = mapped_column(Text)


class AssessmentCase(Base):
    """A later case of which somebody has said whether it belongs to the project."""

    __tablename__ = "assessment_case"
    __table_args__ = (Index("ix_assessment_case_case_id", "case_id"),)

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    belongs: Mapped[bool] = mapped_column()
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[int] = mapped_column(ForeignKey("person.id"))

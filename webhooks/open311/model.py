"""Reports and updates that came through civic apps: whose they are, and under which number of theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json


class CivicReport(Base):
    """A report of an app, and the case it became. `external_no` is the app's own number, or a hash of what it sent."""

    __tablename__ = "civic_report"
    __table_args__ = (
        UniqueConstraint("app", "external_no"),
        Index("ix_civic_report_requested_at", "requested_at", "id"),
        Index("ix_civic_report_app", "app", "requested_at", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    app: Mapped[str] = mapped_column(String(32))
    external_no: Mapped[str] = mapped_column(String(80))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), unique=True)
    """None only inside the transaction that files it: the number is claimed first, so that a report counts once."""
    requested_at: Mapped[datetime] = mapped_column(Instant)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    media: Mapped[list[Any]] = mapped_column(Json)
    """Addresses of pictures as they were sent. Nobody calls them."""


class CivicUpdate(Base):
    """An update that an app sent to a report of its own, under its number, so that it counts once."""

    __tablename__ = "civic_update"
    __table_args__ = (UniqueConstraint("report_id", "external_no"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("civic_report.id"))
    external_no: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(Instant)

"""Backlog campaigns as rows: what was looked for, the frozen list, and who takes charge of each item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class Campaign(Base):
    """One batch of a unit. Its list was frozen when it was made and never changes."""

    __tablename__ = "campaign"
    __table_args__ = (UniqueConstraint("unit_id", "batch_no"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(120))
    batch_no: Mapped[str] = mapped_column(String(32))
    criteria: Mapped[dict[str, Any]] = mapped_column(Json)
    panel: Mapped[list[str]] = mapped_column(Json)
    """Who reviews plans and checks acceptance, each `unit#person`."""
    frozen_at: Mapped[datetime] = mapped_column(Instant)
    frozen_by: Mapped[int] = mapped_column(ForeignKey("person.id"))


class CampaignItem(Base):
    """A case on the list. How it stands is told by its instance: the open tasks, and the outcome once struck off."""

    __tablename__ = "campaign_item"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        UniqueConstraint("campaign_id", "case_id"),
        Index("ix_campaign_item_case_id", "case_id"),
        Index("ix_campaign_item_lead_id", "lead_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    number: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    frozen: Mapped[dict[str, Any]] = mapped_column(Json)
    """How the case stood when the list was frozen: state, tier, holder, result, repeats."""
    lead_unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    force_unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    """The unit of the task force that works on it."""
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"), unique=True)

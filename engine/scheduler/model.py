"""The nodes that tick."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.store import Base, Instant


class Node(Base):
    """A process that ticks, and when it last did."""

    __tablename__ = "node"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(Instant)
    fired_last_hour: Mapped[int] = mapped_column(Integer, default=0)
    latest_by_s: Mapped[float] = mapped_column(Float, default=0.0)
    """How late the latest firing of that hour was."""


def latest_beat(session: Session) -> datetime | None:
    """When any node last said that it lives."""
    return session.scalar(select(Node.beat_at).order_by(Node.beat_at.desc()).limit(1))

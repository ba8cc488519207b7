"""What came in, as rows: every delivery, the matters of other systems, and knocks at the door that were not heard."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json


class State(enum.StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    """Safe, and not filed yet; of a message: its case does not wait for it yet."""
    FILED = "filed"
    UPDATED = "updated"
    """A newer version of a matter that was there."""
    KNOWN = "known"
    """Nothing new: the same version, or the case is over."""
    OLDER = "older"
    """A newer version came first."""
    DELIVERED = "delivered"
    """A message that its case took."""
    REFUSED = "refused"
    EXPIRED = "expired"
    """A message that its case never waited for."""
    DROPPED = "dropped"
    """Refused, and put aside by an operator."""


IS_WAITING = text("state = 'waiting'")
"""Written out, so that queries meet the index."""
IS_FOLLOWED = text("followed")
NEEDS_A_LOOK = text("state IN ('refused', 'expired')")


class Delivery(Base):
    """One delivery. The body stays until it has become a case, or for a while where it was refused."""

    __tablename__ = "inbound_delivery"
    __table_args__ = (
        UniqueConstraint("source", "delivery_id"),
        Index("ix_inbound_delivery_waiting", "next_at", "id", postgresql_where=IS_WAITING, sqlite_where=IS_WAITING),
        Index("ix_inbound_delivery_kept", "case_id", postgresql_where=IS_WAITING, sqlite_where=IS_WAITING),
        Index("ix_inbound_delivery_look", "source", "id", postgresql_where=NEEDS_A_LOOK, sqlite_where=NEEDS_A_LOOK),
        Index("ix_inbound_delivery_came", "source", "received_at", "state"),
        Index("ix_inbound_delivery_swept", "received_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    delivery_id: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the body: the same id with another one is refused."""
    message: Mapped[str | None] = mapped_column(String(48))
    """None for a report."""
    state: Mapped[str] = mapped_column(String(12))
    received_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    """When it is tried next, while it waits."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[str] = mapped_column(String(120), default="")
    charset: Mapped[str] = mapped_column(String(40), default="")
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    external_no: Mapped[str | None] = mapped_column(String(80))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    code: Mapped[str | None] = mapped_column(String(60))
    """Why it was refused, for machines; or what the last try failed with."""
    faults: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    """[{path, field, says: {zh, en}}]; nothing of what was sent stands in it, but words that a value map lacks."""
    settled_at: Mapped[datetime | None] = mapped_column(Instant)


class Matter(Base):
    """A matter of another system, and the case it became. The row is the lock when several deliveries are about it."""

    __tablename__ = "inbound_matter"
    __table_args__ = (
        Index("ix_inbound_matter_case_id", "case_id"),
        Index(
            "ix_inbound_matter_followed", "source", "case_id", postgresql_where=IS_FOLLOWED, sqlite_where=IS_FOLLOWED
        ),
    )

    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    external_no: Mapped[str] = mapped_column(String(80), primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    version: Mapped[str] = mapped_column(String(40), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    """Of the newest version; of two bodies with one version the greater digest counts, in whatever order they come."""
    party_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    """The parties of the case that came from there."""
    followed: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether its source still has to hear of what happens to the case."""
    told: Mapped[str | None] = mapped_column(String(24))
    """The state that the source heard of last."""
    told_seq: Mapped[int] = mapped_column(Integer, default=0)
    """The last entry of the history that was looked at for it."""


class Shut(Base):
    """How often on a day deliveries were turned away before anything of them was kept."""

    __tablename__ = "inbound_shut"

    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    on: Mapped[date] = mapped_column(Date, primary_key=True)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(Instant)

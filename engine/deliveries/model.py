"""Receivers, what is delivered to them, and every attempt."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, literal, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json


class ReceiverState(enum.StrEnum):
    """ON: it is sent to. PAUSED: by a person; what comes is kept for it. GONE: it answered 410."""

    ON = "on"
    PAUSED = "paused"
    GONE = "gone"


class DeliveryState(enum.StrEnum):
    """FAILED: given up after the last try."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Receiver(Base):
    """An address that deliveries go to, and how it does. Its row is the lease of whoever serves it."""

    __tablename__ = "receiver"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    """Whose it is: subscription, source, channel."""
    url: Mapped[str] = mapped_column(Text)
    signed: Mapped[bool] = mapped_column(Boolean)
    keys: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """What its secrets are derived from (`keys.py`), the newest first; none for a receiver whose secret is given."""
    state: Mapped[str] = mapped_column(String(8))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    """In a row; 0 once it has answered."""
    failing_since: Mapped[datetime | None] = mapped_column(Instant)
    rests_until: Mapped[datetime | None] = mapped_column(Instant)
    trouble: Mapped[str | None] = mapped_column(String(48))
    """Why the last try failed: a code, or `http.503`."""
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    made_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def label(self) -> str:
        """Its name for people, without the word before it that keeps names of several owners apart."""
        return self.name.partition(":")[2] or self.name


IS_WAITING = text("state = 'waiting'")
IS_FAILED = text("state = 'failed'")
WAITING = literal(DeliveryState.WAITING.value, literal_execute=True)
FAILED = literal(DeliveryState.FAILED.value, literal_execute=True)
"""Written out in statements: no database looks into a partial index for a value it is only given later."""
IS_DONE = text("done_at IS NOT NULL")


class Delivery(Base):
    """One message for one receiver. The body never changes, so that every try is the same message."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("receiver_id", "key"),
        Index(
            "ix_delivery_waiting",
            "receiver_id",
            "next_at",
            "id",
            postgresql_where=IS_WAITING,
            sqlite_where=IS_WAITING,
        ),
        Index("ix_delivery_failed", "receiver_id", "id", postgresql_where=IS_FAILED, sqlite_where=IS_FAILED),
        Index("ix_delivery_receiver_id_id", "receiver_id", "id"),
        Index("ix_delivery_done", "done_at", "id", postgresql_where=IS_DONE, sqlite_where=IS_DONE),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("receiver.id"))
    key: Mapped[str] = mapped_column(String(80))
    """The same on every try: `webhook-id` where the receiver is signed to."""
    kind: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(64))
    """The number of the case it is about."""
    body: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """Since it was queued, or since somebody had it delivered again."""
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it was delivered or given up."""


class Attempt(Base):
    """One try, as it went. Either `status`, or `trouble` for a call that came to nothing."""

    __tablename__ = "delivery_attempt"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    ms: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    trouble: Mapped[str | None] = mapped_column(String(48))
    answer: Mapped[str] = mapped_column(Text)
    """The beginning of what came back, as text and nothing else."""

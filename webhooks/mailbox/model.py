"""Each mail that was looked at, once, and what became of it; and when each box was last looked into."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant


class Outcome(enum.StrEnum):
    FILED = "filed"
    """It became a case."""
    ADDED = "added"
    """It was an answer to a mail of ours, and went to the case it is about."""
    LEFT = "left"
    """Written by a machine: an automatic answer, a bounce, a newsletter. It stays where it is."""
    REFUSED = "refused"
    """It could not be filed. It was put aside; laid back, it is looked at again."""


class Mail(Base):
    """No word of the mail, and of its sender only what tells two of them apart."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_outcome", "outcome", "id"), Index("ix_mail_case_id", "case_id"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    """A hash over its Message-ID and what it says, so that it counts once whichever way it comes."""
    at: Mapped[datetime] = mapped_column(Instant)
    """When it was looked at, the last time."""
    came_by: Mapped[str] = mapped_column(String(8))
    """imap or drop."""
    outcome: Mapped[str] = mapped_column(String(8))
    why: Mapped[str] = mapped_column(String(40), default="")
    """Of one that was left or refused: a word that pages say in sentences."""
    size_bytes: Mapped[int] = mapped_column(Integer)
    sender_mark: Mapped[str | None] = mapped_column(String(64))
    sender_shown: Mapped[str] = mapped_column(String(80), default="")
    """Masked."""
    found_in: Mapped[str] = mapped_column(String(200), default="")
    """The folder, and the file or number in it, where it lies now."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))


class MailLook(Base):
    """The last look into a box, and what was in the way; empty when nothing was."""

    __tablename__ = "mail_look"

    came_by: Mapped[str] = mapped_column(String(8), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    trouble: Mapped[str] = mapped_column(String(400), default="")

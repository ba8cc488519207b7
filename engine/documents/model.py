"""Documents as rows. The content lies in a folder, under its SHA-256; a row is never deleted."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.documents.kinds import PICTURES
from engine.store import Base, Instant


class Use(enum.StrEnum):
    PAPER = "paper"
    SIGNATURE = "signature"


class Document(Base):
    """One paper of one case. A case has each content once in sight; what was hidden may be added anew."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_case_id", "case_id"), Index("ix_document_sha256", "sha256"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    """The task it was added to."""
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(8))
    """A key of `KINDS`, found in the content and never in the name."""
    size_bytes: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    """As its giver called it; a text to show, never a path."""
    use: Mapped[str] = mapped_column(String(12), default=Use.PAPER)
    signs: Mapped[str | None] = mapped_column(String(64))
    """Of a signature: the hash of the answers it stands under."""
    protected: Mapped[bool] = mapped_column(Boolean, default=False)
    """Shown only to those who may see identities."""
    added_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """None: the petitioner, without signing in."""
    added_at: Mapped[datetime] = mapped_column(Instant)
    hidden_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)
    hidden_reason: Mapped[str | None] = mapped_column(Text)

    @property
    def is_image(self) -> bool:
        return self.kind in PICTURES


class Photo(Base):
    """A picture of no case: what an inspector saw and had put right on the spot. Its register says who may see it."""

    __tablename__ = "photo"
    __table_args__ = (Index("ix_photo_sha256", "sha256"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(8))
    size_bytes: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(Instant)

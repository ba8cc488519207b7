"""Letters and their templates as rows.

A letter is **due** when a step has called for it. **Issuing** gives it its number and its file, which never change
again; then it is **delivered**, or **voided** with a reason, and keeps its number either way. A letter that is not
needed is **waived**. Voiding one makes a fresh one due.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class LetterState(enum.StrEnum):
    DUE = "due"
    ISSUED = "issued"
    DELIVERED = "delivered"
    VOIDED = "voided"
    WAIVED = "waived"


IS_DUE = text("state = 'due'")


class Letter(Base):
    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("kind", "unit_id", "year", "seq"),
        Index("ix_letter_case_id", "case_id", "id"),
        Index("ix_letter_unit_id", "unit_id", "id"),
        Index("ix_letter_due", "unit_id", "case_id", postgresql_where=IS_DUE, sqlite_where=IS_DUE),
        Index("ix_letter_number", "number"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    """Whose letter it is."""
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    """The step that called for it; None when somebody asked for it."""
    about_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    """Of a receipt of delivery: the letter that was delivered."""
    state: Mapped[str] = mapped_column(String(12), default=LetterState.DUE)
    called_at: Mapped[datetime] = mapped_column(Instant)

    year: Mapped[int | None] = mapped_column(Integer)
    seq: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[str | None] = mapped_column(String(120))
    """As it reads on the paper."""
    template_id: Mapped[int | None] = mapped_column(ForeignKey("letter_template.id"))
    """None: the one that ships."""
    template_sha256: Mapped[str | None] = mapped_column(String(64))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    answers: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What it took from a step that was not done yet; that step must be done with the same words."""
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime | None] = mapped_column(Instant)

    method: Mapped[str | None] = mapped_column(String(16))
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it came into the hands of the addressee; the clock of the remedy counts from here."""
    delivery_noted_at: Mapped[datetime | None] = mapped_column(Instant)
    delivery_noted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    """The signed receipt, as it was scanned or photographed."""

    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it was voided or waived."""
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_reason: Mapped[str | None] = mapped_column(Text)


class LetterNumbering(Base):
    """The last number that a unit gave to a kind of letter in a year."""

    __tablename__ = "letter_numbering"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class LetterTemplate(Base):
    """A version that a unit uploaded, for its own letters and those of the units below it. Never changed."""

    __tablename__ = "letter_template"
    __table_args__ = (UniqueConstraint("kind", "unit_id", "version"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    """The file's name, as its giver called it."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(Instant)


class LetterChoice(Base):
    """Which version a unit uses from an instant on, and why; the newest counts. Only ever added to."""

    __tablename__ = "letter_choice"
    __table_args__ = (Index("ix_letter_choice_kind", "kind", "unit_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("letter_template.id"))
    """None: what the unit above uses, or the one that ships."""
    reason: Mapped[str] = mapped_column(Text)
    chosen_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    chosen_at: Mapped[datetime] = mapped_column(Instant)

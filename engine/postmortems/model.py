"""A post-mortem as rows: what is looked back on, what was learnt, and what follows from it until it is done."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class Trigger(enum.StrEnum):
    SURGE = "surge"
    OPINION = "opinion"
    HAND = "hand"


class PostMortemState(enum.StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    APPROVED = "approved"


IS_UNTOLD = text("overdue_told_at IS NULL AND state <> 'approved'")
IS_UNDONE = text("done_at IS NULL AND overdue_told_at IS NULL")


class PostMortem(Base):
    """Looking back on a surge, or on a case that the public looked at: `case_id` is that, or the surge's latest."""

    __tablename__ = "post_mortem"
    __table_args__ = (
        Index("ix_post_mortem_unit_id", "unit_id", "id"),
        Index("ix_post_mortem_case_id", "case_id"),
        Index("ix_post_mortem_untold", "due_at", postgresql_where=IS_UNTOLD, sqlite_where=IS_UNTOLD),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """What opened it: the same trigger opens one."""
    trigger: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    category: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    due_at: Mapped[datetime] = mapped_column(Instant)
    overdue_told_at: Mapped[datetime | None] = mapped_column(Instant)
    cause: Mapped[str] = mapped_column(Text, default="")
    missed: Mapped[str] = mapped_column(Text, default="")
    worked: Mapped[str] = mapped_column(Text, default="")
    written_at: Mapped[datetime | None] = mapped_column(Instant)
    written_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    remark: Mapped[str | None] = mapped_column(Text)
    """What the leader said, approving it or sending it back."""


class Action(Base):
    """Something that is to be done because of it; followed until it is."""

    __tablename__ = "post_mortem_action"
    __table_args__ = (
        Index("ix_post_mortem_action_undone", "due_on", postgresql_where=IS_UNDONE, sqlite_where=IS_UNDONE),
    )

    post_mortem_id: Mapped[int] = mapped_column(ForeignKey("post_mortem.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    what: Mapped[str] = mapped_column(String(500))
    who: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date] = mapped_column(Date)
    overdue_told_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str | None] = mapped_column(String(500))

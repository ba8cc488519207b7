"""What handlers are asked, as rows. A row stands for exactly one waiting user task of an instance."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class TaskState(enum.StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


OPEN = text("state = 'open'")
REACH = ("unit_id", "due_at", "id", "claimed_by", "roles", "case_id")
"""All that decides whether an open task is offered to somebody: the work list counts from this index alone."""
ENDED = text("closed_at IS NOT NULL")
TO_DECIDE = text("state = 'open' AND why = 'decide'")
DELEGATED = text("owner_id IS NOT NULL AND state = 'open'")


class Task(Base):
    """Offered to whoever holds one of `roles` in `unit_id`; `roles` reads `|lead|deputy|`."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("instance_id", "token"),
        Index("ix_task_open_reach", *REACH, postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_task_open_case_id", "case_id", "unit_id", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_task_case_id_state", "case_id", "state"),
        Index("ix_task_unit_id_case_id", "unit_id", "case_id"),
        Index("ix_task_open_claimed_by", "claimed_by", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_task_open_owner_id", "owner_id", postgresql_where=DELEGATED, sqlite_where=DELEGATED),
        Index("ix_task_to_decide", "unit_id", postgresql_where=TO_DECIDE, sqlite_where=TO_DECIDE),
        Index("ix_task_open_due_at", "due_at", "id", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_task_completed_by", "completed_by", "completed_at", "case_id"),
        Index("ix_task_ended", "process", "closed_at", postgresql_where=ENDED, sqlite_where=ENDED),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    token: Mapped[str] = mapped_column(String(24))
    process: Mapped[str] = mapped_column(String(64))
    element: Mapped[str] = mapped_column(String(64))
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    form: Mapped[str | None] = mapped_column(String(64))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    roles: Mapped[str] = mapped_column(String(200))
    item: Mapped[str | None] = mapped_column(String(120))
    """The item of a multi-instance: the unit asked, the party who signs."""
    why: Mapped[str] = mapped_column(String(32))
    """Why this is theirs: the reason of the visit, or `invited`, `decide`."""
    state: Mapped[str] = mapped_column(String(12), default=TaskState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    """The earliest clock that ends this task: its own, or the tier clock it stands under."""
    warn_at: Mapped[datetime | None] = mapped_column(Instant)
    due_step: Mapped[str | None] = mapped_column(String(32))
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    given_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who put it into the hands of the one who has it; None when they took it themselves."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """While it is delegated: to whom it returns, and who completes it."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    answers: Mapped[dict[str, Any] | None] = mapped_column(Json)

    @property
    def role_names(self) -> tuple[str, ...]:
        return tuple(role for role in self.roles.split("|") if role)


def pack_roles(roles: tuple[str, ...]) -> str:
    return "|" + "|".join(roles) + "|" if roles else "|"

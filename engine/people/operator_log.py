"""The operators' log: who did what to an account, a unit or a table, when and why. Only ever added to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine.people.model import OperatorEntry
from engine.people.rights import Viewer

BACKUP = "backup"
"""The subject of every backup."""
CASE = "case:"
"""Before the number of a case that is a subject."""


def log(
    session: Session,
    viewer: Viewer | None,
    act: str,
    subject: str,
    *,
    now: datetime,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """`viewer` None is the command line; `subject` names its kind first (`person:12`). No secrets in `facts`."""
    actor_id = None if viewer is None else viewer.person_id
    session.add(
        OperatorEntry(at=now, actor_id=actor_id, act=act, subject=subject, reason=reason, facts=dict(facts or {}))
    )


def entries(
    session: Session,
    *,
    subject: str | None = None,
    before: int | None = None,
    hidden: Select[str] | None = None,
    most: int = 50,
) -> tuple[Sequence[OperatorEntry], int | None]:
    """Newest first, and the cursor of the next page; nothing about cases with one of the `hidden` numbers."""
    statement = select(OperatorEntry).order_by(OperatorEntry.id.desc()).limit(most + 1)
    if hidden is not None:
        (case_number,) = hidden.selected_columns
        statement = statement.where(OperatorEntry.subject.not_in(hidden.with_only_columns(CASE + case_number)))
    if subject is not None:
        statement = statement.where(OperatorEntry.subject == subject)
    if before is not None:
        statement = statement.where(OperatorEntry.id < before)
    rows = session.scalars(statement).all()
    return rows[:most], rows[most - 1].id if len(rows) > most else None

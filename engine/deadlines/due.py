"""What has come due: picked one at a time, oldest first, under the lock of its case.

A pick locks the case row and nothing else, skipping cases that somebody works on right now, so any number of nodes
may tick and a handler is never waited for. The caller acts and commits in the same transaction; running it twice or
late is harmless, because the row is read again under the lock and only an armed, due row is given out.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, bindparam, literal_column, select, tuple_
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.deadlines.model import Deadline, DeadlineState

FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
"""Where a deadline is put that was given up after too many tries, until an operator has it tried again."""


_ARMED = (
    select(Deadline.id, Case)
    .join(Case, Case.id == Deadline.case_id)
    .where(Deadline.state == literal_column("'armed'"))  # a literal: a bound value would not match the partial indexes
    .limit(1)
    .with_for_update(of=Case, skip_locked=True)
    .execution_options(populate_existing=True)
)
_DUE = _ARMED.where(Deadline.next_at <= bindparam("now")).order_by(Deadline.next_at, Deadline.id)
_TO_WARN = _ARMED.where(Deadline.warn_at <= bindparam("now"), Deadline.warned_at.is_(None)).order_by(
    Deadline.warn_at, Deadline.id
)


def pick_due(
    session: Session, *, now: datetime, after: tuple[datetime, int] | None = None
) -> tuple[Case, Deadline] | None:
    """The oldest due deadline whose case nobody holds, both fresh from the database; None when there is none.

    `after` skips everything up to that (next_at, id): what this pass has already tried in vain.
    """
    query = _DUE if after is None else _DUE.where(tuple_(Deadline.next_at, Deadline.id) > after)
    found = _next(session, query, now)
    if found is None:
        return None
    case, deadline = found
    return (
        (case, deadline)
        if deadline.state == DeadlineState.ARMED and deadline.next_at <= now
        else pick_due(session, now=now, after=(deadline.next_at, deadline.id))
    )


def pick_warning(session: Session, *, now: datetime) -> tuple[Case, Deadline] | None:
    """The oldest deadline that is nearly due and of which nobody was warned yet; its case is locked."""
    found = _next(session, _TO_WARN, now)
    if found is None:
        return None
    case, deadline = found
    return (case, deadline) if deadline.state == DeadlineState.ARMED and deadline.warned_at is None else None


def _next(session: Session, query: Select[int, Case], now: datetime) -> tuple[Case, Deadline] | None:
    row = session.execute(query, {"now": now}).first()
    if row is None:
        return None
    deadline = session.get(Deadline, row[0], populate_existing=True)
    return None if deadline is None else (row[1], deadline)

"""What has come due: picked one at a time, oldest first, under the lock of its case.

A pick locks the case row and then the deadline, skipping cases that somebody works on right now, so any number of
nodes may tick and a handler is never waited for. The caller acts and commits in the same transaction; running it twice
or late is harmless, because a row that changed before it was locked is compared again, and only an armed, due row is
given out.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.deadlines.model import Deadline
from engine.store import Entities

FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
"""Where a deadline is put that was given up after too many tries, until an operator has it tried again."""


_ARMED = (
    select(Case)
    .join(Deadline, Deadline.case_id == Case.id)
    .where(Deadline.state == literal_column("'armed'"))  # a literal: a bound value would not match the partial indexes
    .limit(1)
    .with_for_update(of=[Case, Deadline], skip_locked=True)  # in this order: the case is the lock
)
_DUE = Entities(
    (Case, Deadline),
    _ARMED.where(Deadline.next_at <= bindparam("now")).order_by(Deadline.next_at, Deadline.id),
)
_TO_WARN = Entities(
    (Case, Deadline),
    _ARMED.where(Deadline.warn_at <= bindparam("now"), Deadline.warned_at.is_(None)).order_by(
        Deadline.warn_at, Deadline.id
    ),
)


def pick_due(session: Session, *, now: datetime) -> tuple[Case, Deadline] | None:
    """The oldest due deadline whose case nobody holds, both locked and as they are now; None when there is none."""
    return _first(session, _DUE, now)


def pick_warning(session: Session, *, now: datetime) -> tuple[Case, Deadline] | None:
    """The oldest deadline that is nearly due and of which nobody was warned yet; both rows are locked."""
    return _first(session, _TO_WARN, now)


def _first(session: Session, query: Entities, now: datetime) -> tuple[Case, Deadline] | None:
    found = query.first_anew(session, {"now": now})
    if found is None:
        return None
    case, deadline = found
    return case, deadline

"""Telling once that a post-mortem, or something it asks for, is late.

The clock is a column here and no timer of a diagram: a surge is about no one case, so half of the post-mortems have no
process to hang on, and both kinds should be late in the same way. The row keeps that it was told, in the transaction
that tells it, so that any number of nodes tell it once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import process
from engine.cases import lock_case
from engine.postmortems.model import Action, PostMortem, PostMortemState
from engine.process import World
from engine.territory import ancestors

MOST = 20


def tell_overdue(session: Session, world: World, *, now: datetime, most: int = MOST) -> int:
    """Tells the unit and the one above; gives how many were told. Give it a transaction of its own."""
    late = session.scalars(
        select(PostMortem)
        .where(
            PostMortem.due_at <= now,
            PostMortem.overdue_told_at.is_(None),
            PostMortem.state != PostMortemState.APPROVED.value,
        )
        .order_by(PostMortem.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for found in late:
        found.overdue_told_at = now
        _tell(session, found, "post_mortem_overdue", now=now)
    today = now.astimezone(world.calendar.tz).date()
    behind = session.execute(
        select(Action, PostMortem)
        .join(PostMortem, PostMortem.id == Action.post_mortem_id)
        .where(
            Action.due_on < today,
            Action.done_at.is_(None),
            Action.overdue_told_at.is_(None),
            PostMortem.state == PostMortemState.APPROVED.value,
        )
        .order_by(Action.due_on)
        .limit(most)
        .with_for_update(skip_locked=True, of=Action)
    ).all()
    for action, found in behind:
        action.overdue_told_at = now
        _tell(session, found, "post_mortem_action_overdue", now=now, number=action.number)
    session.flush()
    return len(late) + len(behind)


def _tell(session: Session, found: PostMortem, what: str, *, now: datetime, **more: int) -> None:
    case = lock_case(session, found.case_id)
    facts = {"what": what, "units": ancestors(found.unit_id)[:2], "post_mortem": found.id, **more}
    process.record(session, case, "case.told", actor_id=None, now=now, facts=facts)

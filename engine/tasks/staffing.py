"""When somebody leaves, or leaves a role: what they had claimed goes back to its unit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import history
from engine.cases import lock_case
from engine.people import Viewer, accounts, viewer_of
from engine.tasks.model import Task, TaskState


def deactivate(session: Session, person_id: int, reason: str, *, viewer: Viewer | None, now: datetime) -> int:
    """`people.accounts.deactivate`, and gives back every task they had claimed; gives how many."""
    accounts.deactivate(session, person_id, reason, viewer=viewer, now=now)
    session.flush()
    return _give_back(session, person_id, None, viewer=viewer, now=now)


def take_role(
    session: Session, person_id: int, unit_id: str, role: str, reason: str, *, viewer: Viewer | None, now: datetime
) -> int:
    """`people.accounts.take_role`, and gives back claimed tasks that are no longer theirs; gives how many."""
    accounts.take_role(session, person_id, unit_id, role, reason, viewer=viewer, now=now)
    session.flush()
    person = accounts.get_person(session, person_id)
    left = viewer_of(session, person_id, now=now) if person.active else None
    return _give_back(session, person_id, left, viewer=viewer, now=now)


def _give_back(session: Session, person_id: int, left: Viewer | None, *, viewer: Viewer | None, now: datetime) -> int:
    """`left` is what they still are; of None nothing stays theirs. Cases are locked in the order of their ids."""
    held = session.execute(
        select(Task.id, Task.case_id, Task.unit_id, Task.roles)
        .where(Task.claimed_by == person_id, Task.state == TaskState.OPEN.value)
        .order_by(Task.case_id, Task.id)
    ).all()
    count = 0
    for task_id, case_id, unit_id, roles in held:
        if left is not None and left.is_offered(unit_id, roles.strip("|").split("|")):
            continue
        case = lock_case(session, case_id)
        task = session.get(Task, task_id, populate_existing=True)
        if task is None or task.state != TaskState.OPEN or task.claimed_by != person_id:
            continue
        task.claimed_by = task.claimed_at = None
        history.record(
            session,
            case,
            "task.given_back",
            actor_id=None if viewer is None else viewer.person_id,
            now=now,
            facts={"task": task.id, "element": task.element, "from": person_id},
        )
        session.flush()  # the next task may be of the same case, which is read anew with its lock
        count += 1
    return count

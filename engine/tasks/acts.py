"""What a handler does with a task short of completing it: take it, give it back, hand it over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine import history
from engine.cases import Case
from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.people import Person, Viewer, members
from engine.tasks.model import Task, TaskState

_LOCKED = (
    select(Case, Task)
    .join(Task, Task.case_id == Case.id)
    .where(Task.id == bindparam("task_id"))
    .with_for_update()
    .execution_options(populate_existing=True)  # whoever looked before it locked would go on with stale rows
)


def lock_task(session: Session, task_id: int) -> tuple[Case, Task]:
    """The task and its case, both locked. Raises NotFound, and Conflict when the task is no longer open."""
    row = session.execute(_LOCKED, {"task_id": task_id}).first()
    if row is None:
        raise NotFound("task.unknown", "There is no such task.", task=task_id)
    return row[0], row[1]


def must_be_open(task: Task) -> None:
    """Raises Conflict saying what became of the task: completed by whom and when, or withdrawn."""
    if task.state == TaskState.COMPLETED:
        raise Conflict(
            "task.done",
            "Somebody has completed this task already.",
            task=task.id,
            case=task.case_id,
            by=task.completed_by,
            at=task.completed_at.isoformat() if task.completed_at else None,
        )
    if task.state == TaskState.WITHDRAWN:
        raise Conflict(
            "task.gone",
            "This task is no longer open: the case has moved on.",
            task=task.id,
            case=task.case_id,
            at=task.closed_at.isoformat() if task.closed_at else None,
        )


def must_be_offered(task: Task, viewer: Viewer) -> None:
    """Raises NotAllowed unless the task is offered to a role the viewer holds in that unit, or claimed by them."""
    if task.claimed_by != viewer.person_id and not viewer.holds(task.unit_id, task.role_names):
        raise NotAllowed("task.not_yours", "This task is not offered to you.", task=task.id)


def must_not_be_anothers(task: Task, viewer: Viewer) -> None:
    if task.claimed_by is not None and task.claimed_by != viewer.person_id:
        raise Conflict("task.claimed", "Somebody else has claimed this task.", task=task.id, by=task.claimed_by)


def claim(session: Session, task_id: int, *, viewer: Viewer, now: datetime) -> Task:
    """Takes a task; claiming one's own task again changes nothing."""
    case, task = lock_task(session, task_id)
    must_be_open(task)
    must_be_offered(task, viewer)
    must_not_be_anothers(task, viewer)
    if task.claimed_by is None:
        task.claimed_by, task.claimed_at = viewer.person_id, now
        history.record(
            session,
            case,
            "task.claimed",
            actor_id=viewer.person_id,
            now=now,
            facts={"task": task.id, "element": task.element},
        )
    return task


def give_back(session: Session, task_id: int, *, viewer: Viewer, now: datetime) -> Task:
    """Returns a claimed task to the unit; a task nobody has claimed stays as it is."""
    case, task = lock_task(session, task_id)
    must_be_open(task)
    must_not_be_anothers(task, viewer)
    if task.claimed_by is not None:
        task.claimed_by = task.claimed_at = None
        history.record(
            session,
            case,
            "task.given_back",
            actor_id=viewer.person_id,
            now=now,
            facts={"task": task.id, "element": task.element},
        )
    return task


def hand_over(session: Session, task_id: int, *, to_person_id: int, viewer: Viewer, now: datetime) -> Task:
    """Gives a task to a colleague of the asked unit. Allowed to whoever has claimed it, and to leads above it.

    Raises Invalid when the other person does not work in the unit.
    """
    case, task = lock_task(session, task_id)
    must_be_open(task)
    if task.claimed_by != viewer.person_id and not viewer.holds(task.unit_id, task.role_names):
        viewer.must("task.hand_over", task.unit_id)
    colleagues = {person.id for person in members(session, task.unit_id, task.role_names)}
    if to_person_id not in colleagues:
        raise Invalid(
            "task.not_a_colleague",
            "The task can only be handed to somebody who may do it in the same unit.",
            fields={
                "to_person_id": {
                    "zh": "只能移交给本单位可以办理此任务的人。",
                    "en": "Choose a colleague of the same unit.",
                }
            },
        )
    if session.get(Person, to_person_id) is None:
        raise NotFound("person.unknown", "There is no such person.")
    before = task.claimed_by
    task.claimed_by, task.claimed_at = to_person_id, now
    history.record(
        session,
        case,
        "task.handed_over",
        actor_id=viewer.person_id,
        now=now,
        facts={"task": task.id, "element": task.element, "from": before, "to": to_person_id},
    )
    return task

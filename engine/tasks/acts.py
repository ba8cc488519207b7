"""What a handler does with a task short of completing it: claim, give back, hand over; one task, or several at once.

What may be done is decided by `must_be_allowed`, which changes nothing: a preview asks it as the act itself does.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine import history, outbox
from engine.cases import Case, wall_of
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from engine.people import Membership, Person, Viewer
from engine.store import TEXTS, Entities, among
from engine.tasks.model import Task, TaskState
from engine.tasks.scope import visible_cases

MOST_AT_ONCE = 50
COLLEAGUE = {"zh": "只能移交给本单位可以办理此任务的人。", "en": "Choose a colleague of the same unit."}
Staff = Mapping[str, Sequence[tuple[Person, str]]]
"""By unit: who works there, with each of their roles."""


class Act(enum.StrEnum):
    CLAIM = "claim"
    GIVE_BACK = "give_back"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of several tasks to act on; `refusal` says why it is left out."""

    task: Task
    case: Case
    refusal: Refusal | None


_LOCKED = Entities(
    (Case, Task),
    select(Case).join(Task, Task.case_id == Case.id).where(Task.id == bindparam("task_id")).with_for_update(),
)


def lock_task(session: Session, task_id: int) -> tuple[Case, Task]:
    """The task and its case, both locked, whatever became of the task. Raises NotFound."""
    found = _LOCKED.first_anew(session, {"task_id": task_id})
    if found is None:
        raise NotFound("task.unknown", "There is no such task.", task=task_id)
    case, task = found
    return case, task


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
    """Raises NotAllowed unless the task is offered to a role the viewer holds in that unit, or claimed by them.

    What is offered to somebody away, or claimed by them, is offered to their deputy.
    """
    if not viewer.acts_for(task.claimed_by) and not viewer.is_offered(task.unit_id, task.role_names):
        raise NotAllowed("task.not_yours", "This task is not offered to you.", task=task.id)


def must_not_be_anothers(task: Task, viewer: Viewer, *, delegated: bool = False) -> None:
    """Raises Conflict for a task in other hands. A deputy takes over what was claimed, not what was `delegated`."""
    mine = task.claimed_by == viewer.person_id if delegated else viewer.acts_for(task.claimed_by)
    if task.claimed_by is not None and not mine:
        raise Conflict("task.claimed", "Somebody else has claimed this task.", task=task.id, by=task.claimed_by)


def claim(session: Session, task_id: int, *, viewer: Viewer, now: datetime) -> Task:
    """Takes a task; claiming one's own task again changes nothing."""
    return _act(session, task_id, Act.CLAIM, viewer=viewer, now=now)


def give_back(session: Session, task_id: int, *, viewer: Viewer, now: datetime) -> Task:
    """Returns a claimed task to the unit, or a delegated one to its owner; one nobody has claimed stays as it is."""
    return _act(session, task_id, Act.GIVE_BACK, viewer=viewer, now=now)


def hand_over(session: Session, task_id: int, *, to_person_id: int, viewer: Viewer, now: datetime) -> Task:
    """Gives a task to a colleague of the asked unit. Allowed to whoever has claimed it, and to leads above it.

    Raises Invalid when the other person does not work in the unit.
    """
    return _act(session, task_id, Act.HAND_OVER, viewer=viewer, now=now, to=to_person_id)


def choose(
    session: Session, task_ids: Collection[int], act: Act, *, viewer: Viewer, to: int | None = None
) -> tuple[list[Chosen], list[Person]]:
    """What an act on several tasks would do, each with its refusal, in the order of due; and to whom they can be given.

    Tasks that the viewer may not see are left out without a word. Changes nothing.
    """
    return _choose(session, task_ids, act, viewer=viewer, to=to, lock=False)


def act_on(
    session: Session, task_ids: Collection[int], act: Act, *, viewer: Viewer, now: datetime, to: int | None = None
) -> list[Chosen]:
    """Does an act on every one of several tasks that allows it, in one transaction; gives what became of each."""
    chosen, _ = _choose(session, task_ids, act, viewer=viewer, to=to, lock=True)
    for each in chosen:
        if each.refusal is None:
            _carry_out(session, each.case, each.task, act, viewer=viewer, now=now, to=to)
    return chosen


def staff_of(session: Session, unit_ids: Collection[str]) -> Staff:
    """One query, whatever the number of units. Active people only."""
    rows = session.execute(_STAFF, {"units": sorted(unit_ids)})
    staff: dict[str, list[tuple[Person, str]]] = {}
    for unit_id, person, role in rows:
        staff.setdefault(unit_id, []).append((person, role))
    return staff


_STAFF = (
    select(Membership.unit_id, Person, Membership.role)
    .join(Person, Person.id == Membership.person_id)
    .where(among(Membership.unit_id, bindparam("units", type_=TEXTS)), Person.active)
    .order_by(Membership.unit_id, Person.id)
)


def colleagues_of(task: Task, staff: Staff, *, without: Collection[int] = ()) -> list[Person]:
    """Who may do the task in its unit, apart from who has it and who is shut out of its case."""
    fit = {person.id: person for person, role in staff.get(task.unit_id, ()) if role in task.role_names}
    return [person for person in fit.values() if person.id != task.claimed_by and person.id not in without]


def must_be_allowed(act: Act, task: Task, viewer: Viewer, *, fit: Collection[int] = (), to: int | None = None) -> None:
    """Raises the refusal that the act would meet. `fit` are the people a hand-over may go to."""
    must_be_open(task)
    match act:
        case Act.CLAIM:
            must_be_offered(task, viewer)
            must_not_be_anothers(task, viewer, delegated=task.owner_id is not None)
        case Act.GIVE_BACK:
            must_not_be_anothers(task, viewer)
        case Act.HAND_OVER:
            if task.claimed_by != viewer.person_id and not viewer.holds(task.unit_id, task.role_names):
                viewer.must("task.hand_over", task.unit_id)
            if to not in fit:
                raise Invalid(
                    "task.not_a_colleague",
                    "The task can only be handed to somebody who may do it in the same unit.",
                    fields={"to_person_id": COLLEAGUE},
                )
        case _:
            assert_never(act)


def _act(session: Session, task_id: int, act: Act, *, viewer: Viewer, now: datetime, to: int | None = None) -> Task:
    case, task = lock_task(session, task_id)
    must_be_open(task)
    fit: Collection[int] = ()
    if act is Act.HAND_OVER:
        without = wall_of(session, case).people
        fit = {person.id for person in colleagues_of(task, staff_of(session, [task.unit_id]), without=without)}
    must_be_allowed(act, task, viewer, fit=fit, to=to)
    _carry_out(session, case, task, act, viewer=viewer, now=now, to=to)
    return task


def _choose(
    session: Session, task_ids: Collection[int], act: Act, *, viewer: Viewer, to: int | None, lock: bool
) -> tuple[list[Chosen], list[Person]]:
    ids = sorted(set(task_ids))[:MOST_AT_ONCE]
    cases = session.scalars(select(Task.case_id).where(Task.id.in_(ids)).distinct()).all()
    query = (
        select(Task, Case)
        .join(Case, Case.id == Task.case_id)
        .where(Task.id.in_(ids), visible_cases(viewer, one=cases))
        .order_by(Case.id, Task.id)  # locks are taken in one order, so that two dispatchers never wait for each other
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    rows = session.execute(query).all()
    staff = staff_of(session, {task.unit_id for task, _ in rows}) if act is Act.HAND_OVER else {}
    people: dict[int, Person] = {}
    chosen = []
    for task, case in rows:
        fit = colleagues_of(task, staff, without=wall_of(session, case).people)
        people.update((person.id, person) for person in fit)
        chosen.append(Chosen(task, case, _refusal(act, task, viewer, {person.id for person in fit}, to)))
    last = datetime.max.replace(tzinfo=UTC)
    chosen.sort(key=lambda each: (each.task.due_at or last, each.task.id))
    return chosen, sorted(people.values(), key=lambda person: (person.id == viewer.person_id, person.id))


def _refusal(act: Act, task: Task, viewer: Viewer, fit: Collection[int], to: int | None) -> Refusal | None:
    try:
        must_be_allowed(act, task, viewer, fit=fit, to=to)
    except Refusal as refusal:
        return refusal
    return None


def _carry_out(
    session: Session, case: Case, task: Task, act: Act, *, viewer: Viewer, now: datetime, to: int | None
) -> None:
    facts: dict[str, object] = {"task": task.id, "element": task.element}
    match act:
        case Act.CLAIM:
            if task.claimed_by == viewer.person_id:
                return
            instead = viewer.in_place_of(task.unit_id, task.role_names, task.claimed_by)
            facts |= {"for": instead.person_id} if instead else {}
            _put(task, viewer.person_id, by=None, now=now)
            said = "task.claimed"
        case Act.GIVE_BACK:
            if task.claimed_by is None:
                return
            facts |= {"to": task.owner_id} if task.owner_id is not None else {}
            _put(task, task.owner_id, by=None, now=now)
            said = "task.given_back"
        case Act.HAND_OVER:
            facts |= {"from": task.claimed_by, "to": to}
            _put(task, to, by=viewer.person_id, now=now)
            said = "task.handed_over"
        case _:
            assert_never(act)
    history.record(session, case, said, actor_id=viewer.person_id, now=now, facts=facts)
    if act is Act.HAND_OVER:
        tell_of_task(session, case, task, said, viewer=viewer, now=now)


def tell_of_task(session: Session, case: Case, task: Task, act: str, *, viewer: Viewer, now: datetime) -> None:
    """Tells whoever has a task in hand now that it was given to them. Call it after the act is recorded."""
    facts: dict[str, object] = {
        "task": {"zh": task.name_zh, "en": task.name_en},
        "people": [task.claimed_by],
        "by": viewer.person_id,
    }
    outbox.put(session, case, act, now=now, facts=facts | ({"due_at": task.due_at.isoformat()} if task.due_at else {}))


def _put(task: Task, person_id: int | None, *, by: int | None, now: datetime) -> None:
    task.claimed_by = person_id
    task.claimed_at = None if person_id is None else now
    task.given_by, task.owner_id = by, None

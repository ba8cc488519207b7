"""What a person may do with a task now: the same rules that the acts ask, put as yes or no for a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from engine.cases import Case, Wall, wall_of
from engine.errors import NotFound, Refusal
from engine.people import Person, Viewer
from engine.tasks.acts import (
    Act,
    Staff,
    colleagues_of,
    must_be_allowed,
    must_be_offered,
    must_be_open,
    must_not_be_anothers,
    staff_of,
)
from engine.tasks.delegations import Delegation, delegates, may_be_asked
from engine.tasks.drafts import Draft, about_task
from engine.tasks.model import Task
from engine.tasks.scope import visible_cases


@dataclass(frozen=True, slots=True)
class Standing:
    may_complete: bool
    may_answer: bool
    """Whether it is delegated to them: they fill it in and hand it back."""
    may_claim: bool
    may_give_back: bool
    may_take_back: bool
    """Whether they delegated it and may take it back unanswered."""
    colleagues: Sequence[Person]
    """To whom it may be handed over."""
    delegates: Sequence[Person]
    """Who may be asked to answer it."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """A task with its case, its latest delegation and what a person has begun to write for it."""

    task: Task
    case: Case
    draft: Draft | None
    delegation: Delegation | None


def at_hand(session: Session, viewer: Viewer, task_id: int) -> AtHand:
    """One query. Raises NotFound as `see_task` does."""
    row = session.execute(_at_hand_of(viewer), {"this": task_id, "about": about_task(task_id)}).first()
    if row is None:
        raise NotFound("task.unknown", "There is no such task.", task=task_id)
    return AtHand(*row)


@lru_cache(maxsize=512)
def _at_hand_of(viewer: Viewer) -> Select[Task, Case, Draft | None, Delegation | None]:
    """Put into words once per person and what they are; holds no row."""
    this = bindparam("this", type_=Integer)
    mine = and_(Draft.person_id == viewer.person_id, Draft.about == bindparam("about"))
    return (
        select(Task, Case, Draft, Delegation)
        .select_from(Task)
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Draft, mine)
        .outerjoin(Delegation, Delegation.task_id == Task.id)
        .where(Task.id == this, visible_cases(viewer, one=select(Task.case_id).where(Task.id == this)))
        .order_by(Delegation.id.desc())
        .limit(1)
    )


def standing(
    session: Session,
    task: Task,
    case: Case,
    viewer: Viewer,
    *,
    staff: Staff | None = None,
    wall: Wall | None = None,
) -> Standing:
    """The act decides again. Asks nothing for whoever knows the `wall` and the `staff` of the units that
    `may_be_asked`."""
    out = task.owner_id is not None
    offered = _may(must_be_open, task) and _may(must_be_offered, task, viewer)
    free = offered and _may(must_not_be_anothers, task, viewer)
    colleagues: list[Person] = []
    others: list[Person] = []
    if offered or viewer.may("task.hand_over", task.unit_id):
        wall = wall or wall_of(session, case)
        if staff is None:
            staff = staff_of(session, may_be_asked(task, case) if free and not out else [task.unit_id])
        colleagues = [
            person
            for person in colleagues_of(task, staff, without=wall.people)
            if _may(must_be_allowed, Act.HAND_OVER, task, viewer, fit={person.id}, to=person.id)
        ]
        others = delegates(task, case, staff, wall) if free and not out else []
    return Standing(
        may_complete=free and not out,
        may_answer=out and offered and task.claimed_by == viewer.person_id,
        may_claim=free and task.claimed_by != viewer.person_id and not out,
        may_give_back=offered and task.claimed_by == viewer.person_id,
        may_take_back=out and viewer.acts_for(task.owner_id) and _may(must_be_open, task),
        colleagues=[person for person in colleagues if person.id != viewer.person_id],
        delegates=[person for person in others if person.id != viewer.person_id],
    )


def _may(rule: Callable[..., None], *given: Any, **more: Any) -> bool:
    try:
        rule(*given, **more)
    except Refusal:
        return False
    return True

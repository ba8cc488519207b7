"""What a person may do with a task now: the same rules that the acts ask, put as yes or no for a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.cases import Case, wall_of
from engine.errors import Refusal
from engine.people import Person, Viewer
from engine.tasks.acts import (
    Act,
    colleagues_of,
    must_be_allowed,
    must_be_offered,
    must_be_open,
    must_not_be_anothers,
    staff_of,
)
from engine.tasks.delegations import Delegation, delegates, delegations_of
from engine.tasks.model import Task


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
    delegation: Delegation | None
    """The latest."""


def standing(session: Session, task: Task, case: Case, viewer: Viewer) -> Standing:
    """Three queries for an open task at most; whether it is really possible is decided again by the act."""
    out = task.owner_id is not None
    offered = _may(must_be_open, task) and _may(must_be_offered, task, viewer)
    free = offered and _may(must_not_be_anothers, task, viewer)
    colleagues: list[Person] = []
    if offered or viewer.may("task.hand_over", task.unit_id):
        fit = colleagues_of(task, staff_of(session, [task.unit_id]), without=wall_of(session, case).people)
        colleagues = [
            person
            for person in fit
            if person.id != viewer.person_id
            and _may(must_be_allowed, Act.HAND_OVER, task, viewer, fit={person.id}, to=person.id)
        ]
    others: Sequence[Person] = delegates(session, task, case) if free and not out else ()
    return Standing(
        may_complete=free and not out,
        may_answer=out and offered and task.claimed_by == viewer.person_id,
        may_claim=free and task.claimed_by != viewer.person_id and not out,
        may_give_back=offered and task.claimed_by == viewer.person_id,
        may_take_back=out and viewer.acts_for(task.owner_id) and _may(must_be_open, task),
        colleagues=colleagues,
        delegates=[person for person in others if person.id != viewer.person_id],
        delegation=delegations_of(session, [task.id]).get(task.id),
    )


def _may(rule: Callable[..., None], *given: Any, **more: Any) -> bool:
    try:
        rule(*given, **more)
    except Refusal:
        return False
    return True

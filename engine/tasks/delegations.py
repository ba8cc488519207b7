"""Delegation: somebody else answers a task, and it comes back to its owner, who completes it.

While a task is delegated, `claimed_by` is the one who answers and `owner_id` the one it comes back to. What the
delegate writes becomes the owner's draft: the owner looks at it, changes it if needed, and completes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import history
from engine.cases import Case, Wall, wall_of
from engine.errors import Conflict, Invalid, NotAllowed
from engine.people import WORKING, Person, Viewer
from engine.store import Base, Instant, Json, among
from engine.tasks.acts import (
    Staff,
    lock_task,
    must_be_offered,
    must_be_open,
    must_not_be_anothers,
    staff_of,
    tell_of_task,
)
from engine.tasks.drafts import about_task, draft_of, save_draft
from engine.tasks.model import Task
from engine.territory import ancestors, is_within

LONGEST = 2_000
NOBODY = {"zh": "请选择能看到此案件的同事。", "en": "Choose a colleague who may see the case."}

NOTHING = {"zh": "请写明情况，或填写表单。", "en": "Write what you found, or fill in the form."}


class Delegation(Base):
    """One task in the hands of somebody who answers for its owner, for as long as the task has that `owner_id`."""

    __tablename__ = "delegation"
    __table_args__ = (Index("ix_delegation_task_id", "task_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    delegate_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(Text)
    """What the delegate says to the owner; None without an answer."""
    answers: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What the delegate filled in, as sent."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


def may_be_asked(task: Task, case: Case) -> list[str]:
    """The units whose people may answer it: the task's own, and those below it on the way to the case's place."""
    return [task.unit_id, *(unit for unit in ancestors(case.place_id) if is_within(unit, task.unit_id))]


def delegates(task: Task, case: Case, staff: Staff, wall: Wall) -> list[Person]:
    """Who may be asked, of the people of those units; nobody for a confidential case."""
    if case.confidential:
        return []
    units = [unit for unit in may_be_asked(task, case) if not wall.shuts_out(unit)]
    found = {person.id: person for unit in units for person, role in staff.get(unit, ()) if role in WORKING}
    return [person for person in found.values() if person.id not in (*wall.people, task.claimed_by)]


def delegate(
    session: Session, task_id: int, *, to_person_id: int, question: str, viewer: Viewer, now: datetime
) -> Delegation:
    """Asks somebody to answer a task; the asker claims it by doing so and stays its owner.

    Raises Conflict `task.delegated` when it is out already, Invalid when the other may not be asked.
    """
    case, task = lock_task(session, task_id)
    must_be_open(task)
    must_be_offered(task, viewer)
    must_not_be_anothers(task, viewer)
    must_not_be_delegated(task)
    staff = staff_of(session, may_be_asked(task, case))
    others = {person.id for person in delegates(task, case, staff, wall_of(session, case))} - {viewer.person_id}
    if to_person_id not in others:
        raise Invalid("task.not_a_delegate", "Choose somebody who may see the case.", fields={"to": NOBODY})
    asked = Delegation(
        task_id=task.id, owner_id=viewer.person_id, delegate_id=to_person_id, question=question[:LONGEST], asked_at=now
    )
    session.add(asked)
    task.owner_id = task.given_by = viewer.person_id
    task.claimed_by, task.claimed_at = to_person_id, now
    facts = {"task": task.id, "element": task.element, "to": to_person_id, "question": question[:LONGEST]}
    history.record(session, case, "task.delegated", actor_id=viewer.person_id, now=now, facts=facts)
    tell_of_task(session, case, task, "task.delegated", viewer=viewer, now=now)
    return asked


def answer_delegated(
    session: Session, task_id: int, answers: Mapping[str, Any], *, note: str, viewer: Viewer, now: datetime
) -> Delegation:
    """Gives a delegated task back to its owner with what was found; it is theirs to complete.

    Raises Conflict `task.not_delegated` when it is not (any longer) the viewer's to answer, Invalid without a word.
    """
    case, task = lock_task(session, task_id)
    must_be_open(task)
    asked = _present(session, task)
    if asked.delegate_id != viewer.person_id:
        raise NotAllowed("task.not_yours", "This task is not offered to you.", task=task.id)
    written = {key: value for key, value in answers.items() if value not in ("", [])}
    if not note.strip() and not written:
        raise Invalid(
            "delegation.empty",
            "Write what you found, or fill in the form.",
            fields={
                "delegate_note": {"zh": "请填写情况，或填写表单。", "en": "Write what you found, or fill in the form."}
            },
        )
    before = draft_of(session, asked.owner_id, about_task(task.id))
    save_draft(
        session,
        asked.owner_id,
        about_task(task.id),
        {**(before.answers if before else {}), **written},
        seen=None,
        now=now,
        task_id=task.id,
    )
    asked.note, asked.answers, asked.ended_at = note.strip()[:LONGEST], written, now
    _return(task, asked.owner_id, by=viewer.person_id, now=now)
    facts = {"task": task.id, "element": task.element, "to": asked.owner_id, "note": asked.note}
    history.record(session, case, "task.answered", actor_id=viewer.person_id, now=now, facts=facts)
    tell_of_task(session, case, task, "task.answered", viewer=viewer, now=now)
    return asked


def take_back(session: Session, task_id: int, *, viewer: Viewer, now: datetime) -> Task:
    """The owner takes a delegated task back unanswered; one that is not out stays as it is."""
    case, task = lock_task(session, task_id)
    must_be_open(task)
    if task.owner_id is None and task.claimed_by == viewer.person_id:
        return task
    asked = _present(session, task)
    if not viewer.acts_for(asked.owner_id):
        raise NotAllowed("task.not_yours", "This task is not offered to you.", task=task.id)
    asked.ended_at = now
    _return(task, asked.owner_id, by=None, now=now)
    facts = {"task": task.id, "element": task.element, "from": asked.delegate_id}
    history.record(session, case, "task.taken_back", actor_id=viewer.person_id, now=now, facts=facts)
    return task


def release_from(session: Session, task: Task, people: Collection[int], *, now: datetime) -> None:
    """Takes an open task from people who may not have it any more. One they were asked to answer goes back to its
    owner, one they own to its unit; nobody else's is touched. Idempotent."""
    if task.claimed_by not in people and task.owner_id not in people:
        return
    owner_id = None if task.owner_id in people else task.owner_id
    if task.owner_id is not None:
        _present(session, task).ended_at = now
    task.claimed_by, task.claimed_at = owner_id, None if owner_id is None else now
    task.given_by = task.owner_id = None


def must_not_be_delegated(task: Task) -> None:
    """Raises Conflict: a delegated task is answered and given back, and only its owner completes it."""
    if task.owner_id is not None:
        raise Conflict(
            "task.delegated", "This task is delegated; its owner completes it.", task=task.id, case=task.case_id
        )


def delegations_of(session: Session, task_ids: Iterable[int]) -> dict[int, Delegation]:
    """The latest delegation of each task that had one."""
    ids = list(task_ids)
    if not ids:
        return {}
    rows = session.scalars(select(Delegation).where(among(Delegation.task_id, ids)).order_by(Delegation.id))
    return {row.task_id: row for row in rows}


def _present(session: Session, task: Task) -> Delegation:
    row = session.scalars(
        select(Delegation)
        .where(Delegation.task_id == task.id, Delegation.ended_at.is_(None))
        .order_by(Delegation.id.desc())
        .limit(1)
    ).first()
    if row is None or task.owner_id is None:
        raise Conflict("task.not_delegated", "This task is not delegated any more.", task=task.id, case=task.case_id)
    return row


def _return(task: Task, owner_id: int, *, by: int | None, now: datetime) -> None:
    task.claimed_by, task.claimed_at, task.given_by, task.owner_id = owner_id, now, by, None

"""Which open tasks are offered to somebody: free ones for a role they hold or stand in for, and those given to them.

And which lie with people who are away, for those who may give them to others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from engine.people import ACTS, Absence, Person, Viewer
from engine.tasks.model import Task
from engine.tasks.scope import outside_wall
from engine.territory import Unit, within


def offered_to(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `Task`, whatever its state; through `ix_task_open_reach` when it is open."""
    return and_(is_free_or_theirs(viewer, Task), outside_wall(viewer, Task.case_id.expression))


def is_free_or_theirs(viewer: Viewer, task: type[Task]) -> ColumnElement[bool]:
    """The same without the wall, which whoever asks this has asked for already."""
    asked = [and_(task.unit_id == unit, task.roles.contains(f"|{role}|")) for unit, role in sorted(viewer.offers)]
    free = and_(task.unit_id.in_({unit for unit, _ in viewer.offers}), task.claimed_by.is_(None), or_(*asked))
    return or_(free, task.claimed_by.in_(viewer.acting_as))


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Open tasks that somebody who is away has claimed in a unit."""

    person: Person
    unit: Unit
    number: int
    until: datetime


def left_behind(session: Session, viewer: Viewer, *, now: datetime, most: int = 10) -> Sequence[LeftBehind]:
    """Of the units where the viewer may hand tasks over, the longest absence first. One statement."""
    rows = session.execute(
        select(Person, Unit, func.count(Task.id), Absence.ends_at)
        .join(Task, Task.claimed_by == Person.id)
        .join(Unit, Unit.id == Task.unit_id)
        .join(Absence, Absence.person_id == Person.id)
        .where(Absence.starts_at <= now, Absence.ends_at > now, Task.state == literal_column("'open'"))
        .where(within(Task.unit_id.expression, viewer.units(ACTS["task.hand_over"])))
        .where(outside_wall(viewer, Task.case_id.expression))
        .group_by(Person.id, Unit.id, Absence.ends_at)
        .order_by(Absence.ends_at.desc(), Person.id, Unit.id)
        .limit(most)
    )
    return [LeftBehind(person, unit, number, until) for person, unit, number, until in rows]

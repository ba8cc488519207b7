"""Which open tasks are offered to somebody: free ones for a role they hold or stand in for, and those given to them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from engine.people import Viewer
from engine.tasks.model import Task
from engine.tasks.scope import outside_wall


def offered_to(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `Task`, whatever its state; through `ix_task_open_unit_id_due_at` when it is open."""
    asked = [and_(Task.unit_id == unit, Task.roles.contains(f"|{role}|")) for unit, role in sorted(viewer.offers)]
    free = and_(Task.unit_id.in_({unit for unit, _ in viewer.offers}), Task.claimed_by.is_(None), or_(*asked))
    return and_(or_(free, Task.claimed_by.in_(viewer.acting_as)), outside_wall(viewer, Task.case_id.expression))

"""Which cases a person may see: the one place where that is decided.

A working unit sees the cases whose place it is, or whose place lies below it; it keeps seeing them while a higher unit
holds them. It also sees a case that was ever with it (a visit) or that asked it something (a task, open or closed).
Confidential cases are seen by a `confidential_clerk` standing above their place, and by nobody else. Designers and
operators see none. What may not be seen answers exactly like what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, union
from sqlalchemy.orm import Session

from engine.cases import Case, Visit
from engine.errors import NotFound
from engine.people import WORKING, Viewer
from engine.tasks.model import Task
from engine.territory import is_within, within

CONFIDENTIAL = frozenset({"confidential_clerk"})
IDENTITY = frozenset({"clerk", "dispatcher", "petition_officer", "confidential_clerk"})
"""Roles that speak with petitioners of the whole area below them."""


def visible_cases(viewer: Viewer, *, one: int | None = None) -> ColumnElement[bool]:
    """A condition on `Case`. `one` narrows every ground to a single case, so that a look-up touches one row of each.

    Each ground is a query of its own that an index answers; together they are a set of ids, never a scan of all cases.
    """
    working = viewer.units(WORKING)
    clerk = viewer.units(CONFIDENTIAL)
    secret = and_(Case.confidential, within(Case.place_id.expression, clerk)) if clerk else false()
    if not working:
        return secret
    if one is None and any("." not in unit for unit in working):
        return or_(~Case.confidential, secret)  # the whole tree is theirs: a set of all ids would only cost time
    open_to_them = and_(~Case.confidential, Case.id.in_(union(*_grounds(working, one))))
    return or_(open_to_them, secret) if clerk else open_to_them


def _grounds(units: tuple[str, ...], one: int | None) -> list[Select[Any]]:
    placed = [select(Case.id.label("seen")).where(within(Case.place_id.expression, (unit,))) for unit in units]
    asked = select(Task.case_id).where(Task.unit_id.in_(units))
    held = select(Visit.case_id).where(Visit.unit_id.in_(units))
    if one is None:
        return [*placed, asked, held]
    return [
        *(each.where(Case.id == one) for each in placed),
        asked.where(Task.case_id == one),
        held.where(Visit.case_id == one),
    ]


def see_case(session: Session, viewer: Viewer, case_id: int) -> Case:
    """Raises NotFound for a case that does not exist or that the viewer may not see: the same words for both."""
    case = session.scalars(select(Case).where(Case.id == case_id, visible_cases(viewer, one=case_id))).first()
    if case is None:
        raise NotFound("case.unknown", "There is no such case.", case=case_id)
    return case


def see_task(session: Session, viewer: Viewer, task_id: int) -> tuple[Task, Case]:
    """A task of a case that the viewer may see, whatever its state. Raises NotFound as `see_case` does."""
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound("task.unknown", "There is no such task.", task=task_id)
    try:
        return task, see_case(session, viewer, task.case_id)
    except NotFound:
        raise NotFound("task.unknown", "There is no such task.", task=task_id) from None


def identity_shown(viewer: Viewer, case: Case, asked: Iterable[Task]) -> bool:
    """Whether protected parties are named: to those who work on the case now, and to clerks standing above it."""
    working = set(viewer.units(WORKING))
    if case.holder_id in working or case.accountable_id in working or any(task.unit_id in working for task in asked):
        return True
    return any(role in IDENTITY and is_within(case.place_id, unit) for unit, role in viewer.memberships)

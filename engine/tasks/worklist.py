"""The work list: what waits for a person, oldest due first."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case, Party
from engine.people import Person, Viewer, names
from engine.tasks.model import Task, TaskState
from engine.territory import Unit, ancestors, units_by_id

PAGE = 30


class Tab(enum.StrEnum):
    """`mine`: what I may take up now, or have taken · `unit`: all that waits in my units · `done`: what I completed."""

    MINE = "mine"
    UNIT = "unit"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the work list."""

    task: Task
    case: Case
    claimed_by: Person | None
    place: tuple[Unit, ...]
    """The place of the case, highest unit first."""
    about: str | None
    """Whom of several it is about: the party who signs."""


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Item]
    next: str | None
    """The cursor of the following page."""


def page(session: Session, viewer: Viewer, tab: Tab, *, after: str | None = None, most: int = PAGE) -> Page:
    """One query for the lines, one for places, one for names, one for parties where a task is about one.

    A cursor that makes no sense starts at the top.
    """
    if not viewer.memberships:
        return Page((), None)
    last = _opened(after)
    order: tuple[Any, ...]
    if tab is Tab.DONE:
        order = (Task.completed_at.desc(), Task.id.desc())
        where = [Task.completed_by == viewer.person_id, Task.state == TaskState.COMPLETED]
        if last is not None:
            where.append(or_(Task.completed_at < last[0], and_(Task.completed_at == last[0], Task.id < last[1])))
    else:
        order = (Task.due_at.is_(None), Task.due_at, Task.id)
        where = [Task.state == literal_column("'open'"), _offered(viewer, tab)]
        if last is not None:
            where.append(_later(*last))
    statement = select(Task, Case).join(Case, Case.id == Task.case_id).where(*where).order_by(*order).limit(most + 1)
    rows = session.execute(statement).all()
    cursor = None
    if len(rows) > most:
        rows = rows[:most]
        end: Task = rows[-1][0]
        cursor = _closed(end.completed_at if tab is Tab.DONE else end.due_at, end.id)
    people = names(session, (task.claimed_by for task, _ in rows if task.claimed_by is not None))
    units = units_by_id(session, (unit for _, case in rows for unit in ancestors(case.place_id)))
    about = _parties(session, [task for task, _ in rows])
    return Page([_item(task, case, people, units, about.get(task.id)) for task, case in rows], cursor)


def counts(session: Session, viewer: Viewer, *, now: datetime) -> tuple[int, int]:
    """How many tasks the viewer may take up, and how many of them are overdue."""
    if not viewer.memberships:
        return 0, 0
    overdue = func.count(Task.id).filter(Task.due_at <= now)
    row = session.execute(
        select(func.count(Task.id), overdue).where(Task.state == literal_column("'open'"), _offered(viewer, Tab.MINE))
    ).one()
    return row[0], row[1]


def _offered(viewer: Viewer, tab: Tab) -> ColumnElement[bool]:
    mine = Task.claimed_by == viewer.person_id
    if tab is Tab.UNIT:
        return or_(Task.unit_id.in_(viewer.units()), mine)
    offered = [and_(Task.unit_id == unit, Task.roles.contains(f"|{role}|")) for unit, role in viewer.memberships]
    free = and_(Task.unit_id.in_({unit for unit, _ in viewer.memberships}), Task.claimed_by.is_(None), or_(*offered))
    return or_(free, mine)


def _parties(session: Session, rows: Sequence[Task]) -> dict[int, str]:
    wanted = {task.id: int(task.item) for task in rows if task.item is not None and task.item.isdecimal()}
    if not wanted:
        return {}
    parties = dict(session.execute(select(Party.id, Party.name).where(Party.id.in_(set(wanted.values())))).all())
    return {task_id: parties[party_id] for task_id, party_id in wanted.items() if party_id in parties}


def _item(task: Task, case: Case, people: Mapping[int, Person], units: Mapping[str, Unit], about: str | None) -> Item:
    line = tuple(units[each] for each in reversed(ancestors(case.place_id)) if each in units)
    return Item(task, case, people.get(task.claimed_by) if task.claimed_by is not None else None, line, about)


def _later(due_at: datetime | None, task_id: int) -> ColumnElement[bool]:
    if due_at is None:
        return and_(Task.due_at.is_(None), Task.id > task_id)
    return or_(Task.due_at > due_at, and_(Task.due_at == due_at, Task.id > task_id), Task.due_at.is_(None))


def _closed(at: datetime | None, task_id: int) -> str:
    return f"{round(at.timestamp() * 1_000_000) if at else ''}-{task_id}"


def _opened(cursor: str | None) -> tuple[datetime | None, int] | None:
    micros, _, task_id = (cursor or "").partition("-")
    if not task_id.isascii() or not task_id.isdigit() or len(task_id) > 18 or len(micros) > 17:
        return None
    if not micros:
        return None, int(task_id)
    if not micros.isascii() or not micros.isdigit():
        return None
    seconds, rest = divmod(int(micros), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), int(task_id)

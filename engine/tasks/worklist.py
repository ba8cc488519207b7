"""The work list: what waits for a person, oldest due first, and what they wait for."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from engine.cases import Case, Party, name_of
from engine.people import Person, Viewer, names
from engine.tasks.delegations import Delegation, delegations_of
from engine.tasks.filters import BELOW, Filter
from engine.tasks.model import REACH, Task, TaskState
from engine.tasks.offers import is_free_or_theirs
from engine.tasks.scope import CONFIDENTIAL, outside_wall
from engine.tasks.waiting import LATELY, SINCE, waited_for
from engine.territory import Unit, ancestors, is_within, units_by_id, within

PAGE = 30
ANY = Filter()
SECRET = aliased(Case)
COUNTED = 999
"""What others have to do is counted up to here."""


class Tab(enum.StrEnum):
    """`mine`: what I may take up now, or have taken · `unit`: all that waits in my units · `waiting`: what others have
    to do for cases that I or my units worked on or that I filed · `done`: what I completed."""

    MINE = "mine"
    UNIT = "unit"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the work list. `people` names whom the task's columns mention."""

    task: Task
    case: Case
    place: tuple[Unit, ...]
    """The place of the case, highest unit first."""
    unit: Unit | None
    """The unit that is asked."""
    about: str | None
    """Whom of several it is about: the party who signs."""
    delegation: Delegation | None
    """The latest, while it is out or when it has just come back."""
    people: Mapping[int, Person]

    @property
    def claimed_by(self) -> Person | None:
        return None if self.task.claimed_by is None else self.people.get(self.task.claimed_by)


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Item]
    next: str | None
    """The cursor of the following page."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks the viewer may take up, how many of them are overdue, and how many stand in the other tabs."""

    mine: int
    overdue: int
    unit: int
    waiting: int


def page(
    session: Session,
    viewer: Viewer,
    tab: Tab,
    *,
    now: datetime,
    wanted: Filter = ANY,
    after: str | None = None,
    most: int = PAGE,
) -> Page:
    """One query for the lines, one each for places and names, and for delegations and parties where there are.

    A cursor that makes no sense starts at the top.
    """
    if not viewer.offers:
        return Page((), None)
    last = _opened(after, dated=tab is Tab.DONE)
    if wanted == ANY and last is None:
        lines = _first_lines(viewer, tab, most)
    else:
        lines = _lines(viewer, tab, wanted, wanted.conditions(now), last, most)
    rows = session.execute(lines, {SINCE.key: now - LATELY}).all()
    cursor = None
    if len(rows) > most:
        rows = rows[:most]
        end = rows[-1][0]
        cursor = _closed(end.completed_at if tab is Tab.DONE else end.due_at, end.id)
    return Page(_items(session, rows), cursor)


def counts(session: Session, viewer: Viewer, *, now: datetime) -> Counts:
    """Two queries."""
    if not viewer.offers:
        return Counts(0, 0, 0, 0)
    own, others = _counted(viewer)
    row = session.execute(own, {"now": now}).one()
    return Counts(row[0], row[1], row[2], session.scalar(others, {SINCE.key: now - LATELY}) or 0)


@lru_cache(maxsize=512)
def _counted(viewer: Viewer) -> tuple[Select[int, int, int], Select[int]]:
    """Put into words once per person and what they are, as `see_case` is; holds no row."""
    task = _reach(viewer)
    mine = is_free_or_theirs(viewer, task)
    own = select(
        func.count(task.id).filter(mine),
        func.count(task.id).filter(mine, task.due_at <= bindparam("now")),
        func.count(task.id),
    ).where(*_of_tab(viewer, Tab.UNIT, task))
    others = select(Task.id).join(Case, Case.id == Task.case_id).where(*_listed(viewer, Tab.WAITING, ANY))
    return own, select(func.count()).select_from(others.limit(COUNTED).subquery())


@lru_cache(maxsize=512)
def _first_lines(viewer: Viewer, tab: Tab, most: int) -> Select[Task, Case]:
    """What nearly everybody looks at first, put into words once as well."""
    return _lines(viewer, tab, ANY, (), None, most)


def _lines(
    viewer: Viewer,
    tab: Tab,
    wanted: Filter,
    chosen_by: Iterable[ColumnElement[bool]],
    last: tuple[datetime | None, int] | None,
    most: int,
) -> Select[Task, Case]:
    task = _reach(viewer) if wanted == ANY and tab in (Tab.MINE, Tab.UNIT) else Task
    where = [*(_listed(viewer, tab, wanted) if task is Task else _of_tab(viewer, tab, task)), *chosen_by]
    order: tuple[Any, ...]
    if tab is Tab.DONE:
        order = (Task.completed_at.desc(), Task.id.desc())
        if last is not None:
            where.append(or_(Task.completed_at < last[0], and_(Task.completed_at == last[0], Task.id < last[1])))
    else:
        order = _by_due(Task)
        if last is not None:
            where.append(_later(task, *last))
    chosen = select(task.id).where(*where).order_by(*(order if task is Task else _by_due(task))).limit(most + 1)
    if tab is Tab.WAITING or wanted.asks_the_case:  # else the cases of all that is not shown would be read for nothing
        chosen = chosen.join(Case, Case.id == Task.case_id)
    return select(Task, Case).join(Case, Case.id == Task.case_id).where(Task.id.in_(chosen)).order_by(*order)


def _listed(viewer: Viewer, tab: Tab, wanted: Filter) -> list[ColumnElement[bool]]:
    """Conditions on `Task`, joined with `Case` where the tab or the filter asks it; others' tasks ask for `SINCE`."""
    found = [~_is_secret(viewer), outside_wall(viewer, Task.case_id.expression)]
    if tab is Tab.DONE:
        done = [Task.completed_by == viewer.person_id, Task.state == TaskState.COMPLETED.value]
        return [*found, *done, *wanted.in_unit()]
    found.append(Task.state == literal_column("'open'"))
    if tab is Tab.WAITING:
        return [*found, *waited_for(viewer), *wanted.in_unit()]
    if tab is Tab.UNIT and wanted.unit:
        return [*found, _below(viewer, wanted.unit)]
    return [*found, _within_reach(viewer, tab), *wanted.in_unit()]


def _reach(viewer: Viewer) -> type[Task]:
    """The open tasks of the viewer's units and those in their hands, each once, with what `REACH` holds of them."""
    units, is_open = _reached_units(viewer), Task.state == literal_column("'open'")
    columns = [getattr(Task, name) for name in REACH]
    asked = select(*columns).where(Task.unit_id.in_(units), is_open)
    taken = select(*columns).where(Task.claimed_by.in_(viewer.acting_as), Task.unit_id.not_in(units), is_open)
    reach = union_all(asked, taken).offset(literal_column("0"))  # else conditions are drawn in, and with them the table
    return aliased(Task, reach.subquery(), adapt_on_names=True)


def _reached_units(viewer: Viewer) -> list[str]:
    return sorted({unit for unit, _ in viewer.offers}.union(viewer.asked))


def _of_tab(viewer: Viewer, tab: Tab, task: type[Task]) -> list[ColumnElement[bool]]:
    """Which of the tasks in reach stand in the tab."""
    theirs = or_(task.unit_id.in_(viewer.asked), task.claimed_by.in_(viewer.acting_as))
    seen = ~_is_secret(viewer, task), outside_wall(viewer, task.case_id.expression)
    return [*seen, theirs if tab is Tab.UNIT else is_free_or_theirs(viewer, task)]


def _is_secret(viewer: Viewer, task: type[Task] = Task) -> ColumnElement[bool]:
    """Whether the case of a task is confidential and not one of those that the viewer keeps; a few ids in an index."""
    clerk = viewer.units(CONFIDENTIAL)
    kept = within(SECRET.place_id.expression, clerk) if clerk else false()
    return task.case_id.in_(select(SECRET.id).where(SECRET.confidential, ~kept))


def _within_reach(viewer: Viewer, tab: Tab) -> ColumnElement[bool]:
    """The ids come from two indexes; a plain OR would read all that is open on SQLite, in the order of due instants."""
    is_open = Task.state == literal_column("'open'")
    asked = select(Task.id).where(Task.unit_id.in_(_reached_units(viewer)), is_open)
    taken = select(Task.id).where(Task.claimed_by.in_(viewer.acting_as), is_open)
    within_reach = Task.id.in_(union(asked, taken))
    if tab is Tab.UNIT:
        return and_(within_reach, or_(Task.unit_id.in_(viewer.asked), Task.claimed_by.in_(viewer.acting_as)))
    return and_(within_reach, is_free_or_theirs(viewer, Task))


def _below(viewer: Viewer, unit: str) -> ColumnElement[bool]:
    """What waits in a part of the tree below the viewer, of cases whose place lies there or that asked their unit."""
    mine = viewer.units()
    if unit != BELOW and not any(is_within(unit, each) for each in mine):
        return false()
    chosen = within(Task.unit_id.expression, mine if unit == BELOW else (unit,))
    return and_(chosen, or_(within(Case.place_id.expression, mine), Task.unit_id.in_(mine)))


def _items(session: Session, rows: Sequence[Row[Task, Case]]) -> list[Item]:
    tasks = [task for task, _ in rows]
    people = names(
        session,
        (id_ for task in tasks for id_ in (task.claimed_by, task.given_by, task.owner_id) if id_ is not None),
    )
    units = units_by_id(session, {unit for task, case in rows for unit in (*ancestors(case.place_id), task.unit_id)})
    about = _parties(session, tasks)
    asked = delegations_of(session, [task.id for task in tasks if task.given_by is not None])
    return [
        Item(
            task=task,
            case=case,
            place=tuple(units[each] for each in reversed(ancestors(case.place_id)) if each in units),
            unit=units.get(task.unit_id),
            about=about.get(task.id),
            delegation=asked.get(task.id),
            people=people,
        )
        for task, case in rows
    ]


def _parties(session: Session, rows: Sequence[Task]) -> dict[int, str]:
    wanted = {task.id: int(task.item) for task in rows if task.item is not None and task.item.isdecimal()}
    if not wanted:
        return {}
    found = session.scalars(select(Party).where(Party.id.in_(set(wanted.values()))))
    parties = {party.id: name_of(party, shown=False) for party in found}
    return {task_id: parties[party_id] for task_id, party_id in wanted.items() if party_id in parties}


def _by_due(task: type[Task]) -> tuple[Any, ...]:
    return task.due_at.asc().nulls_last(), task.id


def _later(task: type[Task], due_at: datetime | None, task_id: int) -> ColumnElement[bool]:
    if due_at is None:
        return and_(task.due_at.is_(None), task.id > task_id)
    return or_(task.due_at > due_at, and_(task.due_at == due_at, task.id > task_id), task.due_at.is_(None))


def _closed(at: datetime | None, task_id: int) -> str:
    return f"{round(at.timestamp() * 1_000_000) if at else ''}-{task_id}"


def _opened(cursor: str | None, *, dated: bool) -> tuple[datetime | None, int] | None:
    """`dated`: every line of the list has an instant, so a cursor without one is none of ours."""
    micros, _, task_id = (cursor or "").partition("-")
    if not task_id.isascii() or not task_id.isdigit() or len(task_id) > 9 or len(micros) > 17:
        return None
    if not micros:
        return None if dated else (None, int(task_id))
    if not micros.isascii() or not micros.isdigit():
        return None
    seconds, rest = divmod(int(micros), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), int(task_id)

"""Which cases a person may see: the one place where that is decided.

A working unit sees the cases whose place it is, or whose place lies below it; it keeps seeing them while a higher unit
holds them. It also sees a case that was ever with it (a visit) or that asked it something (a task, open or closed).
A member of a task force sees the cases it has now.
Confidential cases are seen by a `confidential_clerk` standing above their place, and by nobody else. Designers and
operators see none. Above all that stands the wall: a unit or person complained about, whoever answers to such a unit,
and a handler who stepped aside see nothing of the case. What may not be seen answers exactly like what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    false,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from engine.cases import RESPONDENT, Case, Party, Recusal, Visit
from engine.errors import NotFound
from engine.people import WORKING, Viewer
from engine.staffing import ForceCase, ForceMember
from engine.store import NUMBERS, among, listed
from engine.tasks.model import Task
from engine.territory import ancestors, is_top, is_within, within

Few = int | Sequence[int] | BindParameter[Any] | Select[int]
"""A case or some: ids, a parameter that will be the one id or, of type `NUMBERS`, some, or a query that gives them."""

CONFIDENTIAL = frozenset({"confidential_clerk"})
IDENTITY = frozenset({"clerk", "dispatcher", "petition_officer", "confidential_clerk"})
"""Roles that speak with petitioners of the whole area below them."""


def visible_cases(viewer: Viewer, *, one: Few | None = None) -> ColumnElement[bool]:
    """A condition on `Case`. `one` narrows every ground to a case, or to a few, so that it touches few rows of each.

    Each ground is a query of its own that an index answers; together they are a set of ids, never a scan of all cases.
    """
    few = listed(one) if isinstance(one, Sequence) else one
    working = viewer.units(WORKING)
    clerk = viewer.units(CONFIDENTIAL)
    secret = and_(Case.confidential, within(Case.place_id.expression, clerk)) if clerk else false()
    if not working:
        seen = secret
    elif few is None and any(map(is_top, working)):
        seen = or_(~Case.confidential, secret)  # the whole tree is theirs: a set of all ids would only cost time
    else:
        grounds = _grounds(working, viewer.asked, viewer.person_id, few)
        open_to_them = and_(~Case.confidential, Case.id.in_(union(*grounds)))
        seen = or_(open_to_them, secret) if clerk else open_to_them
    return and_(seen, outside_wall(viewer, Case.id.expression, few=few))


def sees_a_part(viewer: Viewer) -> bool:
    """Whether they work in some units below the top."""
    working = viewer.units(WORKING)
    return bool(working) and not any(map(is_top, working))


def sees_nothing_secret(viewer: Viewer) -> bool:
    """Whether they work somewhere, and no confidential case is theirs."""
    return bool(viewer.units(WORKING)) and not viewer.units(CONFIDENTIAL)


def outside_wall(
    viewer: Viewer, case_id: ColumnElement[int] | ColumnElement[int | None], *, few: Few | None = None
) -> ColumnElement[bool]:
    """Whether the viewer is not shut out of the case whose id stands in a column of tasks, notices or cases.

    The walled cases of one person are few and found through indexes: a small set, read once per statement. Lists that
    do not go through `visible_cases` must ask this as well.
    """
    return case_id.not_in(_walled_off(viewer, few))


def numbers_shut_out(viewer: Viewer) -> Select[str]:
    """The numbers of the cases behind the viewer's wall, for what tells of cases by their number."""
    return select(Case.number).where(Case.id.in_(_walled_off(viewer, None)))


def is_shut_out(session: Session, viewer: Viewer, case_id: int) -> bool:
    """For operators, who read no case and see none by right: to them it must be like one that is not there."""
    return session.scalar(_walled_off(viewer, case_id).limit(1)) is not None


def shut_out_of(session: Session, viewer: Viewer, *, most: int) -> Sequence[int] | None:
    """The cases behind the viewer's wall, for questions that pass over very many rows; None when there are more."""
    found = session.scalars(_walled_off_anywhere(viewer).limit(most + 1)).all()
    return None if len(found) > most else sorted(set(found))


def all_shut_out_of(session: Session, viewer: Viewer) -> frozenset[int]:
    """The cases behind the viewer's wall, however many."""
    return frozenset(session.scalars(_walled_off_anywhere(viewer)))


@lru_cache(maxsize=512)
def _walled_off_anywhere(viewer: Viewer) -> CompoundSelect[int]:
    return _walled_off(viewer, None)


def _walled_off(viewer: Viewer, few: Few | None) -> CompoundSelect[int]:
    above = {each for unit, _ in viewer.memberships for each in ancestors(unit)}
    named = select(Party.case_id).where(Party.role == RESPONDENT)
    grounds = [
        named.where(Party.person_id == viewer.person_id),
        named.where(Party.unit_id.in_(sorted(above))),
        select(Recusal.case_id).where(Recusal.person_id == viewer.person_id),
    ]
    return union_all(*(_narrowed(each, few) for each in grounds))


def _grounds(
    units: tuple[str, ...], asked_units: tuple[str, ...], person_id: int, few: Few | None
) -> list[Select[Any]]:
    """`asked_units` are theirs and those of people they stand in for, whose tasks they see the cases of."""
    placed = [select(Case.id.label("seen")).where(within(Case.place_id.expression, (unit,))) for unit in units]
    asked = select(Task.case_id).where(Task.unit_id.in_(asked_units))
    held = select(Visit.case_id).where(Visit.unit_id.in_(units))
    team = (
        select(ForceCase.case_id)
        .join(ForceMember, ForceMember.force_id == ForceCase.force_id)
        .where(ForceMember.person_id == person_id, ForceMember.left_at.is_(None), ForceCase.left_at.is_(None))
    )
    return [_narrowed(each, few) for each in (*placed, asked, held, team)]


def _narrowed(ground: Select[Any], few: Few | None) -> Select[Any]:
    if few is None:
        return ground
    (column,) = ground.selected_columns
    if isinstance(few, Select):
        return ground.where(column.in_(few))
    if isinstance(few, BindParameter) and few.type is NUMBERS:
        return ground.where(among(column, few))
    return ground.where(column == few)


def see_case(session: Session, viewer: Viewer, case_id: int) -> Case:
    """Raises NotFound for a case that does not exist or that the viewer may not see: the same words for both."""
    case = session.scalars(_seen_by(viewer), {"this": case_id}).first()
    if case is None:
        raise NotFound("case.unknown", "There is no such case.", case=case_id)
    return case


def seen_cases(session: Session, viewer: Viewer, case_ids: Iterable[int | None]) -> Mapping[int, Case]:
    """Those of the cases that the viewer may see, by id. One statement, none for no case."""
    ids = sorted({each for each in case_ids if each is not None})
    if not ids:
        return {}
    return {case.id: case for case in session.scalars(seen_among(viewer), {THESE.key: ids})}


THESE = bindparam("these", type_=NUMBERS)


@lru_cache(maxsize=512)
def seen_among(viewer: Viewer) -> Select[Case]:
    """Those of `THESE` cases that the viewer may see."""
    return select(Case).where(among(Case.id, THESE), visible_cases(viewer, one=THESE))


@lru_cache(maxsize=512)
def _seen_by(viewer: Viewer) -> Select[Case]:
    """The question that nearly every request asks, put into words once per person and what they are; holds no row."""
    this = bindparam("this", type_=Integer)
    return select(Case).where(Case.id == this, visible_cases(viewer, one=this))


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
    working = set(viewer.asked)
    if case.holder_id in working or case.accountable_id in working or any(task.unit_id in working for task in asked):
        return True
    return any(role in IDENTITY and is_within(case.place_id, unit) for unit, role in viewer.memberships)

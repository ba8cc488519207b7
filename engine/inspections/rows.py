"""Queries: the lists of plans, checks and logs, and what others here build their questions of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, GenerativeSelect, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.inspections.model import CONTACTS, Check, DutyLog, Finding, Plan
from engine.inspections.turns import Turn, midnight
from engine.people import ACTS, Viewer
from engine.territory import is_top, subtree_bounds

Query = TypeVar("Query", bound=GenerativeSelect)
PAGE = 30
MOST_SHOWN = 100
"""So many plans are listed."""
BEYOND = subtree_bounds("")[1]
"""What a unit's id is followed by where its subtree has ended."""


def live_plans(session: Session, viewer: Viewer) -> Sequence[Plan]:
    """Those of the viewer's units and below, the newest first; ended ones last."""
    return session.scalars(
        select(Plan)
        .where(in_area(Plan.area_id.expression, viewer))
        .order_by(Plan.ended_at.is_not(None), Plan.id.desc())
        .limit(MOST_SHOWN)
    ).all()


def checks(session: Session, viewer: Viewer, *, page: int, failed: bool = False) -> Sequence[Check]:
    """The latest first; one more than a page where there is a next one."""
    query = select(Check).where(in_area(Check.unit_id.expression, viewer))
    if failed:
        query = query.where(Check.failed > 0)
    return session.scalars(one_page(query.order_by(Check.done_at.desc(), Check.id.desc()), page)).all()


def logs(session: Session, viewer: Viewer, *, page: int, duty: str = "") -> Sequence[DutyLog]:
    """The latest first; one more than a page where there is a next one."""
    query = select(DutyLog).where(in_area(DutyLog.unit_id.expression, viewer))
    if duty:
        query = query.where(DutyLog.duty == duty)
    return session.scalars(one_page(query.order_by(DutyLog.happened_at.desc(), DutyLog.id.desc()), page)).all()


def see_check(session: Session, check_id: int, *, viewer: Viewer) -> Check:
    """Raises NotFound for one that does not exist or lies outside the viewer's units."""
    check = session.get(Check, check_id)
    if check is None or not viewer.may("inspection.read", check.unit_id):
        raise NotFound("check.unknown", "There is no such check.")
    return check


def findings_of(session: Session, check_id: int) -> Sequence[Finding]:
    return session.scalars(select(Finding).where(Finding.check_id == check_id).order_by(Finding.id)).all()


def in_area(column: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a unit lies where the viewer may read registers, each as one range; the whole tree asks nothing."""
    units = viewer.units(ACTS["inspection.read"])
    if any(map(is_top, units)):
        return true()
    return or_(false(), *(and_(column >= unit, column < unit + BEYOND) for unit in units))


def done_in(checklist: str, turn: Turn, tz: Any, unit_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a unit was looked at in the turn."""
    return exists().where(
        Check.unit_id == unit_id,
        Check.checklist == checklist,
        Check.done_at >= midnight(turn.start, tz),
        Check.done_at < midnight(turn.end, tz),
    )


def contacts_in(start: Any, end: Any) -> tuple[ColumnElement[bool], ...]:
    duties = DutyLog.duty.in_(sorted(each.value for each in CONTACTS))
    return DutyLog.happened_at >= start, DutyLog.happened_at < end, duties


def one_page(query: Query, page: int) -> Query:
    """Page 1 is the first; one row more than a page tells that there is a next one."""
    return query.limit(PAGE + 1).offset(PAGE * (page - 1))

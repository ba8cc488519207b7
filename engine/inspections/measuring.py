"""Service promises measured: how many of the cases that a promise is about were served within its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.inspections.catalogue import Promise
from engine.inspections.rows import one_page
from engine.reports import Period, Within
from engine.tasks import Task

CONTACT_FORM = "first_contact"


@dataclass(frozen=True, slots=True)
class Kept:
    """Of the cases whose time has been used or has run out, how many were served in time."""

    kept: int
    out_of: int

    @property
    def tenths(self) -> int | None:
        """The share in tenths of a per cent, cut; None when there is nothing to share."""
        return 1000 * self.kept // self.out_of if self.out_of else None


@dataclass(frozen=True, slots=True)
class Served:
    """One case behind the number. `seconds` None: nobody yet, and the time has run out."""

    case: Case
    seconds: int | None
    kept: bool


def measure(
    session: Session, promises: Sequence[Promise], within: Within, period: Period, *, now: datetime
) -> Mapping[str, Kept]:
    """Of the promises that are measured, by id. One statement for each of them."""
    found = {}
    for promise in promises:
        if promise.measured is not None:
            told = _told(session, promise, within, period, now).subquery()
            kept, out_of = session.execute(select(func.count(case((told.c.kept == 1, 1))), func.count())
                                           .select_from(told)).one()  # fmt: skip
            found[promise.id] = Kept(kept, out_of)
    return found


def behind_promise(
    session: Session, promise: Promise, within: Within, period: Period, *, now: datetime, page: int
) -> Sequence[Served]:
    """The cases of the number: those not served in time first, the latest first; one more than a page."""
    told = _told(session, promise, within, period, now).subquery()
    query = (
        select(Case, told.c.seconds, told.c.kept)
        .join(told, told.c.id == Case.id)
        .order_by(told.c.kept, Case.received_at.desc(), Case.id.desc())
    )
    rows = session.execute(one_page(query, page))
    return [Served(each, None if seconds is None else round(seconds), bool(kept)) for each, seconds, kept in rows]


def _told(session: Session, promise: Promise, within: Within, period: Period, now: datetime) -> Select[Any]:
    """(id, seconds, kept 0 or 1) of each case that counts: one still within its time and unserved does not yet."""
    limit = timedelta(minutes=promise.minutes)
    served = func.min(Task.completed_at)
    seconds = _seconds(session, served, Case.received_at.expression)
    wanted = and_(within.cases(), period.holds(Case.received_at.expression))
    query = select(Case.id.label("id"), seconds.label("seconds")).join(Task, Task.case_id == Case.id)
    if promise.measured == "first_contact":
        query = query.where(Task.form == CONTACT_FORM)
    if promise.track is not None:
        query = query.where(Case.track == promise.track)
    in_time = func.coalesce(seconds, limit.total_seconds() + 1) <= limit.total_seconds()
    return (
        query.add_columns(case((in_time, 1), else_=0).label("kept"))
        .where(wanted)
        .group_by(Case.id)
        .having(or_(served.is_not(None), Case.received_at < now - limit))
    )


def _seconds(session: Session, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[float]:
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.extract("epoch", later - earlier), Float)
    return func.round((func.julianday(later) - func.julianday(earlier)) * 86_400)

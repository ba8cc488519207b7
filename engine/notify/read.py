"""Reading notices. A notice is new for a person until they open it, or say that they have read everything.

A deputy reads what comes for whoever is away, while they stand in; what they have read stays new for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.errors import NotFound
from engine.notify.model import Notice, NoticeRead, NoticesRead
from engine.people import StandIn, Viewer
from engine.tasks import outside_wall
from engine.territory import within

PAGE = 30
COUNTED = 100
"""How far unread notices are counted; a page says "99+" beyond."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the notices page."""

    notice: Notice
    case: Case
    is_new: bool
    away: StandIn | None
    """For whom it came, where the viewer reads it as a deputy."""


def notices_of(
    session: Session, viewer: Viewer, *, before: int | None = None, most: int = PAGE
) -> tuple[Sequence[Line], int | None]:
    """The newest notices for the viewer and their units, newest first, and the cursor of the next page."""
    opened = select(NoticeRead.notice_id).where(NoticeRead.person_id == viewer.person_id)
    statement = _mine(select(Notice, Case, Notice.id.in_(opened)), viewer).order_by(Notice.id.desc()).limit(most + 1)
    if before is not None:
        statement = statement.where(Notice.id < before)
    rows = session.execute(statement).all()
    up_to = _read_up_to(session, viewer)
    lines = [
        Line(notice, case, notice.id > up_to and not seen, _meant_for(viewer, notice))
        for notice, case, seen in rows[:most]
    ]
    return lines, lines[-1].notice.id if len(rows) > most else None


def unread(session: Session, viewer: Viewer) -> int:
    """How many notices are new for the viewer; at most 100 are counted."""
    return session.scalar(_new_for(viewer)) or 0


@lru_cache(maxsize=512)
def _new_for(viewer: Viewer) -> Select[int]:
    """Every page asks this: put into words once per person and what they are."""
    up_to = (
        select(func.coalesce(func.max(NoticesRead.up_to), 0))
        .where(NoticesRead.person_id == viewer.person_id)
        .scalar_subquery()
    )
    opened = select(NoticeRead.notice_id).where(NoticeRead.person_id == viewer.person_id)
    newer = _mine(select(Notice.id), viewer).where(Notice.id > up_to, Notice.id.not_in(opened)).limit(COUNTED)
    return select(func.count()).select_from(newer.subquery())


def open_notice(session: Session, viewer: Viewer, notice_id: int) -> int:
    """Notes that the viewer has read a notice and gives its case's id. Raises NotFound for what is not theirs."""
    case_id: int | None = session.scalar(_mine(select(Notice.case_id), viewer).where(Notice.id == notice_id))
    if case_id is None:
        raise NotFound("notice.unknown", "There is no such notice.", notice=notice_id)
    if notice_id > _read_up_to(session, viewer):
        session.merge(NoticeRead(person_id=viewer.person_id, notice_id=notice_id))
    return case_id


def mark_all_read(session: Session, viewer: Viewer, *, up_to: int) -> None:
    """Notes that the viewer has read everything up to a notice: the newest that their page showed, nothing later."""
    newest = session.scalar(select(func.max(Notice.id))) or 0
    line = max(_read_up_to(session, viewer), min(up_to, newest))
    session.merge(NoticesRead(person_id=viewer.person_id, up_to=line))
    session.execute(delete(NoticeRead).where(NoticeRead.person_id == viewer.person_id, NoticeRead.notice_id <= line))


def mark_older_read(session: Session, people: Iterable[int], *, before: datetime) -> None:
    """Notes that these people have read everything that came before an instant."""
    line = session.scalar(select(func.max(Notice.id)).where(Notice.at < before)) or 0
    for person_id in people:
        session.merge(NoticesRead(person_id=person_id, up_to=line))


def still_theirs(session: Session, viewer: Viewer, ids: Iterable[int]) -> frozenset[int]:
    """Those of some notices that a person may be told of now, as their reader or as the deputy of somebody away.

    Whether they wanted to be told was asked before; what they have muted on the page is not looked at.
    """
    units = set(viewer.units()).union(viewer.asked)
    found = (
        select(Notice.id)
        .join(Case, Case.id == Notice.case_id)
        .where(
            Notice.id.in_(sorted(ids)),
            or_(Notice.unit_id.in_(sorted(units)), Notice.person_id.in_(viewer.acting_as)),
            _open_to(viewer),
            outside_wall(viewer, Notice.case_id.expression),
        )
    )
    return frozenset(session.scalars(found))


def _mine(statement: Select[*tuple[Any, ...]], viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """For the viewer, one of their units or whoever they stand in for, of a sort not muted, about a case they may see.

    A unit only hears of cases that were with it, so it may see them all but the confidential and the walled ones.
    """
    statement = statement.join(Case, Case.id == Notice.case_id).where(
        or_(
            Notice.unit_id.in_(viewer.units()),
            Notice.person_id == viewer.person_id,
            *(_came_for(each) for each in viewer.stands_in_for),
        ),
        _open_to(viewer),
        outside_wall(viewer, Notice.case_id.expression),
    )
    if viewer.muted:
        statement = statement.where(Notice.kind.not_in(sorted(viewer.muted)))
    return statement


def _came_for(away: StandIn) -> ColumnElement[bool]:
    meant = or_(Notice.person_id == away.person_id, Notice.unit_id.in_({unit for unit, _ in away.memberships}))
    return and_(Notice.at >= away.since, meant)


def _meant_for(viewer: Viewer, notice: Notice) -> StandIn | None:
    if notice.person_id == viewer.person_id or notice.unit_id in viewer.units():
        return None
    return next(
        each
        for each in viewer.stands_in_for
        if notice.person_id == each.person_id or any(notice.unit_id == unit for unit, _ in each.memberships)
    )


def _open_to(viewer: Viewer) -> ColumnElement[bool]:
    clerk = viewer.units({"confidential_clerk"})
    plain = Case.confidential.is_(False)
    return or_(plain, and_(Case.confidential, within(Case.place_id.expression, clerk))) if clerk else plain


def _read_up_to(session: Session, viewer: Viewer) -> int:
    return session.scalar(select(NoticesRead.up_to).where(NoticesRead.person_id == viewer.person_id)) or 0

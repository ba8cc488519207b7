"""Queries over sessions, each as its viewer may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.cases import Case
from engine.errors import NotFound
from engine.people import WORKING, Viewer
from engine.sessions.model import Disposition, Gathering, GatheringItem, Invitation
from engine.tasks import outside_wall, visible_cases
from engine.territory import within

PAGE = 30
MOST_UNTOLD = 30


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one session: how many items were raised, and how many of their cases are not closed yet."""

    raised: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """`closed` is read from the case; `case` is None where there is none, or where the viewer may not see it."""

    row: GatheringItem
    case: Case | None
    closed: bool


def see_session(session: Session, viewer: Viewer, gathering_id: int) -> Gathering:
    """One of a unit at or below the viewer's, or to which they are invited. Raises NotFound for any other, and none."""
    found = session.scalars(select(Gathering).where(Gathering.id == gathering_id, _seen_by(viewer))).first()
    if found is None:
        raise NotFound("session.unknown", "There is no such session.", session=gathering_id)
    return found


def lock_session(session: Session, viewer: Viewer, gathering_id: int) -> Gathering:
    """As `see_session`, with its row locked, so that two who write at once number their items apart."""
    query = select(Gathering).where(Gathering.id == gathering_id, _seen_by(viewer))
    found = session.scalars(query.with_for_update(of=Gathering), execution_options={"populate_existing": True}).first()
    if found is None:
        raise NotFound("session.unknown", "There is no such session.", session=gathering_id)
    return found


def sessions_of(session: Session, unit_id: str, *, since: datetime, until: datetime, page: int) -> Sequence[Gathering]:
    """Those of a unit and all below it within [since, until), the latest first; one more than a page holds."""
    return session.scalars(
        select(Gathering)
        .where(within(Gathering.unit_id.expression, (unit_id,)), Gathering.starts_at >= since)
        .where(Gathering.starts_at < until)
        .order_by(Gathering.starts_at.desc(), Gathering.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()


def coming(session: Session, viewer: Viewer, *, now: datetime) -> Sequence[Gathering]:
    """Those ahead, or of today, that the viewer hosts or is invited to, the next first."""
    return session.scalars(_coming(viewer, now).order_by(Gathering.starts_at, Gathering.id).limit(PAGE)).all()


def how_many_coming(session: Session, viewer: Viewer, *, now: datetime) -> int:
    """Of the next two days. One statement."""
    soon = _coming(viewer, now).where(Gathering.starts_at < now + timedelta(days=2))
    return session.scalar(select(func.count()).select_from(soon.subquery())) or 0


def tallies(session: Session, viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Tally]:
    """Of each session that has items. One statement."""
    if not ids:
        return {}
    still = func.count().filter(and_(GatheringItem.case_id.is_not(None), Case.closed_at.is_(None)))
    rows = session.execute(
        select(GatheringItem.gathering_id, func.count(), still)
        .outerjoin(Case, Case.id == GatheringItem.case_id)
        .where(GatheringItem.gathering_id.in_(ids), _outside(viewer))
        .group_by(GatheringItem.gathering_id)
    )
    return {gathering: Tally(raised, open_) for gathering, raised, open_ in rows}


def items_of(session: Session, viewer: Viewer, gathering_id: int) -> list[Item]:
    """In the order in which they were raised; without those whose case is about the viewer or their unit."""
    seen = aliased(Case)
    items = GatheringItem.gathering_id == gathering_id
    mine = select(Case.id).join(GatheringItem, GatheringItem.case_id == Case.id).where(items)
    visible = select(Case.id).where(visible_cases(viewer, one=mine))
    rows = session.execute(
        select(GatheringItem, seen, Case.closed_at)
        .outerjoin(Case, Case.id == GatheringItem.case_id)
        .outerjoin(seen, and_(seen.id == GatheringItem.case_id, seen.id.in_(visible)))
        .where(items, _outside(viewer))
        .order_by(GatheringItem.seq)
    )
    return [Item(row, case, row.case_id is None or closed_at is not None) for row, case, closed_at in rows]


def untold(session: Session, viewer: Viewer, gathering: Gathering) -> Sequence[tuple[GatheringItem, Case, str]]:
    """Suggestions of earlier sessions of the unit that were answered and not told yet: item, case, topic then."""
    rows = session.execute(
        select(GatheringItem, Case, Gathering.topic)
        .join(Gathering, Gathering.id == GatheringItem.gathering_id)
        .join(Case, Case.id == GatheringItem.case_id)
        .where(
            Gathering.unit_id == gathering.unit_id,
            Gathering.id != gathering.id,
            Gathering.held_at.is_not(None),
            GatheringItem.disposition == Disposition.SUGGESTION.value,
            GatheringItem.told_in.is_(None),
            Case.closed_at.is_not(None),
            Case.confidential.is_(False),
            _outside(viewer),
        )
        .order_by(GatheringItem.id)
        .limit(MOST_UNTOLD)
    )
    return [(item, case, topic) for item, case, topic in rows]


def told_at(session: Session, viewer: Viewer, gathering_id: int) -> Sequence[tuple[GatheringItem, Case]]:
    """What people were told in a session of their earlier suggestions."""
    rows = session.execute(
        select(GatheringItem, Case)
        .join(Case, Case.id == GatheringItem.case_id)
        .where(GatheringItem.told_in == gathering_id, _outside(viewer))
        .order_by(GatheringItem.id)
    )
    return [(item, case) for item, case in rows]


def invitations_of(session: Session, gathering_id: int) -> Sequence[Invitation]:
    return session.scalars(
        select(Invitation).where(Invitation.gathering_id == gathering_id).order_by(Invitation.id)
    ).all()


def _seen_by(viewer: Viewer) -> ColumnElement[bool]:
    units = viewer.units(WORKING)
    return or_(within(Gathering.unit_id.expression, units), Gathering.host_id == viewer.person_id, _invited(viewer))


def _coming(viewer: Viewer, now: datetime) -> Select[Gathering]:
    return select(Gathering).where(
        Gathering.starts_at >= now - timedelta(hours=12),
        Gathering.held_at.is_(None),
        Gathering.cancelled_at.is_(None),
        or_(Gathering.host_id == viewer.person_id, _invited(viewer)),
    )


def _invited(viewer: Viewer) -> ColumnElement[bool]:
    to_me = or_(Invitation.person_id == viewer.person_id, Invitation.unit_id.in_(viewer.units(WORKING)))
    return exists().where(Invitation.gathering_id == Gathering.id, to_me)


def _outside(viewer: Viewer) -> ColumnElement[bool]:
    return or_(GatheringItem.case_id.is_(None), outside_wall(viewer, GatheringItem.case_id.expression))

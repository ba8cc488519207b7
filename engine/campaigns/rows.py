"""Queries over campaigns and their items, each as its viewer may see it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from engine.campaigns.model import Campaign, CampaignItem
from engine.cases import Case
from engine.deadlines import Deadline, DeadlineState
from engine.errors import NotFound
from engine.people import ACTS, Viewer
from engine.process import Instance
from engine.tasks import Task, TaskState, visible_cases
from engine.territory import within

PAGE = 50
MOST_LED = 50
IN_SUBSTANCE, BY_PROCEDURE = "substantively_resolved", "procedurally_closed"
"""The outcomes that the diagram of a backlog item concludes with; they are counted apart."""

Rows = Select[CampaignItem, Case, Instance]


class Standing(enum.StrEnum):
    ALL = "all"
    WAITING = "waiting"
    """Not issued yet."""
    RUNNING = "running"
    OVERDUE = "overdue"
    STRUCK_OFF = "struck_off"


@dataclass(frozen=True, slots=True)
class Line:
    """An item with its case; `waits` is the open task that is due first, `overdue` whether a limit has passed."""

    item: CampaignItem
    case: Case
    outcome: str | None
    struck_off_at: datetime | None
    waits: Task | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Outcomes apart: what is settled in substance, what was only closed by procedure, and what remains."""

    listed: int
    issued: int
    substantively_resolved: int
    procedurally_closed: int
    overdue: int

    @property
    def remaining(self) -> int:
        return self.issued - self.substantively_resolved - self.procedurally_closed

    @property
    def outcomes(self) -> tuple[tuple[str, int], ...]:
        """Each apart, what counts as resolved first."""
        return (
            (IN_SUBSTANCE, self.substantively_resolved),
            (BY_PROCEDURE, self.procedurally_closed),
            ("remaining", self.remaining),
        )

    @property
    def rate(self) -> int | None:
        """Resolved in substance of those issued, in per cent, cut off: 346 of 411 are 84."""
        return None if not self.issued else 100 * self.substantively_resolved // self.issued


def see_campaign(session: Session, viewer: Viewer, campaign_id: int) -> Campaign:
    """Of a unit at or below the viewer's, or one with an item they lead. Raises NotFound for any other, and none."""
    found = session.scalars(select(Campaign).where(Campaign.id == campaign_id, _seen_by(viewer))).first()
    if found is None:
        raise NotFound("campaign.unknown", "There is no such campaign.", campaign=campaign_id)
    return found


def campaigns_of(session: Session, viewer: Viewer) -> Sequence[Campaign]:
    """The latest first."""
    return session.scalars(select(Campaign).where(_seen_by(viewer)).order_by(Campaign.id.desc()).limit(PAGE)).all()


def totals_of(session: Session, viewer: Viewer, ids: Sequence[int], *, now: datetime) -> Mapping[int, Totals]:
    """Of each campaign, over the items the viewer may see. One statement."""
    if not ids:
        return {}
    outcome = Instance.outcome
    rows = session.execute(
        _items(viewer, CampaignItem.campaign_id.in_(ids))
        .with_only_columns(
            CampaignItem.campaign_id,
            func.count(),
            func.count(CampaignItem.issued_at),
            func.count().filter(outcome == IN_SUBSTANCE),
            func.count().filter(outcome == BY_PROCEDURE),
            func.count().filter(_overdue(now)),
        )
        .group_by(CampaignItem.campaign_id)
    )
    return {row[0]: Totals(*row[1:]) for row in rows}


def ledger(
    session: Session,
    viewer: Viewer,
    campaign: Campaign,
    *,
    now: datetime,
    standing: Standing = Standing.ALL,
    lead_id: int | None = None,
    page: int | None = 1,
) -> Sequence[Line]:
    """By number; one more than a page holds, or all of them for `page` None. Two statements."""
    query = _items(viewer, CampaignItem.campaign_id == campaign.id).where(_stands(standing, now))
    if lead_id is not None:
        query = query.where(CampaignItem.lead_id == lead_id)
    query = query.order_by(CampaignItem.number)
    if page is not None:
        query = query.offset((page - 1) * PAGE).limit(PAGE + 1)
    return _lines(session, query, now)


def led_by(session: Session, viewer: Viewer, *, now: datetime) -> Sequence[Line]:
    """The items a person leads that are not struck off, overdue ones first. Two statements."""
    query = _items(viewer, CampaignItem.lead_id == viewer.person_id).where(Instance.outcome.is_(None))
    late_first = _overdue(now).desc(), CampaignItem.issued_at, CampaignItem.id
    return _lines(session, query.order_by(*late_first).limit(MOST_LED), now)


def how_many_led_late(session: Session, viewer: Viewer, *, now: datetime) -> int:
    """Overdue items a person leads. One statement."""
    mine = _items(viewer, CampaignItem.lead_id == viewer.person_id).where(_overdue(now))
    return session.scalar(mine.with_only_columns(func.count())) or 0


def item_of(session: Session, viewer: Viewer, campaign: Campaign, number: int, *, now: datetime) -> Line:
    """Raises NotFound for one that is not there or whose case the viewer may not see."""
    mine = and_(CampaignItem.campaign_id == campaign.id, CampaignItem.number == number)
    found = _lines(session, _items(viewer, mine), now)
    if not found:
        raise NotFound("campaign.item_unknown", "There is no such item.", number=number)
    return found[0]


def steps_of(session: Session, item: CampaignItem) -> Sequence[Task]:
    """Every task of an item, the latest first."""
    if item.instance_id is None:
        return ()
    return session.scalars(select(Task).where(Task.instance_id == item.instance_id).order_by(Task.id.desc())).all()


def clocks_of(session: Session, item: CampaignItem) -> Sequence[Deadline]:
    """The limits of an item that run or were passed, the next due first."""
    if item.instance_id is None:
        return ()
    told = (DeadlineState.ARMED.value, DeadlineState.BREACHED.value)
    return session.scalars(
        select(Deadline)
        .where(Deadline.case_id == item.case_id, Deadline.instance_id == item.instance_id, Deadline.state.in_(told))
        .order_by(Deadline.due_at, Deadline.id)
    ).all()


def _items(viewer: Viewer, which: ColumnElement[bool]) -> Rows:
    few = select(Case.id).join(CampaignItem, CampaignItem.case_id == Case.id).where(which)
    return (
        select(CampaignItem, Case, Instance)
        .select_from(CampaignItem)
        .join(Case, Case.id == CampaignItem.case_id)
        .join(Campaign, Campaign.id == CampaignItem.campaign_id)
        .outerjoin(Instance, Instance.id == CampaignItem.instance_id)
        .where(which, visible_cases(viewer, one=few), or_(_above(viewer), CampaignItem.lead_id == viewer.person_id))
    )


def _lines(session: Session, query: Rows, now: datetime) -> list[Line]:
    rows = session.execute(query.add_columns(_overdue(now))).all()
    ids = [item.instance_id for item, *_rest in rows if item.instance_id is not None]
    open_ = select(Task).where(Task.instance_id.in_(ids), Task.state == TaskState.OPEN.value)
    waiting: dict[int, Task] = {}
    for task in session.scalars(open_.order_by(Task.due_at.desc(), Task.id.desc())) if ids else ():
        waiting[task.instance_id] = task
    return [
        Line(
            item,
            case,
            instance.outcome if instance else None,
            instance.ended_at if instance else None,
            waiting.get(item.instance_id or 0),
            bool(late),
        )
        for item, case, instance, late in rows
    ]


def _overdue(now: datetime) -> ColumnElement[bool]:
    """A task of the item is past its limit, or the time to settle has passed and it is not struck off."""
    late = exists().where(
        Task.instance_id == CampaignItem.instance_id, Task.state == TaskState.OPEN.value, Task.due_at < now
    )
    unsettled = exists().where(
        Deadline.case_id == CampaignItem.case_id,
        Deadline.instance_id == CampaignItem.instance_id,
        Deadline.step == "backlog_settle",
        Deadline.state == DeadlineState.BREACHED.value,
    )
    return and_(CampaignItem.issued_at.is_not(None), Instance.outcome.is_(None), or_(late, unsettled))


def _stands(standing: Standing, now: datetime) -> ColumnElement[bool]:
    match standing:
        case Standing.WAITING:
            return CampaignItem.issued_at.is_(None)
        case Standing.RUNNING:
            return and_(CampaignItem.issued_at.is_not(None), Instance.outcome.is_(None))
        case Standing.OVERDUE:
            return _overdue(now)
        case Standing.STRUCK_OFF:
            return Instance.outcome.is_not(None)
        case Standing.ALL:
            return true()
    assert_never(standing)


def _above(viewer: Viewer) -> ColumnElement[bool]:
    return within(Campaign.unit_id.expression, viewer.units(ACTS["campaign.read"]))


def _seen_by(viewer: Viewer) -> ColumnElement[bool]:
    leads = exists().where(CampaignItem.campaign_id == Campaign.id, CampaignItem.lead_id == viewer.person_id)
    return or_(_above(viewer), leads)

"""How far: the units a plan has reached, and the leads who kept their weekly contact. Each with who is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.inspections.model import Check, DutyLog, Finding, Plan
from engine.inspections.rows import contacts_in, done_in, one_page
from engine.inspections.turns import Turn, midnight, week_of
from engine.people import Membership, Person
from engine.process import World
from engine.territory import Unit, subtree_bounds, within


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one unit and all below it: so many of so many."""

    unit: Unit
    done: int
    out_of: int

    @property
    def percent(self) -> int:
        """Cut, never rounded up: 100 says that nobody is missing."""
        return 100 * self.done // self.out_of if self.out_of else 100


@dataclass(frozen=True, slots=True)
class Found:
    """What checks of a plan's turn found: items that failed, how many became cases, how many wait for a recheck."""

    failed: int
    cases: int
    waiting: int


def reach(session: Session, plan: Plan, turn: Turn, world: World) -> Sequence[Reach]:
    """The places right below the plan's area, the area itself where it is what is looked at. One statement."""
    child = aliased(Unit)
    asked = and_(Unit.tier == plan.tier, Unit.valid_to.is_(None))
    rows = session.execute(
        select(
            child,
            func.count(case((done_in(plan.checklist, turn, world.calendar.tz, Unit.id.expression), 1))),
            func.count(),
        )
        .join(Unit, and_(asked, _lies_in(Unit.id.expression, child, plan.area_id)))
        .where(or_(child.parent_id == plan.area_id, child.id == plan.area_id))
        .group_by(child.id)
        .order_by(child.id)
    )
    return [Reach(unit, done, out_of) for unit, done, out_of in rows]


def not_reached(
    session: Session, plan: Plan, turn: Turn, world: World, *, below: str, page: int
) -> Sequence[tuple[Unit, datetime | None]]:
    """Units still missing in this turn with when they were last looked at, never first; one more than a page."""
    last = (
        select(func.max(Check.done_at))
        .where(Check.unit_id == Unit.id, Check.checklist == plan.checklist)
        .correlate(Unit)
        .scalar_subquery()
        .label("last")
    )
    query = (
        select(Unit, last)
        .where(Unit.tier == plan.tier, Unit.valid_to.is_(None), within(Unit.id.expression, (below,)))
        .where(~done_in(plan.checklist, turn, world.calendar.tz, Unit.id.expression))
        .order_by(last.is_not(None), last, Unit.id)
    )
    return [(unit, at) for unit, at in session.execute(one_page(query, page))]


def found_by(session: Session, plan: Plan, turn: Turn, world: World) -> Found:
    tz = world.calendar.tz
    failed, cases, waiting = session.execute(
        select(
            func.count(Finding.id),
            func.count(Finding.case_id),
            func.count(case((Finding.settled_at.is_(None), 1))),
        )
        .join(Check, Check.id == Finding.check_id)
        .join(Unit, Unit.id == Check.unit_id)
        .where(within(Check.unit_id.expression, (plan.area_id,)), Unit.tier == plan.tier)
        .where(Check.checklist == plan.checklist, Check.done_at >= midnight(turn.start, tz))
        .where(Check.done_at < midnight(turn.end, tz))
    ).one()
    return Found(failed, cases, waiting)


def weekly(session: Session, world: World, area_id: str, day: date) -> Sequence[Reach]:
    """Of the leads who owe contacts in a week, how many have made them: per place right below an area. One statement.

    Counts who leads now; nobody knows any more who led in an earlier week.
    """
    child = aliased(Unit)
    made = _made(world, day)
    kept = func.coalesce(made.c.n, 0) >= world.config.inspections.contacts_per_week
    rows = session.execute(
        select(
            child,
            func.count(func.distinct(case((kept, Membership.person_id)))),
            func.count(func.distinct(Membership.person_id)),
        )
        .join(Membership, _lies_in(Membership.unit_id.expression, child, area_id))
        .join(Unit, and_(Unit.id == Membership.unit_id, *_owing(world)))
        .join(Person, and_(Person.id == Membership.person_id, Person.active))
        .outerjoin(made, made.c.by_id == Membership.person_id)
        .where(or_(child.parent_id == area_id, child.id == area_id))
        .group_by(child.id)
        .order_by(child.id)
    )
    return [Reach(unit, done, out_of) for unit, done, out_of in rows]


def not_contacted(
    session: Session, world: World, area_id: str, day: date, *, page: int
) -> Sequence[tuple[Person, Unit]]:
    """The leads who have not made their contacts in that week, by unit; one more than a page."""
    made = _made(world, day)
    query = (
        select(Person, Unit)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, and_(Unit.id == Membership.unit_id, *_owing(world)))
        .outerjoin(made, made.c.by_id == Person.id)
        .where(Person.active, within(Membership.unit_id.expression, (area_id,)))
        .where(func.coalesce(made.c.n, 0) < world.config.inspections.contacts_per_week)
        .order_by(Unit.id, Person.id)
    )
    return [(person, unit) for person, unit in session.execute(one_page(query, page))]


def _made(world: World, day: date) -> Any:
    start, end = (midnight(each, world.calendar.tz) for each in week_of(day))
    counted = select(DutyLog.by_id, func.count().label("n")).where(*contacts_in(start, end))
    return counted.group_by(DutyLog.by_id).subquery()


def _owing(world: World) -> tuple[ColumnElement[bool], ...]:
    lowest = world.tiers.names[: world.config.inspections.contact_tiers]
    return Membership.role == "lead", Unit.tier.in_(lowest), Unit.valid_to.is_(None)


def _lies_in(column: ColumnElement[Any], unit: type[Unit], area_id: str) -> ColumnElement[bool]:
    """Whether a column lies in a unit's subtree or, for the area itself, is just that; one range of an index."""
    first, end = subtree_bounds("")
    return and_(column >= unit.id, column < case((unit.id == area_id, unit.id + first), else_=unit.id + end))

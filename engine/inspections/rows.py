"""Queries: what waits for somebody, how far a plan has come, and the lists of checks and logs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from engine import tasks
from engine.cases import Case
from engine.errors import NotFound
from engine.inspections.model import CONTACTS, Check, DutyLog, Every, Finding, Plan, PlanKind
from engine.inspections.turns import Turn, midnight, turn_of, week_of
from engine.people import ACTS, Viewer
from engine.process import World
from engine.store import Instant
from engine.territory import Unit, ancestors, is_office, subtree_bounds, within

PAGE = 30
MOST_DUE = 100
"""So many units one plan shows to whoever has to look at them."""
MOST_PLANS = 20


@dataclass(frozen=True, slots=True)
class Due:
    """A unit that a plan asks to be looked at, until the last day of its turn. `missed`: nor in the turn before."""

    plan: Plan
    unit_id: str
    until: date
    missed: bool


@dataclass(frozen=True, slots=True)
class Again:
    """A finding to be looked at again. `closed`: its case is closed already."""

    finding_id: int
    unit_id: str
    name_zh: str
    name_en: str
    on: date
    closed: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What asks something of one person now. `owed`: contacts missing this week; None for who owes none."""

    due: Sequence[Due]
    again: Sequence[Again]
    owed: int | None

    @property
    def total(self) -> int:
        return len(self.due) + len(self.again) + (self.owed or 0)


def waiting(session: Session, world: World, *, viewer: Viewer, now: datetime) -> Waiting:
    """What is asked of those who stand at a unit or right above it. At most two statements, whatever the data."""
    units, owes = viewer.units(ACTS["inspection.do"]), owes_contacts(world, viewer)
    if not units:
        return Waiting((), (), None)
    tz = world.calendar.tz
    today = now.astimezone(tz).date()
    plans = {plan.id: (plan, turn_on(plan, today)) for plan in _plans_about(session, units, today)}
    mine = _places(units)
    asks = [
        select(
            literal(plan.id), literal(0), mine.c.id, _last(plan, mine), literal(None, Date), literal(""), literal("")
        )
        .where(
            mine.c.tier == plan.tier, within(mine.c.id, (plan.area_id,)), ~done_in(plan.checklist, turn, tz, mine.c.id)
        )
        .order_by(mine.c.id)
        .limit(MOST_DUE)
        for plan, turn in plans.values()
    ]
    asks.append(_again(mine, today))
    if owes:
        monday, next_monday = (midnight(day, tz) for day in week_of(today))
        count = select(
            literal(-2),
            func.count(),
            literal(""),
            literal(None, Instant),
            literal(None, Date),
            literal(""),
            literal(""),
        )
        asks.append(count.where(*contacts_in(monday, next_monday), DutyLog.by_id == viewer.person_id))
    rows = session.execute(union_all(*(select(each.subquery()) for each in asks))).all()
    due, again, owed = [], [], None
    for what, ref, unit_id, at, on, zh, en in rows:
        if what > 0:
            plan, turn = plans[what]
            due.append(Due(plan, unit_id, turn.last(), is_missed(plan, turn, at, today, tz)))
        elif what == -1:
            again.append(Again(ref, unit_id, zh, en, on, at is not None))
        else:
            owed = max(0, world.config.inspections.contacts_per_week - ref)
    due.sort(key=lambda each: (not each.missed, each.until, each.unit_id))
    again.sort(key=lambda each: (each.on, each.finding_id))
    return Waiting(due, again, owed)


def owes_contacts(world: World, viewer: Viewer) -> bool:
    lowest = world.tiers.names[: world.config.inspections.contact_tiers]
    return any(
        role == "lead" and not is_office(unit) and world.tiers.tier_of(unit) in lowest
        for unit, role in viewer.memberships
    )


def turn_on(plan: Plan, day: date) -> Turn:
    return turn_of(plan.starts_on, plan.ends_on, None if plan.every is None else Every(plan.every), plan.turns, day)


def is_missed(plan: Plan, turn: Turn, last: datetime | None, today: date, tz: Any) -> bool:
    """Whether a unit not looked at in this turn was not looked at in the turn before either, or the time is over."""
    if today >= turn.end:
        return True
    return turn.before is not None and (last is None or last < midnight(turn.before, tz))


def live_plans(session: Session, viewer: Viewer) -> Sequence[Plan]:
    """Those of the viewer's units and below, the newest first; ended ones last."""
    return session.scalars(
        select(Plan)
        .where(in_area(Plan.area_id.expression, viewer))
        .order_by(Plan.ended_at.is_not(None), Plan.id.desc())
        .limit(MOST_DUE)
    ).all()


def checks(session: Session, viewer: Viewer, *, page: int, failed: bool = False) -> Sequence[Check]:
    """The latest first; one more than a page where there is a next one."""
    query = select(Check).where(in_area(Check.unit_id.expression, viewer))
    if failed:
        query = query.where(Check.failed > 0)
    return session.scalars(
        query.order_by(Check.done_at.desc(), Check.id.desc()).limit(PAGE + 1).offset(_skip(page))
    ).all()


def logs(session: Session, viewer: Viewer, *, page: int, duty: str = "") -> Sequence[DutyLog]:
    """The latest first; one more than a page where there is a next one."""
    query = select(DutyLog).where(in_area(DutyLog.unit_id.expression, viewer))
    if duty:
        query = query.where(DutyLog.duty == duty)
    newest = query.order_by(DutyLog.happened_at.desc(), DutyLog.id.desc())
    return session.scalars(newest.limit(PAGE + 1).offset(_skip(page))).all()


def see_check(session: Session, check_id: int, *, viewer: Viewer) -> Check:
    """Raises NotFound for one that does not exist or lies outside the viewer's units."""
    check = session.get(Check, check_id)
    if check is None or not viewer.may("inspection.read", check.unit_id):
        raise NotFound("check.unknown", "There is no such check.")
    return check


def findings_of(session: Session, check_id: int) -> Sequence[Finding]:
    return session.scalars(select(Finding).where(Finding.check_id == check_id).order_by(Finding.id)).all()


def seen_cases(session: Session, viewer: Viewer, case_ids: Iterable[int | None]) -> Mapping[int, Case]:
    """Those of the cases that the viewer may see, by id. One statement, none for no case."""
    ids = sorted({each for each in case_ids if each is not None})
    if not ids:
        return {}
    found = session.scalars(select(Case).where(Case.id.in_(ids), tasks.visible_cases(viewer, one=ids)))
    return {case.id: case for case in found}


def in_area(column: ColumnElement[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a unit lies where the viewer may read registers, each as one range; the whole tree asks nothing."""
    units = viewer.units(ACTS["inspection.read"])
    if any("." not in unit for unit in units):
        return true()
    _first, end = subtree_bounds("")
    return or_(false(), *(and_(column >= unit, column < unit + end) for unit in units))


def _plans_about(session: Session, units: Collection[str], today: date) -> Sequence[Plan]:
    above = sorted({each for unit in units for each in ancestors(unit)})
    runs = or_(Plan.ends_on.is_(None), Plan.ends_on >= today, Plan.kind == PlanKind.SWEEP.value)
    return session.scalars(
        select(Plan)
        .where(Plan.ended_at.is_(None), Plan.starts_on <= today, runs)
        .where(or_(Plan.area_id.in_(above), within(Plan.area_id.expression, units)))
        .order_by(Plan.id)
        .limit(MOST_PLANS)
    ).all()


def done_in(checklist: str, turn: Turn, tz: Any, unit_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a unit was looked at in the turn."""
    return exists().where(
        Check.unit_id == unit_id,
        Check.checklist == checklist,
        Check.done_at >= midnight(turn.start, tz),
        Check.done_at < midnight(turn.end, tz),
    )


def _places(units: Collection[str]) -> CTE:
    """The units themselves and those right below, found by two indexes and read once."""
    own, below = (
        select(Unit.id, Unit.tier).where(column.in_(units), Unit.valid_to.is_(None))
        for column in (Unit.id, Unit.parent_id)
    )
    return union(own, below).cte("mine")


def _last(plan: Plan, mine: CTE) -> ColumnElement[Any]:
    """When a place was last looked at with the plan's list."""
    looked = Check.unit_id == mine.c.id, Check.checklist == plan.checklist
    return select(func.max(Check.done_at)).where(*looked).correlate(mine).scalar_subquery()


def _again(mine: CTE, today: date) -> Any:
    return (
        select(
            literal(-1),
            Finding.id,
            Finding.unit_id,
            Case.closed_at,
            Finding.recheck_on,
            Finding.name_zh,
            Finding.name_en,
        )
        .outerjoin(Case, Case.id == Finding.case_id)
        .where(Finding.settled_at.is_(None), Finding.unit_id.in_(select(mine.c.id)), Finding.recheck_on <= today)
        .order_by(Finding.recheck_on, Finding.id)
        .limit(MOST_DUE)
    )


def contacts_in(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    duties = DutyLog.duty.in_(sorted(each.value for each in CONTACTS))
    return DutyLog.happened_at >= start, DutyLog.happened_at < end, duties


def _skip(page: int) -> int:
    return PAGE * (max(page, 1) - 1)

"""What asks something of one person now: units to look at, findings to look at again, contacts owed this week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    CompoundSelect,
    Date,
    Integer,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.inspections.model import Check, DutyLog, Every, Finding, Plan, PlanKind
from engine.inspections.rows import BEYOND, contacts_in
from engine.inspections.turns import Turn, midnight, turn_of, week_of
from engine.people import ACTS, Viewer
from engine.process import World
from engine.store import Instant
from engine.territory import Unit, ancestors, is_office

MOST_DUE = 100
"""So many units one plan shows to whoever has to look at them."""
MOST_PLANS = 20
"""So many plans are asked about: those that end first, then the newest."""


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
    more: bool = False
    """Whether further plans may ask something, beyond as many as are asked about."""

    @property
    def total(self) -> int:
        return len(self.due) + len(self.again) + (self.owed or 0)


def waiting(session: Session, world: World, *, viewer: Viewer, now: datetime) -> Waiting:
    """What is asked of those who stand at a unit or right above it. At most two statements, whatever the data."""
    units, owes = rounds_of(viewer), owes_contacts(world, viewer)
    if not units:
        return Waiting((), (), None)
    tz = world.calendar.tz
    today = now.astimezone(tz).date()
    above = sorted({each for unit in units for each in ancestors(unit)})
    live = session.scalars(_PLANS, {"units": units, "above": above, "today": today}).all()
    plans = {plan.id: (plan, turn_on(plan, today)) for plan in live[:MOST_PLANS]}
    monday, next_monday = (midnight(day, tz) for day in week_of(today))
    given: dict[str, Any] = {"units": units, "today": today}
    for number, (plan, turn) in enumerate(plans.values()):
        given |= {
            f"plan{number}": plan.id,
            f"tier{number}": plan.tier,
            f"first{number}": plan.area_id,
            f"beyond{number}": plan.area_id + BEYOND,
            f"checklist{number}": plan.checklist,
            f"start{number}": midnight(turn.start, tz),
            f"end{number}": midnight(turn.end, tz),
        }
    if owes:
        given |= {"me": viewer.person_id, "monday": monday, "next_monday": next_monday}
    rows = session.execute(_question(len(plans), owes), given).all()
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
    return Waiting(due, again, owed, len(live) > MOST_PLANS)


def rounds_of(viewer: Viewer) -> list[str]:
    """The places that the viewer looks after: an office has none."""
    return [unit for unit in viewer.units(ACTS["inspection.do"]) if not is_office(unit)]


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


_BELOW = select(Unit.id).where(Unit.parent_id.in_(bindparam("units", expanding=True)))
_PLANS = (
    select(Plan)
    .where(Plan.ended_at.is_(None), Plan.starts_on <= bindparam("today"))
    .where(
        or_(
            Plan.ends_on.is_(None),
            Plan.ends_on >= bindparam("today"),
            Plan.kind == literal_column(f"'{PlanKind.SWEEP.value}'"),
        )
    )
    .where(or_(Plan.area_id.in_(bindparam("above", expanding=True)), Plan.area_id.in_(_BELOW)))
    .order_by(Plan.ends_on.is_(None), Plan.ends_on, Plan.id.desc())
    .limit(MOST_PLANS + 1)
)
"""The plans that may ask something of the units or of those right below."""


@lru_cache(maxsize=2 * MOST_PLANS)
def _question(plans: int, owes: bool) -> CompoundSelect[Any]:
    """The one statement for so many plans: who goes home with a full list asks it often, so it is put together once.

    Rows are (plan, 0, unit, last looked at, …), (-1, finding, unit, case closed at, day, names) and (-2, contacts, …).
    """
    units: BindParameter[Any] = bindparam("units", expanding=True)
    own, below = (
        select(Unit.id, Unit.tier).where(column.in_(units), Unit.valid_to.is_(None))
        for column in (Unit.id, Unit.parent_id)
    )
    mine = union(own, below).cte("mine")
    asks: list[Any] = [_missing(mine, number) for number in range(plans)]
    asks.append(
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
        .where(Finding.settled_at.is_(None), Finding.unit_id.in_(select(mine.c.id)))
        .where(Finding.recheck_on <= bindparam("today"))
        .order_by(Finding.recheck_on, Finding.id)
        .limit(MOST_DUE)
    )
    if owes:
        made = contacts_in(bindparam("monday", type_=Instant), bindparam("next_monday", type_=Instant))
        count = select(literal(-2), func.count(), literal(""), *_NOTHING)
        asks.append(count.where(*made, DutyLog.by_id == bindparam("me")))
    return union_all(*(select(each.subquery()) for each in asks))


_NOTHING = (literal(None, Instant), literal(None, Date), literal(""), literal(""))


def _missing(mine: CTE, number: int) -> Any:
    """The units that one plan asks for and that were not looked at in its turn."""
    checklist: BindParameter[Any] = bindparam(f"checklist{number}")
    start, end = (bindparam(f"{name}{number}", type_=Instant) for name in ("start", "end"))
    looked = Check.unit_id == mine.c.id, Check.checklist == checklist
    last = select(func.max(Check.done_at)).where(*looked).correlate(mine).scalar_subquery()
    return (
        select(bindparam(f"plan{number}", type_=Integer), literal(0), mine.c.id, last, *_NOTHING[1:])
        .where(mine.c.tier == bindparam(f"tier{number}"))
        .where(mine.c.id >= bindparam(f"first{number}"), mine.c.id < bindparam(f"beyond{number}"))
        .where(~exists().where(*looked, Check.done_at >= start, Check.done_at < end))
        .order_by(mine.c.id)
        .limit(MOST_DUE)
    )

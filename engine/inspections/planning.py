"""Making a plan and ending it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from engine.errors import REQUIRED, Invalid, NotFound, too_long
from engine.inspections.catalogue import catalogue
from engine.inspections.model import Every, Plan, PlanKind
from engine.people import Viewer
from engine.process import World
from engine.territory import get_unit, is_office

LONGEST = timedelta(days=366)
"""Of a sweep."""
LONGEST_NAME = 80
MOST_TURNS = 24


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as somebody writes it. `every` None makes it a sweep, which has a last day."""

    name: str
    checklist: str
    area_id: str
    tier: str
    starts_on: date | None
    ends_on: date | None = None
    every: Every | None = None
    turns: int = 1


def make_plan(session: Session, world: World, draft: Draft, *, viewer: Viewer, now: datetime) -> Plan:
    """Raises NotFound for an area that is no place of the viewer's to plan for, Invalid naming every field at once."""
    _must_plan(viewer, draft.area_id)
    area = get_unit(session, draft.area_id)
    fields = _faults(world, draft, area.tier)
    if fields:
        raise Invalid("plan.invalid", f"The plan cannot be made: see {', '.join(sorted(fields))}.", fields=fields)
    assert draft.starts_on is not None
    plan = Plan(
        kind=(PlanKind.SWEEP if draft.every is None else PlanKind.CYCLE).value,
        name=draft.name.strip(),
        checklist=draft.checklist,
        area_id=area.id,
        tier=draft.tier,
        every=None if draft.every is None else draft.every.value,
        turns=draft.turns,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        made_by=viewer.person_id,
        made_at=now,
    )
    session.add(plan)
    session.flush()
    return plan


def end_plan(session: Session, plan_id: int, *, viewer: Viewer, now: datetime) -> Plan:
    """It asks for nothing from now on; what was found stays. Ending it again changes nothing."""
    plan = session.get(Plan, plan_id, with_for_update=True)
    if plan is None:
        raise _unknown()
    _must_plan(viewer, plan.area_id)
    if plan.ended_at is None:
        plan.ended_at, plan.ended_by = now, viewer.person_id
    return plan


def see_plan(session: Session, plan_id: int, *, viewer: Viewer) -> Plan:
    """Raises NotFound for one that does not exist or lies outside the viewer's units."""
    plan = session.get(Plan, plan_id)
    if plan is None or not viewer.may("inspection.read", plan.area_id):
        raise _unknown()
    return plan


def _must_plan(viewer: Viewer, area_id: str) -> None:
    if is_office(area_id) or not viewer.may("inspection.plan", area_id):
        raise _unknown()


def _unknown() -> NotFound:
    return NotFound("plan.unknown", "There is no such plan.")


def _faults(world: World, draft: Draft, area_tier: str) -> dict[str, Mapping[str, str]]:
    fields: dict[str, Mapping[str, str]] = {}
    tiers = world.tiers.names
    checklist = catalogue(world.config.inspections).checklists.get(draft.checklist)
    if not draft.name.strip():
        fields["name"] = REQUIRED
    elif len(draft.name.strip()) > LONGEST_NAME:
        fields["name"] = too_long(LONGEST_NAME)
    if checklist is None:
        fields["checklist"] = {"zh": "请选择检查单。", "en": "Choose a checklist."}
    if draft.tier not in tiers[: tiers.index(area_tier) + 1]:
        fields["tier"] = {"zh": "该区域下没有这一层级。", "en": "The area has no such tier below it."}
    elif checklist is not None and not checklist.is_for(draft.tier):
        fields["tier"] = {"zh": "这份检查单不适用于这一层级。", "en": "This checklist is not for places of that tier."}
    if draft.starts_on is None:
        fields["starts_on"] = REQUIRED
    elif draft.ends_on is not None and draft.ends_on < draft.starts_on:
        fields["ends_on"] = {"zh": "结束不能早于开始。", "en": "It cannot end before it begins."}
    elif draft.ends_on is not None and draft.every is None and draft.ends_on - draft.starts_on > LONGEST:
        fields["ends_on"] = {"zh": "最长一年。", "en": "At most a year."}
    if draft.every is None and draft.ends_on is None:
        fields["ends_on"] = {"zh": "集中排查须有结束日期。", "en": "A sweep has a last day."}
    if not 1 <= draft.turns <= MOST_TURNS:
        fields["turns"] = {"zh": f"请填 1 至 {MOST_TURNS}。", "en": f"A number from 1 to {MOST_TURNS}."}
    return fields

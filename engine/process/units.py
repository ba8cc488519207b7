"""Bringing in a changed tree of units: what a file would do, shown first, then done and logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.cases import ENDED, Case
from engine.people import Viewer, operator_log
from engine.process.world import World
from engine.territory import Unit, UnitChanges, UnitLine, compare, every_unit, read_units


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """What a file would change, and how many open matters the units hold that would close, by id."""

    changes: UnitChanges
    open_matters: Mapping[str, int]


def plan_units(session: Session, world: World, text: str, *, now: datetime) -> UnitPlan:
    """Changes nothing. Raises Invalid `units.invalid` with every fault by row and column."""
    units = {unit.id: unit for unit in every_unit(session)}
    changes = compare(read_units(text), units, world.tiers, today=now.astimezone(world.calendar.tz).date())
    closing = [line.id for line in (*changes.moved, *changes.closed)]
    held: dict[str, int] = {}
    if closing:
        held = dict(
            session.execute(
                select(Case.holder_id, func.count())
                .where(Case.holder_id.in_(closing), Case.state.not_in(sorted(ENDED)))
                .group_by(Case.holder_id)
            ).all()
        )
    return UnitPlan(changes, held)


def import_units(session: Session, world: World, text: str, *, viewer: Viewer | None, now: datetime) -> UnitPlan:
    """Does what `plan_units` shows. A closed unit keeps its open matters until they are done or have risen; nothing
    new is placed there. Call `world.forget_people` after the commit. `viewer` None is the command line."""
    if viewer is not None:
        viewer.must("system.operate")
    plan = plan_units(session, world, text, now=now)
    changes = plan.changes
    for line in sorted(changes.added, key=lambda each: each.id):
        session.add(_unit(line, world))
        operator_log.log(session, viewer, "unit.added", f"unit:{line.id}", now=now, facts={"name_zh": line.name_zh})
    session.flush()
    for line, zh, en in changes.renamed:
        unit = session.get_one(Unit, line.id)
        unit.name_zh, unit.name_en = line.name_zh, line.name_en
        facts = {"from": [zh, en], "to": [line.name_zh, line.name_en]}
        operator_log.log(session, viewer, "unit.renamed", f"unit:{line.id}", now=now, facts=facts)
    for act, lines in (
        ("unit.moved", changes.moved),
        ("unit.closed", changes.closed),
        ("unit.reopened", changes.reopened),
    ):
        for line in lines:
            unit = session.get_one(Unit, line.id)
            unit.valid_to, unit.merged_into = line.valid_to, line.merged_into
            into = {"valid_to": line.valid_to.isoformat() if line.valid_to else None, "into": line.merged_into}
            operator_log.log(session, viewer, act, f"unit:{line.id}", now=now, facts=into)
    session.flush()
    return plan


def _unit(line: UnitLine, world: World) -> Unit:
    code = line.id.rpartition(".")[2]
    return Unit(
        id=line.id,
        parent_id=line.id.rpartition(".")[0] or None,
        tier=world.tiers.tier_of(line.id),
        seq=int(code) if code.isdecimal() else 0,
        name_zh=line.name_zh,
        name_en=line.name_en,
        valid_from=line.valid_from,
        valid_to=line.valid_to,
        merged_into=line.merged_into,
    )

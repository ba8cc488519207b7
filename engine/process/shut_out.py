"""What whoever may not see a case any more still had to do in it goes to others at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine import tasks
from engine.cases import Case, Wall
from engine.people import accounts
from engine.process.push import record
from engine.process.world import World
from engine.territory import ancestors

Moved = tuple[int, str, str]
"""A task, the unit it was with and the one it is with now."""


def pass_on(
    session: Session, world: World, case: Case, wall: Wall, *, actor_id: int | None, now: datetime
) -> list[Moved]:
    """Takes the open tasks of a case from those the wall shuts out, and tells the units that have them now."""
    moved = take_from(session, world, case, wall, now=now)
    if moved:
        facts = {"moved": [list(each) for each in moved], "units": sorted({to for _, _, to in moved})}
        record(session, case, "case.passed_on", actor_id=actor_id, now=now, facts=facts)
    return moved


def take_from(session: Session, world: World, case: Case, wall: Wall, *, now: datetime) -> list[Moved]:
    """What they had claimed goes back to its unit, what they had been asked goes back to its owner; a task of a unit
    that is shut out, or in which nobody else may do it, goes to the next unit up."""
    waiting = tasks.open_of_case(session, case.id)
    holding = {person for task in waiting for person in (task.claimed_by, task.owner_id) if person is not None}
    belong = accounts.memberships_of(session, sorted(holding))
    gone = {person for person in holding if any(wall.shuts_out(each.unit_id) for each in belong.get(person, ()))}
    moved: list[Moved] = []
    for task in waiting:
        tasks.release_from(session, task, gone | wall.people, now=now)
        outside = next(unit for unit in ancestors(task.unit_id) if not wall.shuts_out(unit))
        unit = world.nearest_staffed(session, task.unit_id, task.role_names, wall) or outside
        if unit != task.unit_id:
            moved.append((task.id, task.unit_id, unit))
            task.unit_id = unit
            tasks.release_from(session, task, holding, now=now)
    session.flush()
    return moved

"""What happens if nobody acts: the chain of rises up to the top, each with its instant. Computed, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine import deadlines, escalation
from engine.cases import Case, Wall, wall_of
from engine.deadlines import Deadline, DeadlineState, Limits, WorkingCalendar
from engine.errors import Refusal
from engine.process.world import World
from engine.territory import Tiers


@dataclass(frozen=True, slots=True)
class Forecast:
    """At `at` the case rises to `to_unit_id`; at the top, where that is None, `supervision` is opened."""

    at: datetime
    to_unit_id: str | None
    to_tier: str | None
    step: str
    provisional: bool


def forecast(session: Session, world: World, case: Case) -> Forecast | None:
    """The next rise alone, for whoever has not read the case anyway."""
    clock = deadlines.of_visit(session, case.id, case.visit_seq, "handle")
    wall = wall_of(session, case)
    ahead = look_ahead(case, clock, wall, limits=None, tiers=world.tiers, calendar=world.calendar)
    return ahead[0] if ahead else None


def look_ahead(
    case: Case, clock: Deadline | None, wall: Wall, *, limits: Limits | None, tiers: Tiers, calendar: WorkingCalendar
) -> Sequence[Forecast]:
    """The rises that follow one another if nobody acts, soonest first; none while no tier clock runs.

    Each later one counts from the instant of the one before, as the tier clock will. Without `limits` only the first.
    """
    if case.ended or clock is None or clock.state != DeadlineState.ARMED:
        return ()
    found: list[Forecast] = []
    tier: str | None = case.tier
    at, provisional = clock.due_at, clock.provisional
    while tier is not None:
        above = escalation.tier_above(case.place_id, tier, tiers, wall)
        unit = None if above is None else tiers.unit_at(case.place_id, above)
        found.append(Forecast(at, unit, above, clock.step, provisional))
        if above is None or limits is None:
            break
        try:
            due = calendar.due(at, limits.length(clock.step, above), provisional=True)
        except Refusal:
            break
        at, provisional, tier = due.at, provisional or due.provisional, above
    return found

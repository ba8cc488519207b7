"""A case as it would have been filed under a draft."""

from __future__ import annotations

from engine import escalation, process, triage
from engine.deploy import LoadedRelease
from engine.process import World
from engine.rehearsal.held import Held
from engine.rehearsal.past import Past, Stay


def filed(world: World, release: LoadedRelease, past: Past, *, same_tables: bool) -> tuple[Held, bool]:
    """The case as it would have been filed, and whether a person would confirm the grading.

    Where the draft's tables are those of back then, the grading is the one of back then; else it is graded anew.
    """
    first = past.course.stays[0]
    facts = triage.complete_facts({key: value for key, value in past.facts.items() if key in triage.DEFAULTS})
    severity, size, urgent = past.severity, past.size, past.urgent
    if urgent is None or not same_tables:
        least = past.severity if same_tables or past.overridden else 0
        grade = triage.grade(release.package, facts, tiers=world.tiers, least_severity=least)
        urgent = grade.urgent
    tier, unit_id = first.tier, first.unit_id
    if not same_tables:
        severity, size = grade.severity, grade.size
        tier, unit_id = escalation.where_filed(past.place_id, grade.tier, world.tiers, past.wall)
    held = Held(
        past=past,
        world=world,
        release=release,
        now=past.filed_at,
        tier=tier,
        unit_id=unit_id,
        severity=severity,
        size=size,
        facts=facts,
        urgent=urgent,
        stays=[Stay(tier, unit_id, "filed", past.received_at)],
    )
    limits = release.limits.get(process.MAIN)
    if limits is not None and "case_outer" in limits.steps:
        length = limits.length("case_outer", past.kind)
        held.outer_length = str(length)
        held.outer_due_at = world.calendar.due(past.received_at, length, provisional=True).at
    return held, held.severity >= triage.CONFIRM_FROM and not past.overridden

"""The ways out of a task that a handler looks for by name: send it back, ask the tier above, wait, invite, refer.

They are answers of the task's own form; a page shows only those that can succeed now, and one tap leads into the form
with that answer chosen. The services that carry them out decide again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine import deadlines, escalation
from engine.errors import Conflict, Refusal
from engine.people import Viewer
from engine.process.requests import must_be_extendable
from engine.process.story import Story
from engine.process.world import World
from engine.tasks import Choice, Form, Task

WAYS = (
    ("sign_in", "action", "return"),
    ("handle", "outcome", "joint"),
    ("handle", "outcome", "up"),
    ("handle", "outcome", "wait"),
    ("handle", "outcome", "refer"),
)
"""Form, field and answer."""


@dataclass(frozen=True, slots=True)
class Way:
    key: str
    choice: Choice
    unit_id: str | None = None
    """Where the case goes, when it goes somewhere."""


def ways(story: Story, task: Task, form: Form | None, *, world: World, now: datetime) -> list[Way]:
    """In the order of `WAYS`; pure."""
    found = []
    for name, key, value in WAYS:
        field = form.fields.get(key) if form is not None and task.form == name else None
        choice = next((each for each in field.choices if each.value == value), None) if field else None
        if choice is None:
            continue
        try:
            found.append(Way(key, choice, _where(value, story, world, now)))
        except Refusal:
            continue
    return found


def may_ask_more_time(story: Story, *, viewer: Viewer, world: World, now: datetime) -> bool:
    """Whether a request for more time could succeed now, as far as the story tells; pure."""
    entered_at = story.visits[-1].entered_at
    asked_before = any(entry.act == "extension.asked" and entry.at >= entered_at for entry in story.entries)
    try:
        viewer.must("clock.ask_extension", story.case.holder_id)
        must_be_extendable(
            story.tier_clock,
            asked_before=asked_before,
            policy=world.config.policy,
            calendar=world.calendar,
            now=now,
        )
    except Refusal:
        return False
    return not story.case.ended


def _where(way: str, story: Story, world: World, now: datetime) -> str | None:
    """The unit the case would go to, if it goes anywhere. Raises the refusal that this way out would meet."""
    case, visits, policy = story.case, story.visits, world.config.policy
    match way:
        case "return":
            ends = [clock.due_at for clock in story.clocks if clock.step == "ack" and clock.visit_seq == case.visit_seq]
            escalation.must_be_returnable(
                visits,
                window_ends_at=ends[-1] if ends else None,
                most=policy.returns_between_units,
                wall=story.wall,
                now=now,
            )
            return visits[-1].from_unit_id
        case "up":
            above = escalation.tier_above(case.place_id, case.tier, world.tiers, story.wall)
            if above is None:
                raise Conflict("raise.at_the_top", "The case stands at the highest tier already.", case=case.id)
            return world.tiers.unit_at(case.place_id, above)
        case "wait":
            if story.tier_clock is None:
                raise Conflict("pause.no_clock", "No tier clock runs for this case, so there is nothing to stop.")
            deadlines.must_be_pausable(story.tier_clock, most=policy.pauses_per_visit, now=now)
            return None
        case _:
            return None

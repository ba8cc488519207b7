"""What a task means to its reader in one line: why it is theirs, and where each way out of it leads."""

from __future__ import annotations

from engine.people import Person, Viewer
from engine.process import Story, Way
from engine.tasks import Item
from engine.web.context import locale, viewer
from engine.web.language import _
from engine.web.language import later as N_
from engine.web.words import word


def why_mine(item: Item) -> str:
    """The nearest reason: who asked, who handed it over, for whom one stands in, or what brought it to the unit."""
    who, task = viewer(), item.task
    mine = task.claimed_by == who.person_id
    if task.owner_id is not None and mine:
        question = item.delegation.question if item.delegation else ""
        asker = _name(item.people.get(task.owner_id))
        asks = _("%(who)s asks you", who=asker)
        return _("%(asks)s: %(what)s", asks=asks, what=question) if question else asks
    if task.owner_id is not None:
        return _("delegated to %(who)s", who=_name(item.claimed_by))
    if mine and task.given_by is not None:
        answered = item.delegation is not None and item.delegation.ended_at == task.claimed_at
        giver = _name(item.people.get(task.given_by))
        if answered:
            return _("%(who)s has answered; it is yours to complete", who=giver)
        return _("%(who)s handed it to you", who=giver)
    instead = who.in_place_of(task.unit_id, task.role_names, task.claimed_by)
    if instead is not None and not mine:
        return _("for %(who)s, who is away", who=instead.name(locale()))
    return word(task.why, "why")


WAY_NAMES = {
    "return": N_("Send back"),
    "joint": N_("Invite others"),
    "up": N_("Ask the tier above"),
    "wait": N_("Wait for the petitioner"),
    "refer": N_("Refer elsewhere"),
}
WAY_EFFECTS = {
    "joint": N_("Each unit gets a task and answers; you conclude."),
    "wait": N_("The clock stands still until something arrives or the wait is over."),
    "refer": N_("To another lawful route or authority; then it is closed with an answer."),
}


def way_name(way: Way) -> str:
    known = WAY_NAMES.get(way.choice.value)
    return str(known) if known is not None else way.choice.label(locale())


def way_effect(way: Way, story: Story) -> str:
    """What happens when it is taken."""
    if way.unit_id is not None:
        unit = story.units.get(way.unit_id)
        name = unit.name(locale()) if unit is not None else way.unit_id
        if way.choice.value == "up":
            return _("%(unit)s decides whether it takes the case; its silence is a yes.", unit=name)
        return _("%(unit)s has it again, with a clock of its own.", unit=name)
    return str(WAY_EFFECTS.get(way.choice.value, ""))


def _name(person: Person | Viewer | None) -> str:
    return person.name(locale()) if person is not None else _("a colleague")

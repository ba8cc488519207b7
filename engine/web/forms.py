"""The form of a task, and what stands in it before anybody has written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from engine import process
from engine.cases import name_of
from engine.deploy import LoadedRelease
from engine.mediation import Booking, Mediator, Room
from engine.process import Instance, Run, Story
from engine.tasks import Draft, Field, Form, Task
from engine.web.context import locale, now, world
from engine.web.language import _
from engine.web.show import first_value, say, typed_local, unit_name
from engine.web.words import word

Booked = tuple[Booking, Room, Mediator | None]
MOST_NAMED = 20
CHOSEN_BY_ADDRESS = frozenset({"radio", "select"})


def form_of(session: Session, task: Task, runs: Iterable[Run] = ()) -> Form | None:
    """The form on the release the task's instance runs on; None for a task that only asks to be done."""
    return None if task.form is None else release_of(session, task, runs).form(task.process, task.form)


def release_of(session: Session, task: Task, runs: Iterable[Run] = ()) -> LoadedRelease:
    """The release the task's instance runs on. `runs` are those of the case, where they were read already."""
    release = next((run.release_id for run in runs if run.id == task.instance_id), None)
    if release is None:
        release = session.get_one(Instance, task.instance_id).release_id
    return world().releases.get(session, release)


def filled(
    form: Form, draft: Draft | None, chosen: Mapping[str, str], first_words: Mapping[str, str]
) -> dict[str, Any] | None:
    """What a draft holds, with what a link chose; without a draft, first words to go on from. None for nothing."""
    picked = {key: value for key, value in chosen.items() if _offers(form.fields.get(key), value)}
    if draft is None and not picked and not first_words:
        return None
    first = draft.answers if draft else {**{k: first_value(field) for k, field in form.fields.items()}, **first_words}
    return {**{key: value for key, value in first.items() if value is not None}, **picked}


def first_words(form: Form, task: Task, story: Story, booked: Sequence[Booked] = ()) -> Mapping[str, str]:
    """What nobody should have to type: the question to those invited, and what they answered in the conclusion."""
    if task.form == "invite_joint":
        asked = _("Please give your opinion on this matter (%(what)s) and say what you can do.", what=_about(story))
        return {"question": asked} if "question" in form.fields else {}
    if task.form == "mediation_session":
        return {key: text for key, text in _session(task, story, booked).items() if key in form.fields}
    if task.form == "joint_conclusion" and story.joint is not None:
        names = {unit.id: unit_name(unit) for unit in story.units.values()}
        forms = [each for done, each in story.answered if done.form == "co_opinion" and "position" in each.fields]
        positions = {choice.value: say(choice.label) for each in forms for choice in each.fields["position"].choices}
        written = process.conclusion_from(story.joint, names, positions)
        return {key: text for key, text in written.items() if key in form.fields}
    if task.form == "resolve":
        handled = next((done.answers or {} for done, _form in story.answered if done.form == "handle"), {})
        if handled.get("outcome") == "refer":
            told = {"result_code": "guided", "reply_text": str(handled.get("refer_note") or "")}
            return {key: text for key, text in told.items() if key in form.fields}
    return {}


def _session(task: Task, story: Story, booked: Sequence[Booked]) -> Mapping[str, str]:
    """Of the session the task is about: the last of its bookings that has begun, else the next. Earlier tasks have told
    of what was over before this one was opened. Names as everybody sees them: what is written here is read by all."""
    rows = [row for row in booked if row[0].ends_at > task.opened_at] or booked
    begun = [row for row in rows if row[0].starts_at <= now()]
    there = [name_of(party, shown=False) for party in story.parties[:MOST_NAMED]]
    known: dict[str, str] = {}
    if rows:
        booking, room, mediator = begun[-1] if begun else rows[0]
        there += [mediator.name(locale())] if mediator else []
        known |= {"held_at": typed_local(booking.starts_at), "place": room.name(locale())}
        ahead = next((row[0].starts_at for row in rows if row[0].starts_at > booking.starts_at), None)
        known |= {"next_at": typed_local(ahead)} if ahead else {}
    return {**known, "attendees": _("; ").join(there)} if there else known


def _about(story: Story) -> str:
    return word(story.case.category, "category")


def _offers(field: Field | None, value: str) -> bool:
    return field is not None and field.type in CHOSEN_BY_ADDRESS and value in {choice.value for choice in field.choices}

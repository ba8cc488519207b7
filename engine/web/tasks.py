"""A task: its form with the case beside it; claim, give back, hand over, complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import letters, mediation, process, tasks
from engine.errors import Conflict, Invalid, Refusal, Unavailable
from engine.process import Story
from engine.tasks import Choice, Form, Task, TaskState
from engine.territory import units_by_id
from engine.web import attached, offline
from engine.web.context import acting, looking, now, today, viewer, world
from engine.web.delegations import person_in
from engine.web.drafts import TYPED_BESIDE
from engine.web.facts import why_disputed
from engine.web.forms import filled, first_words, form_of, release_of
from engine.web.language import _
from engine.web.letters.blueprint import letter_words
from engine.web.policy import policy
from engine.web.refusals import words_of
from engine.web.sent import sent
from engine.web.show import task_name
from engine.web.show_case import told

pages = Blueprint("tasks", __name__)

HELD_IN_ROOMS = frozenset({"mediation_rights", "mediation_session", "mediation_continue"})
"""Forms about sessions, beside which those that are booked stand."""
MOVED_ON = frozenset({"task.done", "task.gone", "task.claimed", "task.delegated"})
"""Refusals after which the page has no form any more: what was typed is kept as a draft."""


@pages.get("/tasks/<int:task_id>")
@policy("case.read")
def show(task_id: int) -> str:
    """`?outcome=up` and the like choose an answer of the form beforehand."""
    return _page(task_id)


@pages.post("/tasks/<int:task_id>/completion")
@policy("case.read")
@attached.takes_files
def complete(task_id: int) -> Response | tuple[str, int]:
    who = viewer()
    with looking() as session:
        task, case = tasks.see_task(session, who, task_id)
        form = form_of(session, task)
    typed = sent(form, request.form, beside=TYPED_BESIDE) if form else {}
    raw, refused = attached.with_files(form, task, typed) if form else ({}, {})
    if refused:
        _kept(task_id, raw, "document.refused")
        return _page(task_id, raw=raw, wrong=refused), 422
    with looking() as session:
        choices = tasks.choices_for(session, form, task, case, world().tiers, on=today()) if form else {}
    try:
        answers = form.check(raw, choices=choices, zone=world().calendar.tz) if form else {}
        with acting() as session:
            done = process.complete_task(session, world(), task_id, answers, viewer=who, now=now())
            tasks.drop_draft(session, who.person_id, tasks.about_task(task_id))
    except Invalid as refusal:
        fields = refusal.facts.get("fields")
        if not fields or set(fields) - set(raw) - set(form.fields if form else ()):
            raise
        _kept(task_id, raw, refusal.code)
        return _page(task_id, raw=raw, wrong=fields), 422
    except Unavailable as refusal:
        return _page(task_id, raw=raw, refused=refusal), 503
    except Conflict as refusal:
        if refusal.code == "task.done" and refusal.facts.get("by") == who.person_id and _came_twice(task_id, answers):
            flash(_("You had completed this already."))
            return redirect(url_for("cases.show", case_id=task.case_id))
        kept = _kept(task_id, raw, refusal.code)
        if offline.is_sent_later():
            raise
        return _page(task_id, raw=kept, refused=refusal), 409
    flash(_("Done: %(task)s, %(number)s.", task=task_name(task), number=done.case_number))
    with looking() as session:
        mine = _first_offered(session, done.opened)
    if mine is not None:
        return redirect(url_for("tasks.show", task_id=mine))
    return redirect(url_for("cases.show", case_id=done.case_id))


@pages.post("/tasks/<int:task_id>/claim")
@policy("case.read")
def claim(task_id: int) -> Response:
    with acting() as session:
        tasks.see_task(session, viewer(), task_id)
        tasks.claim(session, task_id, viewer=viewer(), now=now())
    return redirect(url_for("tasks.show", task_id=task_id))


@pages.post("/tasks/<int:task_id>/return")
@policy("case.read")
def give_back(task_id: int) -> Response:
    with acting() as session:
        tasks.see_task(session, viewer(), task_id)
        tasks.give_back(session, task_id, viewer=viewer(), now=now())
    flash(_("Given back to the unit."))
    return redirect(url_for("worklist.show"))


@pages.post("/tasks/<int:task_id>/handover")
@policy("case.read")
def hand_over(task_id: int) -> Response:
    to = person_in("to")
    with acting() as session:
        tasks.see_task(session, viewer(), task_id)
        tasks.hand_over(session, task_id, to_person_id=to, viewer=viewer(), now=now())
    flash(_("Handed over."))
    return redirect(url_for("worklist.show"))


def _came_twice(task_id: int, answers: Mapping[str, Any]) -> bool:
    """Whether the task was completed with these very answers, not with others from another device."""
    with looking() as session:
        return session.get_one(Task, task_id, populate_existing=True).answers == answers


def _kept(task_id: int, raw: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    """What was typed, kept for its author where the page has no form for it any more, or nobody looks at the page."""
    if raw and (code in MOVED_ON or offline.is_sent_later()):
        offline.keeps_words()
        with acting() as session:
            who = viewer().person_id
            tasks.save_draft(session, who, tasks.about_task(task_id), raw, seen=None, now=now(), task_id=task_id)
    return raw


def _page(
    task_id: int,
    *,
    raw: Mapping[str, Any] | None = None,
    wrong: Mapping[str, Mapping[str, str]] | None = None,
    refused: Refusal | None = None,
) -> str:
    who = viewer()
    with looking() as session:
        found = tasks.at_hand(session, who, task_id)
        task, case = found.task, found.case
        is_open = task.state == TaskState.OPEN
        story = told(session, case)
        staff = tasks.staff_of(session, {*process.units_of_story(story), *tasks.may_be_asked(task, case)})
        can = tasks.standing(session, task, case, who, staff=staff, wall=story.wall)
        form = form_of(session, task, story.runs)
        sent = letters.of_case(session, case.id)
        delivers = letters.delivers(release_of(session, task, story.runs), task)
        booked = mediation.sessions_of(session, case.id) if is_open and task.form in HELD_IN_ROOMS else None
        if raw is None and form is not None:
            numbered = letter_words(form, sent, delivers)
            raw = filled(form, found.draft, request.args, {**first_words(form, task, story, booked or ()), **numbered})
            raw = None if raw is None else {**numbered, **raw}
        dispute = process.arbitration_of(session, task)
        known = process.precedents(session, dispute) if dispute and task.form == "arbitration" and is_open else ()
        return render_template(
            "tasks/task.html",
            task=task,
            form=form,
            choices=_choices(session, form, task, story) if form and is_open else {},
            raw=raw,
            wrong=wrong or {},
            refused=words_of(503 if isinstance(refused, Unavailable) else 409, refused) if refused else None,
            draft=found.draft,
            delegation=found.delegation,
            can=can,
            ways=process.ways(story, task, form, world=world(), now=now()) if can.may_complete else (),
            may_ask_more_time=can.may_complete
            and process.may_ask_more_time(story, viewer=who, world=world(), now=now()),
            instruction=process.instruction_of(session, task),
            dispute=dispute,
            why_disputed=why_disputed,
            precedents=known,
            leads=units_by_id(session, {each.decided.lead_unit_id or "" for each in known}) if known else {},
            case_letters=sent,
            delivers=delivers,
            mentionable=process.mentionable_in(session, story, who, staff),
            instead_of=who.in_place_of(task.unit_id, task.role_names, task.claimed_by) if can.may_complete else None,
            story=story,
            case=case,
            booked=booked,
        )


def _choices(session: Session, form: Form, task: Task, story: Story) -> Mapping[str, Sequence[Choice]]:
    """From what the page has read of the case anyway."""
    papers, parties, wall, on = story.documents, story.parties, story.wall, today()
    return tasks.choices_for(
        session, form, task, story.case, world().tiers, papers=papers, parties=parties, wall=wall, on=on
    )


def _first_offered(session: Session, opened: tuple[int, ...]) -> int | None:
    """The first of the tasks that opened which this person could go on with at once."""
    who = viewer()
    for task_id in opened:
        task = session.get(Task, task_id)
        if task is None or task.state != TaskState.OPEN:
            continue
        free = task.claimed_by is None and who.is_offered(task.unit_id, task.role_names)
        if free or task.claimed_by == who.person_id:
            return task_id
    return None

"""A task: its form with the case beside it; claim, give back, hand over, complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, tasks
from engine.errors import Conflict, Invalid, Refusal, Unavailable
from engine.people import members
from engine.process import Instance
from engine.tasks import Form, Task, TaskState
from engine.web.context import acting, looking, now, viewer, world
from engine.web.language import _
from engine.web.policy import policy
from engine.web.sent import sent
from engine.web.show import task_name

pages = Blueprint("tasks", __name__)


@pages.get("/tasks/<int:task_id>")
@policy("case.read")
def show(task_id: int) -> str:
    return _page(task_id)


@pages.post("/tasks/<int:task_id>/completion")
@policy("case.read")
def complete(task_id: int) -> Response | tuple[str, int]:
    who = viewer()
    with looking() as session:
        task, case = tasks.see_task(session, who, task_id)
        form = form_of(session, task)
        choices = tasks.choices_for(session, form, task, case, world().tiers) if form else {}
    raw = sent(form, request.form) if form else {}
    try:
        answers = form.check(raw, choices=choices, zone=world().calendar.tz) if form else {}
        with acting() as session:
            done = process.complete_task(session, world(), task_id, answers, viewer=who, now=now())
    except Invalid as refusal:
        fields = refusal.facts.get("fields")
        if not fields or set(fields) - set(raw) - set(form.fields if form else ()):
            raise
        return _page(task_id, raw=raw, wrong=fields), 422
    except Unavailable as refusal:
        return _page(task_id, raw=raw, refused=refusal), 503
    except Conflict as refusal:
        if refusal.code == "task.done" and refusal.facts.get("by") == who.person_id:
            flash(_("You had completed this already."))
            return redirect(url_for("cases.show", case_id=task.case_id))
        raise
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
    to = request.form.get("to", "")
    if not (to.isascii() and to.isdigit() and len(to) < 10):
        raise Invalid("handover.nobody", "Choose a colleague.")
    with acting() as session:
        tasks.see_task(session, viewer(), task_id)
        tasks.hand_over(session, task_id, to_person_id=int(to), viewer=viewer(), now=now())
    flash(_("Handed over."))
    return redirect(url_for("worklist.show"))


def form_of(session: Session, task: Task) -> Form | None:
    """The form on the release the task's instance runs on; None for a task that only asks to be done."""
    if task.form is None:
        return None
    instance = session.get_one(Instance, task.instance_id)
    return world().releases.get(session, instance.release_id).form(task.process, task.form)


def _page(
    task_id: int,
    *,
    raw: Mapping[str, Any] | None = None,
    wrong: Mapping[str, Mapping[str, str]] | None = None,
    refused: Refusal | None = None,
) -> str:
    who = viewer()
    with looking() as session:
        task, case = tasks.see_task(session, who, task_id)
        form = form_of(session, task) if task.state == TaskState.OPEN else None
        story = process.tell(session, world(), case, viewer=who, now=now())
        return render_template(
            "tasks/task.html",
            task=task,
            form=form,
            choices=tasks.choices_for(session, form, task, case, world().tiers) if form else {},
            raw=raw,
            wrong=wrong or {},
            refused=refused,
            story=story,
            case=case,
            **standing(session, task),
        )


def standing(session: Session, task: Task) -> dict[str, Any]:
    """What this person may do with the task now."""
    who = viewer()
    offered = who.holds(task.unit_id, task.role_names) or task.claimed_by == who.person_id
    is_open = task.state == TaskState.OPEN
    mine = task.claimed_by == who.person_id
    may_give = is_open and (offered or who.may("task.hand_over", task.unit_id))
    colleagues = (
        [p for p in members(session, task.unit_id, task.role_names) if p.id != task.claimed_by] if may_give else []
    )
    return {
        "may_complete": is_open and offered and (task.claimed_by is None or mine),
        "may_claim": is_open and offered and task.claimed_by is None,
        "may_give_back": is_open and mine,
        "colleagues": [p for p in colleagues if p.id != who.person_id],
    }


def _first_offered(session: Session, opened: tuple[int, ...]) -> int | None:
    """The first of the tasks that opened which this person could go on with at once."""
    who = viewer()
    for task_id in opened:
        task = session.get(Task, task_id)
        if (
            task
            and task.state == TaskState.OPEN
            and task.claimed_by is None
            and who.holds(task.unit_id, task.role_names)
        ):
            return task_id
    return None

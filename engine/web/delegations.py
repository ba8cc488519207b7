"""Delegation: somebody else answers a task and hands it back; its owner completes it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import tasks
from engine.errors import Invalid
from engine.web import attached
from engine.web.context import acting, looking, now, viewer
from engine.web.drafts import TYPED_BESIDE
from engine.web.forms import form_of
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.sent import sent

pages = Blueprint("delegations", __name__)


@pages.post("/tasks/<int:task_id>/delegation")
@policy("case.read")
def delegate(task_id: int) -> Response:
    to = person_in("to")
    question = request.form.get("question", "").strip()

    def do(session: Session) -> Done:
        tasks.see_task(session, viewer(), task_id)
        tasks.delegate(session, task_id, to_person_id=to, question=question, viewer=viewer(), now=now())
        return Done(url_for("worklist.show", tab="waiting"), _("Delegated. When it is answered it comes back to you."))

    return once(do)


@pages.post("/tasks/<int:task_id>/delegation/answer")
@policy("case.read")
@attached.takes_files
def answer(task_id: int) -> Response:
    """Mistakes in the form are the owner's to see to: only who completes it must have it whole."""
    who = viewer()
    with looking() as session:
        task, _case = tasks.see_task(session, who, task_id)
        form = form_of(session, task)
    raw = form.known(sent(form, request.form, beside=TYPED_BESIDE)) if form else {}
    if form is not None:
        raw, _left_out = attached.with_files(form, task, dict(raw))
    note = request.form.get("delegate_note", "")

    def do(session: Session) -> Done:
        tasks.answer_delegated(session, task_id, raw, note=note, viewer=who, now=now())
        tasks.drop_draft(session, who.person_id, tasks.about_task(task_id))
        return Done(url_for("worklist.show"), _("Answered. The task is back with its owner."))

    return once(do)


@pages.post("/tasks/<int:task_id>/delegation/end")
@policy("case.read")
def take_back(task_id: int) -> Response:
    with acting() as session:
        tasks.see_task(session, viewer(), task_id)
        tasks.take_back(session, task_id, viewer=viewer(), now=now())
    flash(_("It is back with you."))
    return redirect(url_for("tasks.show", task_id=task_id))


def person_in(name: str) -> int:
    """The person chosen in a field. Raises Invalid when nobody is."""
    person_id = number(request.form.get(name))
    if person_id is None:
        raise Invalid("handover.nobody", "Choose a colleague.")
    return person_id

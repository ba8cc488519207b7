"""Drafts: what is typed into a form is kept on the server, by a script while typing or by a button without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import tasks
from engine.errors import Refusal
from engine.tasks import FILING, Form, Saved, Task, TaskState
from engine.territory import get_unit
from engine.web import attached
from engine.web.context import acting, looking, now, viewer
from engine.web.forms import form_of
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import BESIDE
from engine.web.policy import policy
from engine.web.refusals import sentence_of
from engine.web.sent import sent
from engine.web.show import moment, unit_name
from engine.web.status import status_of

pages = Blueprint("drafts", __name__)

TYPED_BESIDE = BESIDE | {"draft_seen", "delegate_note"}
"""What a task's page sends beside the answers of its form."""
FILING_BESIDE = BESIDE | {"draft_seen", "step", "kept", "files"}


@pages.post("/tasks/<int:task_id>/draft")
@policy("case.read")
@attached.takes_files
def keep(task_id: int) -> BaseResponse:
    """Also when the case has moved on meanwhile: the note is kept, and its author is told so."""
    who = viewer()
    with looking() as session:
        task, case = tasks.see_task(session, who, task_id)
        form = form_of(session, task)
        holder = case.holder_id
    here = url_for("tasks.show", task_id=task_id)
    if form is None:
        return redirect(here)
    try:
        typed = form.known(sent(form, request.form, beside=TYPED_BESIDE))
        raw, _left_out = attached.with_files(form, task, dict(typed))
        with acting() as session:
            about = tasks.about_task(task_id)
            kept = tasks.save_draft(session, who.person_id, about, raw, seen=_seen(), now=now(), task_id=task_id)
            at_hand = session.get_one(Task, task_id, populate_existing=True)
            gone = at_hand.state != TaskState.OPEN
            if gone and at_hand.completed_by == who.person_id and _was_sent(form, raw, at_hand.answers or {}):
                tasks.drop_draft(session, who.person_id, about)
            where = unit_name(get_unit(session, holder)) if gone else ""
            return _told(kept, here, moved_to=where)
    except Refusal as refusal:
        return _refused(refusal)


def _was_sent(form: Form, typed: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Whether a draft that comes after its form says no more than the form did: the form was faster."""
    words = [key for key in typed if form.fields[key].type in ("textfield", "textarea")]
    return all(str(answers.get(key, "")).startswith(str(typed[key]).strip()) for key in words)


@pages.post("/tasks/<int:task_id>/draft/removal")
@policy("case.read")
def drop(task_id: int) -> BaseResponse:
    with acting() as session:
        task, _case = tasks.see_task(session, viewer(), task_id)
        is_open = task.state == TaskState.OPEN
        tasks.drop_draft(session, viewer().person_id, tasks.about_task(task_id))
    flash(_("The draft is gone."))
    return redirect(url_for("tasks.show", task_id=task_id) if is_open else url_for("worklist.show"))


@pages.post("/cases/new/draft")
@policy("case.file")
def keep_filing() -> BaseResponse:
    here = url_for("filing.show", place=request.form.get("place_id", ""), here=1)
    try:
        with acting() as session:
            return _told(save_filing(session, seen=_seen()), here)
    except Refusal as refusal:
        return _refused(refusal)


def save_filing(session: Session, *, seen: int | None) -> Saved:
    """What was sent of a filing, as it was typed."""
    written = {
        key: values if len(values) > 1 else values[0]
        for key, values in request.form.to_dict(flat=False).items()
        if key not in FILING_BESIDE
    }
    return tasks.save_draft(session, viewer().person_id, FILING, written, seen=seen, now=now())


@pages.post("/cases/new/draft/removal")
@policy("case.file")
def drop_filing() -> BaseResponse:
    with acting() as session:
        tasks.drop_draft(session, viewer().person_id, FILING)
    flash(_("The draft is gone."))
    return redirect(url_for("worklist.show"))


def _told(kept: Saved, here: str, *, moved_to: str = "") -> BaseResponse:
    """To a script in JSON; to everybody else by the page they came from."""
    warns = True
    if moved_to:
        said = _("The case has moved on to %(unit)s. What you wrote is kept.", unit=moved_to)
    elif kept.put_aside_at is not None:
        when = moment(kept.put_aside_at)
        said = _("Kept. On another page you wrote something else, %(when)s; that is kept too.", when=when)
    else:
        said, warns = _("Draft kept, %(when)s.", when=moment(kept.draft.saved_at)), False
    if not _by_script():
        flash(said)
        return redirect(here)
    return jsonify(revision=kept.draft.revision, said=said, look=here if warns else None, label=_("Look at it"))


def _refused(refusal: Refusal) -> BaseResponse:
    if not _by_script():
        raise refusal
    answer: Response = jsonify(said=sentence_of(refusal), look=None)
    answer.status_code = status_of(refusal)
    return answer


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _seen() -> int | None:
    return number(request.form.get("draft_seen"))

"""What waits for a decision: one tap and a reason each, several in a row. The tasks are those of the work list."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, tasks
from engine.errors import Conflict, Invalid, NotAllowed, Refusal, Unavailable
from engine.web import facts
from engine.web.context import looking, now, viewer, world
from engine.web.forms import form_of
from engine.web.language import _
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of
from engine.web.show import task_name

pages = Blueprint("decisions", __name__)

CHOICE, REASON, WORDS = "choice", "reason", "words"
AGREED = N_("Agreed as asked")
"""What stands as the reason when the first answer, which grants what was asked, is tapped without one."""
SHORT_REASONS = (
    N_("The facts are clear and the papers complete"),
    N_("It is beyond the power of the unit below"),
    N_("Several units or the law are needed here"),
    N_("It can be settled in the time that is left"),
    N_("It belongs to the unit that has it"),
    N_("Too little has been done so far"),
    N_("The facts or the papers are not complete"),
)
"""Reasons offered for a tap; whoever has another writes it."""


@pages.get("/decisions")
@policy("case.read")
def show() -> str:
    return _page()


@pages.post("/decisions/<int:task_id>")
@policy("case.read")
def decide(task_id: int) -> Response | tuple[str, int]:
    """One answer. What cannot be done is said at the task it was meant for, and nothing typed is lost."""
    with looking() as session:
        task, case = tasks.see_task(session, viewer(), task_id)
        form = form_of(session, task)
    offered = tasks.taps(form)
    tap = next((tap for tap in offered if tap.choice.value == request.form.get(CHOICE)), None)
    if form is None or tap is None:
        raise Invalid("decision.unknown", "Choose one of the answers offered.")
    reason = request.form.get(WORDS, "").strip() or request.form.get(REASON, "").strip()
    if not reason and tap is offered[0]:
        reason = str(AGREED)
    answers = {tap.key: tap.choice.value, **({tap.reason.key: reason} if tap.reason is not None else {})}

    def act(session: Session) -> Done:
        process.complete_task(session, world(), task_id, checked, viewer=viewer(), now=now())
        said = _("Done: %(task)s, %(number)s.", task=task_name(task), number=case.number)
        return Done(url_for("decisions.show"), said)

    try:
        checked = form.check(answers, zone=world().calendar.tz)
        return once(act)
    except Invalid as refusal:
        wrong = next(iter(refusal.facts.get("fields", {}).values()), None)
        if wrong is None:
            raise
        return _page(task_id, wrong=wrong), 422
    except (NotAllowed, Unavailable) as refusal:
        return _page(task_id, refused=refusal), 403 if isinstance(refusal, NotAllowed) else 503
    except Conflict as refusal:
        if refusal.code == "task.done" and refusal.facts.get("by") == viewer().person_id:
            flash(_("You had completed this already."))
            return redirect(url_for("decisions.show"))
        return _page(task_id, refused=refusal), 409


def _page(task_id: int | None = None, *, wrong: Mapping[str, str] | None = None, refused: Refusal | None = None) -> str:
    with looking() as session:
        found = process.to_decide(session, world(), viewer())
        return render_template(
            "decisions/decisions.html",
            found=found,
            left_behind=tasks.left_behind(session, viewer(), now=now()),
            facts=lambda decision: facts.three_facts(decision, found),
            at=task_id,
            agreed=AGREED,
            short_reasons=SHORT_REASONS,
            say_refusal=sentence_of,
            wrong=wrong,
            refused=refused,
            typed=request.form,
        )

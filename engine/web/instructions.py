"""A leader's instruction on a case: a page of its own, one field and two choices."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, tasks
from engine.errors import Invalid, NotFound
from engine.territory import units_by_id
from engine.web.context import looking, now, viewer, world
from engine.web.language import _
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.show_case import length_words

pages = Blueprint("instructions", __name__)


@pages.get("/cases/<int:case_id>/instructions/new")
@policy("case.instruct")
def show(case_id: int) -> str:
    return _page(case_id)


@pages.post("/cases/<int:case_id>/instructions")
@policy("case.instruct")
def give(case_id: int) -> Response | tuple[str, int]:
    form = request.form

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.instruct(
            session,
            world(),
            case_id,
            form.get("text", "").strip(),
            to_unit_id=form.get("to_unit_id") or None,
            urgent=form.get("urgent") == "yes",
            viewer=viewer(),
            now=now(),
        )
        said = _("The instruction is with the unit; its answer comes back to you.")
        return Done(url_for("cases.show", case_id=case_id), said)

    try:
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(case_id, wrong=refusal.facts["fields"]), 422


def _page(case_id: int, *, wrong: object = None) -> str:
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        units = process.instructable(session, case, viewer())
        if not units or case.ended:
            raise NotFound("instruction.nobody", "There is nobody to instruct about this case.")
        return render_template(
            "instructions/new.html",
            case=case,
            units=units,
            named=units_by_id(session, units),
            times=_times(session),
            wrong=wrong or {},
            typed=request.form,
        )


def _times(session: Session) -> dict[str, str]:
    """In words, as far as the limits in force say it."""
    usual, urgent = process.answer_times(session, world())
    return {key: length_words(str(length)) for key, length in (("usual", usual), ("urgent", urgent)) if length}

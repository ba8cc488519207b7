"""A closed case given to designers as an anonymous scenario: first exactly what leaves, then the act."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, tasks
from engine.errors import Conflict
from engine.web.context import looking, now, viewer, world
from engine.web.language import _
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of

pages = Blueprint("samples", __name__)


@pages.get("/cases/<int:case_id>/sample")
@policy("process.sample")
def show(case_id: int) -> str | tuple[str, int]:
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        viewer().must("process.sample", case.place_id)
        try:
            made, refused = process.make_sample(session, world(), case), ""
        except Conflict as refusal:
            made, refused = None, sentence_of(refusal)
        return render_template("cases/sample.html", case=case, made=made, refused=refused)


@pages.post("/cases/<int:case_id>/sample")
@policy("process.sample")
def give(case_id: int) -> Response:
    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.give_sample(session, world(), case_id, viewer=viewer(), now=now())
        return Done(url_for("cases.show", case_id=case_id), _("Given. Designers find it in the sample box."))

    return once(act)

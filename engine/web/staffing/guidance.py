"""The templates by which instructors guide: written once, put into a comment with one tap."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import staffing
from engine.people import ACTS
from engine.staffing import Template
from engine.territory import units_by_id
from engine.web.areas import area_asked, own_units
from engine.web.context import looking, maybe_viewer, now, viewer
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.staffing.blueprint import pages, text

INSTRUCTORS = ACTS["guidance.write"]


@pages.get("/guidance")
@policy("guidance.write")
def guidance() -> str:
    return _page({})


@pages.post("/guidance")
@policy("guidance.write")
def write_template() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        unit_id = area_asked(text("unit"), INSTRUCTORS)
        staffing.write_template(session, unit_id, text("title"), text("text"), viewer=viewer(), now=now())
        return Done(url_for("staffing.guidance"), _("The template is kept."))

    return act_or_page(act, _page)


@pages.post("/guidance/<int:template_id>/removal")
@policy("guidance.write")
def drop_template(template_id: int) -> Response:
    def act(session: Session) -> Done:
        staffing.drop_template(session, template_id, viewer=viewer(), now=now())
        return Done(url_for("staffing.guidance"), _("The template is gone."))

    return once(act)


def register(app: Flask) -> None:
    app.jinja_env.globals.update(guidance_templates=guidance_templates, guidance_chosen=guidance_chosen)


def guidance_templates() -> Sequence[Template]:
    """For the field of comments: an instructor's templates; nobody else asks for any."""
    who = maybe_viewer()
    if who is None or not who.may("guidance.write"):
        return ()
    with looking() as session:
        return staffing.templates_for(session, who.units(INSTRUCTORS))


def guidance_chosen(templates: Sequence[Template]) -> str:
    """The words of the template that the address chooses."""
    wanted = number(request.args.get("guide"))
    return next((each.text for each in templates if each.id == wanted), "")


def _page(wrong: Wrong) -> str:
    units = own_units(INSTRUCTORS)
    with looking() as session:
        return render_template(
            "staffing/guidance.html",
            templates=staffing.templates_for(session, units),
            units=units_by_id(session, units),
            own=units,
            wrong=wrong,
            typed=request.form,
        )

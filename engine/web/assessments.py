"""Assessments of projects: the register, one page to write and decide, and the later cases that belong to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, render_template, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import assessments, tasks
from engine.assessments import DECISIONS, LEVELS, Draft, Risk
from engine.errors import Invalid
from engine.people import ACTS, names
from engine.territory import line_of, units_by_id
from engine.web.areas import own_units, right_below
from engine.web.context import looking, now, viewer
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy

pages = Blueprint("assessments", __name__)

STATES = {"draft": N_("being written"), "submitted": N_("waits for approval"), "approved": N_("approved")}
LEVEL_WORDS = {"high": N_("high risk"), "medium": N_("medium risk"), "low": N_("low risk")}
DECISION_WORDS = {"go": N_("go on"), "defer": N_("defer"), "no": N_("do not do it")}
BLANK_LINES = 3


def register(app: Flask) -> None:
    app.jinja_env.globals.update(
        assessment_states=STATES, assessment_levels=LEVEL_WORDS, assessment_decisions=DECISION_WORDS
    )


@pages.get("/assessments")
@policy("assessment.read")
def show_list() -> str:
    level = request.args.get("level", "")
    level = level if level in LEVELS else ""
    with looking() as session:
        found = assessments.register(session, viewer(), level=level, before=number(request.args.get("before")))
        units = units_by_id(session, {each.unit_id for each in found.entries})
        return render_template("assessments/register.html", found=found, units=units, level=level)


@pages.get("/assessments/new")
@policy("assessment.write")
def new() -> str:
    return _form()


@pages.post("/assessments")
@policy("assessment.write")
def begin() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        opened = assessments.open_assessment(session, _text("unit_id"), _draft(), viewer=viewer(), now=now())
        if request.form.get("act") == "submit":
            assessments.write(session, opened.id, _draft(), submit=True, viewer=viewer(), now=now())
        return Done(url_for("assessments.show", assessment_id=opened.id), _("Kept."))

    try:
        return once(act)
    except Invalid as refusal:
        return _form(wrong=refusal.facts["fields"]), 422


@pages.get("/assessments/<int:assessment_id>")
@policy("assessment.read")
def show(assessment_id: int) -> str:
    return _page(assessment_id)


@pages.post("/assessments/<int:assessment_id>")
@policy("assessment.write")
def write(assessment_id: int) -> Response | tuple[str, int]:
    submit = request.form.get("act") == "submit"

    def act(session: Session) -> Done:
        assessments.see(session, viewer(), assessment_id)
        assessments.write(session, assessment_id, _draft(), submit=submit, viewer=viewer(), now=now())
        said = _("Submitted; a leader decides on it.") if submit else _("Kept.")
        return Done(url_for("assessments.show", assessment_id=assessment_id), said)

    return _act(assessment_id, act)


@pages.post("/assessments/<int:assessment_id>/decision")
@policy("assessment.approve")
def decide(assessment_id: int) -> Response | tuple[str, int]:
    approve = request.form.get("decision") == "approve"

    def act(session: Session) -> Done:
        assessments.see(session, viewer(), assessment_id)
        assessments.decide(session, assessment_id, approve=approve, remark=_text("reason"), viewer=viewer(), now=now())
        said = _("Approved. Later cases can be linked to it.") if approve else _("Given back.")
        return Done(url_for("assessments.show", assessment_id=assessment_id), said)

    return _act(assessment_id, act)


@pages.post("/assessments/<int:assessment_id>/cases/<int:case_id>")
@policy("assessment.write")
def link(assessment_id: int, case_id: int) -> Response | tuple[str, int]:
    belongs = request.form.get("belongs") == "yes"

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        assessments.see(session, viewer(), assessment_id)
        assessments.say_of_case(session, assessment_id, case_id, belongs=belongs, viewer=viewer(), now=now())
        said = _("Linked.") if belongs else _("Noted: it does not belong to the project.")
        return Done(url_for("assessments.show", assessment_id=assessment_id, _anchor="later"), said)

    return _act(assessment_id, act)


def _act(assessment_id: int, act: Callable[[Session], Done]) -> Response | tuple[str, int]:
    try:
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(assessment_id, wrong=refusal.facts["fields"]), 422


def _page(assessment_id: int, *, wrong: Any = None) -> str:
    who = viewer()
    with looking() as session:
        found = assessments.see(session, who, assessment_id)
        writes = found.state == "draft" and who.may("assessment.write", found.unit_id)
        typed = "project" in request.form
        kept = Draft(
            found.project,
            found.stakeholders,
            [Risk(each["what"], each["level"], each["measure"]) for each in found.risks],
            found.level,
            found.measures,
            found.decision,
            found.keywords,
        )
        people = [found.opened_by, found.submitted_by, found.decided_by]
        return render_template(
            "assessments/assessment.html",
            found=found,
            line=line_of(session, found.unit_id),
            later=assessments.later_cases(session, who, found),
            people=names(session, {each for each in people if each is not None}),
            draft=_with_room(_draft() if typed else kept),
            writes=writes,
            decides=found.state == "submitted"
            and who.may("assessment.approve", found.unit_id)
            and found.submitted_by != who.person_id,
            links=found.state == "approved" and who.may("assessment.write", found.unit_id),
            levels=LEVELS,
            decisions=DECISIONS,
            wrong=wrong or {},
            typed=request.form,
        )


def _form(*, wrong: Any = None) -> str:
    own = own_units(ACTS["assessment.write"])
    with looking() as session:
        found = units_by_id(session, own)
        below = [unit for each in own[:3] for unit in right_below(session, each)]
        return render_template(
            "assessments/new.html",
            units=[*(found[each] for each in own if each in found), *below],
            draft=_with_room(_draft()),
            levels=LEVELS,
            decisions=DECISIONS,
            wrong=wrong or {},
            typed=request.form,
        )


def _with_room(draft: Draft) -> Draft:
    """With empty lines to go on with, three lines at least."""
    risks = list(draft.risks)
    while risks and risks[-1].empty:
        risks.pop()
    risks += [Risk("", "", "")] * max(1, BLANK_LINES - len(risks))
    return Draft(draft.project, draft.stakeholders, risks, draft.level, draft.measures, draft.decision, draft.keywords)


def _draft() -> Draft:
    whats, grades, measures = (request.form.getlist(name) for name in ("risk", "risk_level", "measure"))
    risks = [Risk(what.strip(), grade, how.strip()) for what, grade, how in zip(whats, grades, measures, strict=False)]
    return Draft(
        _text("project"),
        _text("stakeholders"),
        risks,
        _text("level"),
        _text("measures"),
        _text("decision"),
        _text("keywords"),
    )


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:8001]

"""A delegate's page: raise a matter for a grid of theirs, and see what became of those they raised."""

from __future__ import annotations

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import delegates, staffing
from engine.cases import Case, CaseState, public_state
from engine.territory import units_by_id
from engine.web.context import looking, now, today, viewer, world
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.once import Done
from engine.web.policy import policy
from engine.web.public_words import STATES
from engine.web.staffing.blueprint import pages, text
from engine.web.words.categories import CATEGORIES

OPEN_TO_THEM = tuple(each for each in CATEGORIES if each not in ("misconduct", "unsorted"))


@pages.get("/matters")
@policy("matter.raise")
def matters() -> str:
    return _page({})


@pages.post("/matters")
@policy("matter.raise")
def raise_matter() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        case = delegates.raise_matter(
            session,
            world(),
            text("place_id"),
            kind=text("kind"),
            category=text("category") if text("category") in OPEN_TO_THEM else "",
            title=text("title"),
            description=text("description"),
            viewer=viewer(),
            now=now(),
        )
        said = _("Raised as %(number)s. You are told what becomes of it.", number=case.number)
        return Done(url_for("staffing.matters"), said)

    return act_or_page(act, _page)


def _state(case: Case) -> str:
    moved = case.visit_seq > 1
    return public_state(CaseState(case.state), moved=moved, rose=moved).value


def _page(wrong: Wrong) -> str:
    who = viewer()
    with looking() as session:
        raised = staffing.raised_by(session, who.person_id)
        return render_template(
            "staffing/matters.html",
            grids=staffing.grids_of(session, who.person_id, on=today()),
            raised=raised,
            units=units_by_id(session, {each for row, case in raised for each in (row.unit_id, case.holder_id)}),
            states={case.id: STATES[_state(case)] for _row, case in raised},
            kinds=delegates.KINDS,
            categories=OPEN_TO_THEM,
            wrong=wrong,
            typed=request.form,
        )

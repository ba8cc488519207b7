"""Who is assigned where: by place, by person, those of the past too; posting, ending, bringing in a table."""

from __future__ import annotations

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import people, staffing
from engine.errors import Invalid, NotFound
from engine.people import ACTS
from engine.staffing import DUTIES, Kind, PostingIn
from engine.territory import get_unit
from engine.web.areas import area_asked, line_down_to, right_below
from engine.web.context import looking, now, today, viewer, world
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.operations.blueprint import file_or_text
from engine.web.policy import policy
from engine.web.staffing.blueprint import day, pages, text

READERS = ACTS["staffing.read"]
ON_PLACES = (Kind.MEMBER, Kind.DELEGATE, Kind.LEADER, Kind.INSTRUCTOR)
FITS = {"grid": (Kind.MEMBER, Kind.DELEGATE, Kind.INSTRUCTOR), "community": (Kind.LEADER, Kind.INSTRUCTOR)}


@pages.get("/assignments")
@policy("staffing.read")
def assignments() -> str:
    return _page(area_asked(request.args.get("unit"), READERS), {})


@pages.post("/assignments")
@policy("staffing.keep")
def assign() -> Response | tuple[str, int]:
    unit_id = area_asked(text("unit"), READERS)

    def act(session: Session) -> Done:
        said = PostingIn(
            kind=text("kind"),
            person_id=staffing.called(session, text("person")),
            unit_id=unit_id,
            from_on=day("from_on") or today(),
            to_on=day("to_on"),
            duties=tuple(request.form.getlist("duties")) if text("kind") == Kind.MEMBER else (),
        )
        staffing.post_person(session, said, viewer=viewer(), now=now(), today=today())
        return Done(url_for("staffing.assignments", unit=unit_id), _("The assignment is noted."))

    answer = act_or_page(act, lambda wrong: _page(unit_id, wrong))
    world().forget_people()
    return answer


@pages.post("/assignments/<int:posting_id>/ending")
@policy("staffing.keep")
def end_assignment(posting_id: int) -> Response:
    def act(session: Session) -> Done:
        ended = staffing.end_posting(
            session,
            posting_id,
            to_on=day("to_on") or today(),
            why=text("why"),
            viewer=viewer(),
            now=now(),
            today=today(),
        )
        where = (
            url_for("staffing.member", member_id=ended.unit_id)
            if text("back") == "member"
            else url_for("staffing.assignments", unit=ended.unit_id)
        )
        return Done(where, _("The assignment has ended; it stays in the list of the past."))

    answer = once(act)
    world().forget_people()
    return answer


@pages.get("/assignments/people/<int:person_id>")
@policy("staffing.read")
def person(person_id: int) -> str:
    """Where somebody stands and stood, as far as it lies in the places of who looks."""
    with looking() as session:
        who = people.names(session, [person_id]).get(person_id)
        posted, following = staffing.postings(
            session, person_id=person_id, areas=viewer().units(READERS), after=number(request.args.get("after"))
        )
        if who is None or not posted:
            raise NotFound("person.unknown", "There is no such person.", person=person_id)
        return render_template("staffing/person.html", who=who, posted=posted, next=following, today=today())


@pages.get("/assignments/import")
@policy("staffing.keep")
def ask_assignments() -> str:
    return render_template("staffing/import.html", plan=None, faults=[], wrong={}, table="")


@pages.post("/assignments/import")
@policy("staffing.keep")
def import_assignments() -> str | tuple[str, int] | Response:
    """First what the table would change, then, when that is wanted, the change."""
    try:
        table = file_or_text("table")
        if text("step") != "apply":
            with looking() as session:
                plan = staffing.plan_postings(session, table, today=today())
            return render_template("staffing/import.html", plan=plan, faults=[], wrong={}, table=table)

        def act(session: Session) -> Done:
            staffing.import_postings(session, table, viewer=viewer(), now=now(), today=today())
            return Done(url_for("staffing.assignments"), _("The assignments are changed."))

        answer = once(act)
    except Invalid as refusal:
        faults, wrong = refusal.facts.get("faults", []), refusal.facts.get("fields", {})
        return render_template("staffing/import.html", plan=None, faults=faults, wrong=wrong, table=""), 422
    world().forget_people()
    return answer


def _page(unit_id: str, wrong: Wrong) -> str:
    past = request.args.get("past") == "yes"
    kind = request.args.get("kind") if request.args.get("kind") in set(ON_PLACES) else None
    with looking() as session:
        unit = get_unit(session, unit_id)
        posted, following = staffing.postings(
            session,
            areas=[unit_id],
            kinds=[kind] if kind else [each.value for each in ON_PLACES],
            on=None if past else today(),
            after=number(request.args.get("after")),
        )
        return render_template(
            "staffing/assignments.html",
            unit=unit,
            line=line_down_to(session, unit_id, READERS),
            below=right_below(session, unit_id),
            posted=posted,
            next=following,
            past=past,
            kind=kind,
            kinds=[each.value for each in ON_PLACES],
            fits=[each.value for each in FITS.get(unit.tier, (Kind.INSTRUCTOR,))],
            duties=DUTIES,
            may_keep=viewer().may("staffing.keep", unit_id),
            today=today(),
            wrong=wrong,
            typed=request.form,
        )

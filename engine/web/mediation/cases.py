"""The mediation of one case: what was offered, who has it, its sessions, and the viewer's own private note."""

from __future__ import annotations

from flask import after_this_request, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import mediation, people, process, tasks
from engine.cases import parties_of
from engine.mediation import ANSWERS, REASONS
from engine.territory import units_by_id
from engine.web.context import looking, now, today, viewer
from engine.web.kept import Wrong, act_or_page, counted
from engine.web.language import _
from engine.web.mediation.blueprint import booked_or_page, pages, text
from engine.web.mediation.rooms import first_hours, typed_hours
from engine.web.numbers import number
from engine.web.once import Done
from engine.web.policy import policy
from engine.web.show_case import never_kept


@pages.get("/cases/<int:case_id>/mediation")
@policy("case.read")
def show_case(case_id: int) -> str:
    after_this_request(never_kept)  # it shows the viewer's private note
    return _page(case_id, {})


@pages.post("/cases/<int:case_id>/mediation-offer")
@policy("mediation.offer")
def offer(case_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.offer_mediation(
            session, case_id, text("answer"), text("reason") or None, text("note"), viewer=viewer(), now=now()
        )
        return Done(url_for("mediation.show_case", case_id=case_id), _("The answer of the parties is kept."))

    return act_or_page(act, lambda wrong: _page(case_id, wrong))


@pages.post("/cases/<int:case_id>/sessions")
@policy("mediation.book")
def book_session(case_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        starts_at, ends_at = typed_hours()
        process.book_session(
            session,
            case_id,
            number(text("room")) or 0,
            starts_at=starts_at,
            ends_at=ends_at,
            people=counted(text("people")) or 0,
            mediator_id=number(text("mediator")),
            viewer=viewer(),
            now=now(),
        )
        task = number(text("task"))
        where = url_for("tasks.show", task_id=task) if task else url_for("mediation.show_case", case_id=case_id)
        return Done(where, _("The session is booked."))

    return booked_or_page(act, lambda wrong: _page(case_id, wrong))


@pages.post("/cases/<int:case_id>/private-note")
@policy("mediation.note")
def keep_note(case_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        mediation.notes.keep_note(session, case_id, text("private"), person_id=viewer().person_id, now=now())
        where = url_for("mediation.show_case", case_id=case_id, _anchor="note")
        return Done(where, _("Your note is kept; nobody else reads it."))

    return act_or_page(act, lambda wrong: _page(case_id, wrong))


def _page(case_id: int, wrong: Wrong) -> str:
    who = viewer()
    with looking() as session:
        case = tasks.see_case(session, who, case_id)
        referrals = mediation.referrals_of(session, case_id)
        running = next((each for each in reversed(referrals) if each.ended_at is None), None)
        organisation_id = running.organisation_id if running else None
        offered = mediation.offer_of(session, case_id)
        parties = parties_of(session, case_id)
        told = {offered.offered_by} if offered and offered.offered_by else set()
        return render_template(
            "mediation/case.html",
            case=case,
            offer=offered,
            who=people.names(session, told),
            referrals=referrals,
            running=running,
            units=units_by_id(session, {each.organisation_id for each in referrals if each.organisation_id}),
            mediators=mediation.mediators_of(session, organisation_id) if organisation_id else (),
            named=mediation.mediators_named(session, {each.mediator_id for each in referrals if each.mediator_id}),
            rooms=mediation.rooms_near(session, case.place_id, organisation_id, on=today()) if not case.ended else (),
            sessions=mediation.sessions_of(session, case_id),
            note=mediation.notes.note_of(session, case_id, person_id=who.person_id),
            answers=ANSWERS,
            reasons=REASONS,
            task=number(request.values.get("task")),
            first={**first_hours(process.next_session_at(session, case_id)), "people": str(len(parties) + 1)},
            wrong=wrong,
            typed=request.form,
            may_cancel=lambda booking, room: mediation.may_cancel(booking, room, who),
        )

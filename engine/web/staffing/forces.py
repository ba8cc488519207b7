"""Task forces: who is in them, which cases they share, and the log of their meetings."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, request, url_for
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import people, process, staffing, tasks
from engine.errors import Conflict, Invalid
from engine.people import ACTS
from engine.staffing import ForceCase, forces
from engine.territory import units_by_id
from engine.web.areas import own_units
from engine.web.context import looking, now, today, viewer
from engine.web.kept import Wrong, act_or_page, seen_number
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.periods import typed_instant
from engine.web.policy import policy
from engine.web.staffing.blueprint import day, pages, text

KEEPERS = ACTS["force.keep"]


@pages.get("/task-forces")
@policy("force.read")
def task_forces() -> str:
    return _list({})


@pages.post("/task-forces")
@policy("force.keep")
def set_up() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        chair = staffing.called(session, text("person"))
        force = forces.set_up(
            session,
            text("unit"),
            text("name"),
            text("purpose"),
            text("meets"),
            chair,
            viewer=viewer(),
            now=now(),
        )
        return Done(url_for("staffing.force", force_id=force.id), _("The task force is set up."))

    return act_or_page(act, _list)


@pages.get("/task-forces/<int:force_id>")
@policy("force.read")
def force(force_id: int) -> str:
    return _page(force_id, {})


@pages.post("/task-forces/<int:force_id>/members")
@policy("force.read")
def add_member(force_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        forces.add_member(session, force_id, staffing.called(session, text("person")), viewer=viewer(), now=now())
        process.reindex_force(session, force_id)
        return Done(_here(force_id, "members"), _("They are in the task force and see its cases."))

    return _acted(force_id, act)


@pages.post("/task-forces/<int:force_id>/leavers")
@policy("force.read")
def remove_member(force_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        forces.remove_member(session, force_id, number(text("person")) or 0, viewer=viewer(), now=now())
        process.reindex_force(session, force_id)
        return Done(_here(force_id, "members"), _("They have left the task force."))

    return _acted(force_id, act)


@pages.post("/task-forces/<int:force_id>/cases")
@policy("force.read")
def give_case(force_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        process.give_to_force(session, seen_number(session, text("number")), force_id, viewer=viewer(), now=now())
        return Done(_here(force_id, "cases"), _("The task force has the case; its members are told."))

    return _acted(force_id, act)


@pages.post("/task-forces/<int:force_id>/returned-cases")
@policy("force.read")
def take_case(force_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        process.take_from_force(session, seen_number(session, text("number")), force_id, viewer=viewer(), now=now())
        return Done(_here(force_id, "cases"), _("The task force has the case no more."))

    return _acted(force_id, act)


@pages.post("/task-forces/<int:force_id>/meetings")
@policy("force.read")
def note_meeting(force_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        held_at = typed_instant(text("held_at"))
        if held_at is None:
            fields = {"held_at": {"zh": "请填写时间。", "en": "When was it?"}}
            raise Invalid("meeting.invalid", "The time is missing.", fields=fields)
        forces.note_meeting(
            session,
            force_id,
            held_at=held_at,
            place=text("place"),
            present=[each for each in map(number, request.form.getlist("present")) if each is not None],
            decided=text("decided"),
            next_on=day("next_on"),
            viewer=viewer(),
            now=now(),
        )
        return Done(_here(force_id, "meetings"), _("The meeting is in the log."))

    return _acted(force_id, act)


@pages.post("/task-forces/<int:force_id>/ending")
@policy("force.read")
def end_force(force_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        process.end_force(session, force_id, viewer=viewer(), now=now())
        return Done(url_for("staffing.task_forces"), _("The task force has ended; its members see its cases no more."))

    return _acted(force_id, act)


def _acted(force_id: int, act: Callable[[Session], Done]) -> Response | tuple[str, int]:
    try:
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(force_id, refusal.facts["fields"]), 422
    except Conflict as refusal:
        if refusal.code != "force.member_already":
            raise
        said = {"zh": "此人已在专班。", "en": "They are in the task force already."}
        return _page(force_id, {"person": said}), 409


def _here(force_id: int, anchor: str) -> str:
    return url_for("staffing.force", force_id=force_id, _anchor=anchor)


def _list(wrong: Wrong) -> str:
    with looking() as session:
        found = forces.forces_for(session, viewer(), _outside_wall())
        return render_template(
            "staffing/forces.html",
            found=found,
            units=units_by_id(session, [each.unit_id for each, *_counts in found] + own_units(KEEPERS)),
            seats=own_units(KEEPERS),
            wrong=wrong,
            typed=request.form,
        )


def _outside_wall() -> ColumnElement[bool]:
    """Whoever is complained about is not even told how many more cases there are."""
    return tasks.outside_wall(viewer(), ForceCase.case_id.expression)


def _page(force_id: int, wrong: Wrong) -> str:
    who = viewer()
    with looking() as session:
        found = forces.get_force(session, who, force_id)
        held = forces.cases_of(session, force_id, _outside_wall())
        seen = tasks.seen_cases(session, who, held)
        meetings = forces.meetings_of(session, force_id)
        present = {person for each in meetings for person in each.present} | {each.written_by for each in meetings}
        return render_template(
            "staffing/force.html",
            force=found,
            unit=units_by_id(session, [found.unit_id]).get(found.unit_id),
            members=forces.members_of(session, force_id),
            cases=[seen[each] for each in sorted(seen, reverse=True)],
            hidden=len(held) - len(seen),
            meetings=meetings,
            people=people.names(session, {found.chair_id, *present}),
            may_keep=forces.may_keep(who, found) and found.ended_at is None,
            today=today(),
            wrong=wrong,
            typed=request.form,
        )

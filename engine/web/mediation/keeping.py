"""Adding and changing organisations, their mediators and rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import mediation, people
from engine.mediation import EVERYTHING, LANGUAGES, Kind, MediatorIn, OrganisationIn, RoomIn, RoomKind
from engine.web.context import looking, now, today, viewer, world
from engine.web.kept import Wrong, act_or_page, counted
from engine.web.language import _
from engine.web.mediation.blueprint import pages, places, text
from engine.web.numbers import number
from engine.web.once import Done
from engine.web.periods import typed_day
from engine.web.policy import policy
from engine.web.words.categories import CATEGORIES

SUBJECTS = tuple(dict.fromkeys(each.partition(".")[0] for each in CATEGORIES if each not in ("unsorted", "misconduct")))


@pages.get("/mediation/new")
@policy("mediation.keep")
def new_organisation() -> str:
    return _organisation_page(None, {})


@pages.post("/mediation/organisations")
@policy("mediation.keep")
def add_organisation() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        made = mediation.add_organisation(session, text("seat"), _organisation(), viewer=viewer(), now=now())
        return Done(
            url_for("mediation.organisation", organisation_id=made.unit_id), _("The organisation is in the register.")
        )

    return act_or_page(act, lambda wrong: _organisation_page(None, wrong))


@pages.get("/mediation/organisations/<organisation_id>/edit")
@policy("mediation.keep")
def edit_organisation(organisation_id: str) -> str:
    return _organisation_page(organisation_id, {})


@pages.post("/mediation/organisations/<organisation_id>/edit")
@policy("mediation.keep")
def change_organisation(organisation_id: str) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        mediation.change_organisation(session, organisation_id, _organisation(), viewer=viewer(), now=now())
        return Done(
            url_for("mediation.organisation", organisation_id=organisation_id), _("The organisation is changed.")
        )

    return act_or_page(act, lambda wrong: _organisation_page(organisation_id, wrong))


@pages.post("/mediation/organisations/<organisation_id>/closing")
@policy("mediation.keep")
def close_organisation(organisation_id: str) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        mediation.close_organisation(session, organisation_id, viewer=viewer(), now=now(), today=today())
        return Done(url_for("mediation.directory"), _("The organisation is closed; what it has it brings to an end."))

    return act_or_page(act, lambda wrong: _organisation_page(organisation_id, wrong))


@pages.get("/mediation/organisations/<organisation_id>/mediators/new")
@policy("mediation.keep")
def new_mediator(organisation_id: str) -> str:
    return _mediator_page(organisation_id, None, {})


@pages.post("/mediation/organisations/<organisation_id>/mediators")
@policy("mediation.keep")
def add_mediator(organisation_id: str) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        mediation.add_mediator(session, organisation_id, _mediator(), viewer=viewer(), now=now())
        return Done(
            url_for("mediation.organisation", organisation_id=organisation_id, _anchor="people"),
            _("The mediator is added."),
        )

    return _with_people(act_or_page(act, lambda wrong: _mediator_page(organisation_id, None, wrong)))


@pages.get("/mediation/mediators/<int:mediator_id>")
@policy("mediation.keep")
def edit_mediator(mediator_id: int) -> str:
    return _mediator_page(None, mediator_id, {})


@pages.post("/mediation/mediators/<int:mediator_id>")
@policy("mediation.keep")
def change_mediator(mediator_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        changed = mediation.change_mediator(session, mediator_id, _mediator(), viewer=viewer(), now=now())
        where = url_for("mediation.organisation", organisation_id=changed.organisation_id, _anchor="people")
        return Done(where, _("The mediator is changed."))

    return _with_people(act_or_page(act, lambda wrong: _mediator_page(None, mediator_id, wrong)))


@pages.get("/mediation/organisations/<organisation_id>/rooms/new")
@policy("mediation.keep")
def new_room(organisation_id: str) -> str:
    return _room_page(organisation_id, None, {})


@pages.post("/mediation/organisations/<organisation_id>/rooms")
@policy("mediation.keep")
def add_room(organisation_id: str) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        mediation.add_room(session, organisation_id, _room(), viewer=viewer(), now=now())
        return Done(
            url_for("mediation.organisation", organisation_id=organisation_id, _anchor="rooms"), _("The room is added.")
        )

    return act_or_page(act, lambda wrong: _room_page(organisation_id, None, wrong))


@pages.get("/mediation/rooms/<int:room_id>/edit")
@policy("mediation.keep")
def edit_room(room_id: int) -> str:
    return _room_page(None, room_id, {})


@pages.post("/mediation/rooms/<int:room_id>/edit")
@policy("mediation.keep")
def change_room(room_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        mediation.change_room(session, room_id, _room(), viewer=viewer(), now=now())
        return Done(url_for("mediation.room", room_id=room_id), _("The room is changed."))

    return act_or_page(act, lambda wrong: _room_page(None, room_id, wrong))


@pages.post("/mediation/rooms/<int:room_id>/closing")
@policy("mediation.keep")
def close_room(room_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        mediation.close_room(session, room_id, viewer=viewer(), now=now(), today=today())
        return Done(url_for("mediation.room", room_id=room_id), _("The room is closed; it is not booked any more."))

    return act_or_page(act, lambda wrong: _room_page(None, room_id, wrong))


def _organisation() -> OrganisationIn:
    return OrganisationIn(
        name_zh=text("name_zh"),
        name_en=text("name_en"),
        kind=text("kind"),
        areas=tuple(request.form.getlist("areas")),
        subjects=tuple(request.form.getlist("subjects")) or (EVERYTHING,),
        capacity=counted(text("capacity")) or 0,
        phone=text("phone")[:40] or None,
        address=text("address")[:300] or None,
        parent_id=text("parent_id") or None,
    )


def _mediator() -> MediatorIn:
    return MediatorIn(
        name_zh=text("name_zh"),
        name_en=text("name_en"),
        phone=text("phone")[:40] or None,
        skills=tuple(request.form.getlist("skills")),
        languages=tuple(request.form.getlist("languages")),
        weekdays="".join(request.form.getlist("weekdays")),
        username=text("username") or None,
        to_on=typed_day(text("to_on")),
    )


def _room() -> RoomIn:
    return RoomIn(
        name_zh=text("name_zh"),
        name_en=text("name_en"),
        kind=text("kind"),
        unit_id=text("unit_id"),
        capacity=counted(text("capacity")) or 0,
        address=text("address")[:300] or None,
        parent_id=number(text("parent_id")),
    )


def _with_people(answer: Response | tuple[str, int]) -> Response | tuple[str, int]:
    """A role may have been given: whom tasks go to is asked anew."""
    world().forget_people()
    return answer


def _organisation_page(unit_id: str | None, wrong: Wrong) -> str:
    with looking() as session:
        said: Mapping[str, Any] = {"capacity": 10, "subjects": [EVERYTHING], "areas": []}
        unit = None
        if unit_id is not None:
            found, unit = mediation.get_organisation(session, unit_id)
            areas, subjects = mediation.scope_of(session, unit_id)
            said = {
                **{key: getattr(found, key) for key in ("kind", "capacity", "phone", "address", "parent_id")},
                "name_zh": unit.name_zh,
                "name_en": unit.name_en,
                "areas": [each.id for each in areas],
                "subjects": subjects,
            }
        top, streets = places(session)
        return render_template(
            "mediation/organisation_form.html",
            unit=unit,
            said=_typed(said, ("areas", "subjects")) if request.method == "POST" else said,
            wrong=wrong,
            kinds=tuple(Kind),
            subjects=(EVERYTHING, *SUBJECTS),
            top=top,
            streets=streets,
        )


def _mediator_page(unit_id: str | None, mediator_id: int | None, wrong: Wrong) -> str:
    with looking() as session:
        said: Mapping[str, Any] = {"weekdays": "12345", "languages": ["mandarin"], "skills": []}
        mediator = None
        if mediator_id is not None:
            mediator = mediation.get_mediator(session, mediator_id)
            linked = people.names(session, [mediator.person_id]) if mediator.person_id else {}
            keys = ("name_zh", "name_en", "phone", "skills", "languages", "weekdays", "to_on")
            said = {key: getattr(mediator, key) for key in keys}
            said = {**said, "username": next((each.username for each in linked.values()), "")}
        found, unit = mediation.get_organisation(session, unit_id or (mediator.organisation_id if mediator else ""))
        return render_template(
            "mediation/mediator_form.html",
            organisation=found,
            unit=unit,
            mediator=mediator,
            said=_typed(said, ("skills", "languages", "weekdays")) if request.method == "POST" else said,
            wrong=wrong,
            skills=SUBJECTS,
            languages=LANGUAGES,
        )


def _room_page(unit_id: str | None, room_id: int | None, wrong: Wrong) -> str:
    with looking() as session:
        room = None if room_id is None else mediation.get_room(session, room_id)
        found, unit = mediation.get_organisation(session, unit_id or (room.organisation_id if room else ""))
        keys = ("name_zh", "name_en", "kind", "unit_id", "capacity", "address", "parent_id")
        said = {key: getattr(room, key) for key in keys} if room else {"capacity": 12, "unit_id": unit.parent_id}
        top, streets = places(session)
        named = [each for each, _unit in mediation.rooms_of(session, found.unit_id) if each.kind == RoomKind.NAMED]
        return render_template(
            "mediation/room_form.html",
            organisation=found,
            unit=unit,
            room=room,
            said=_typed(said, ()) if request.method == "POST" else said,
            wrong=wrong,
            kinds=tuple(RoomKind),
            named=[each for each in named if each.id != room_id],
            top=top,
            streets=streets,
        )


def _typed(said: Mapping[str, Any], several: tuple[str, ...]) -> Mapping[str, Any]:
    """What was typed before it was refused."""
    form = request.form
    return {**dict.fromkeys(said, ""), **form.to_dict(), **{key: form.getlist(key) for key in several}}

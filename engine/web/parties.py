"""Naming a party of a case, and correcting one, on a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, tasks
from engine.cases import RESPONDENT, ROLES, TYPES, Party, PartyIn, parties_of
from engine.errors import Invalid, NotFound
from engine.people import Person
from engine.territory import Unit, line_of
from engine.web.context import looking, now, viewer, world
from engine.web.language import _
from engine.web.meant import MEANT, meant, name_of, staff_on
from engine.web.once import Done, once
from engine.web.policy import policy

pages = Blueprint("parties", __name__)

PERSONAL = ("phone", "address", "id_number")
"""Never shown here: left empty they stay, ticked they go."""


@pages.get("/cases/<int:case_id>/parties/new")
@policy("case.name_parties")
def show_new(case_id: int) -> str:
    return _page(case_id, None)


@pages.post("/cases/<int:case_id>/parties")
@policy("case.name_parties")
def name(case_id: int) -> Response | tuple[str, int]:
    unit_id, person_id = meant()
    called = _text("name") or (name_of(unit_id, person_id) if unit_id or person_id else "")
    party = PartyIn(**{**_plain(), "name": called, **{key: _text(key) or None for key in PERSONAL}})

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.name_party(session, world(), case_id, party, _text("reason"), viewer=viewer(), now=now())
        return _done(session, case_id, _("The party is named; the history says who named it and why."))

    return _act(case_id, None, act)


@pages.get("/cases/<int:case_id>/parties/<int:party_id>")
@policy("case.name_parties")
def show(case_id: int, party_id: int) -> str:
    return _page(case_id, party_id)


@pages.post("/cases/<int:case_id>/parties/<int:party_id>")
@policy("case.name_parties")
def correct(case_id: int, party_id: int) -> Response | tuple[str, int]:
    gone = {key: None for key in request.form.getlist("remove") if key in PERSONAL}
    changes = {**_plain(), **gone, **{key: _text(key) for key in ("name", *PERSONAL) if _text(key)}}

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.correct_party(session, world(), case_id, party_id, changes, _text("reason"), viewer=viewer(), now=now())
        return _done(session, case_id, _("Corrected; the history says who did it and why."))

    return _act(case_id, party_id, act)


def _plain() -> dict[str, Any]:
    unit_id, person_id = meant()
    return {
        "role": _text("role"),
        "type": _text("type"),
        "protected": request.form.get("protected") == "on",
        "unit_id": unit_id,
        "person_id": person_id,
    }


def _done(session: Session, case_id: int, said: str) -> Done:
    session.flush()
    try:
        tasks.see_case(session, viewer(), case_id)
    except NotFound:  # they named their own unit, or themselves
        return Done(url_for("worklist.show"), said)
    return Done(url_for("cases.show", case_id=case_id, _anchor="parties"), said)


def _act(case_id: int, party_id: int | None, act: Callable[[Session], Done]) -> Response | tuple[str, int]:
    try:
        return once(act)
    except Invalid as refusal:
        fields = refusal.facts.get("fields")
        if not fields:
            raise
        wrong = {MEANT if key in ("unit_id", "person_id") else key: said for key, said in fields.items()}
        return _page(case_id, party_id, wrong=wrong), 422


def _page(case_id: int, party_id: int | None, *, wrong: Mapping[str, Mapping[str, str]] | None = None) -> str:
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        viewer().must("case.name_parties", case.place_id, case.holder_id)
        party = None if party_id is None else _party(session, case_id, party_id)
        line = line_of(session, case.place_id)
        staff = staff_on(session, line)
        return render_template(
            "parties/party.html",
            case=case,
            party=party,
            line=line,
            staff=staff,
            elsewhere=_elsewhere(party, line, staff),
            roles=ROLES,
            types=TYPES,
            respondent=RESPONDENT,
            typed=request.form if request.method == "POST" else _as_typed(party),
            wrong=wrong or {},
        )


def _party(session: Session, case_id: int, party_id: int) -> Party:
    found = next((each for each in parties_of(session, case_id) if each.id == party_id), None)
    if found is None:
        raise NotFound("party.unknown", "This case has no such party.", party=party_id)
    return found


def _elsewhere(party: Party | None, line: Sequence[Unit], staff: Mapping[str, Sequence[Person]]) -> str:
    """The name of whom a party stands for, where the field does not offer them; empty otherwise."""
    if party is None or not (party.unit_id or party.person_id):
        return ""
    units = {unit.id for unit in line if unit.parent_id}
    people = {person.id for each in staff.values() for person in each}
    offered = party.unit_id in units if party.unit_id else party.person_id in people
    return "" if offered else name_of(party.unit_id, party.person_id)


def _as_typed(party: Party | None) -> Mapping[str, str]:
    if party is None:
        return {}
    stands_for = f"unit:{party.unit_id}" if party.unit_id else f"person:{party.person_id}" if party.person_id else ""
    plain = {"role": party.role, "type": party.type, "protected": "on" if party.protected else "", MEANT: stands_for}
    return plain if party.protected else {**plain, "name": party.name}


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:4000]

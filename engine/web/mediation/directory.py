"""The directory of organisations, and one organisation with its people, rooms, load and figures."""

from __future__ import annotations

from datetime import datetime

from flask import render_template, request
from sqlalchemy.orm import Session

from engine import mediation
from engine.mediation import Kind, Wanted
from engine.territory import line_of, units_by_id
from engine.web.context import looking, today, viewer, world
from engine.web.mediation.blueprint import pages, places
from engine.web.policy import policy
from engine.web.words.categories import CATEGORIES


@pages.get("/mediation")
@policy("mediation.read")
def directory() -> str:
    args = request.args
    wanted = Wanted(
        args.get("kind") or None,
        args.get("place", "")[:64] or None,
        args.get("category") if args.get("category") in CATEGORIES else None,
        args.get("q", "").strip()[:60],
    )
    with looking() as session:
        found, following = mediation.directory(session, wanted, on=today(), after=args.get("after"))
        top, streets = places(session)
        return render_template(
            "mediation/directory.html",
            wanted=wanted,
            found=found,
            next=following,
            counts=mediation.counts_by_kind(session, on=today()),
            kinds=tuple(Kind),
            top=top,
            streets=streets,
            categories=tuple(CATEGORIES),
        )


@pages.get("/mediation/organisations/<organisation_id>")
@policy("mediation.read")
def organisation(organisation_id: str) -> str:
    with looking() as session:
        return page_of(session, organisation_id)


def page_of(session: Session, unit_id: str) -> str:
    found, unit = mediation.get_organisation(session, unit_id)
    areas, subjects = mediation.scope_of(session, unit_id)
    begun = datetime(today().year, 1, 1, tzinfo=world().calendar.tz)
    figures, this_year = mediation.figures_of(session, unit_id, since=begun)
    parent = units_by_id(session, [found.parent_id]).get(found.parent_id) if found.parent_id else None
    return render_template(
        "mediation/organisation.html",
        organisation=found,
        unit=unit,
        line=line_of(session, unit_id)[:-1],
        parent=parent,
        children=mediation.children_of(session, unit_id),
        areas=areas,
        subjects=subjects,
        mediators=mediation.mediators_of(session, unit_id),
        rooms=mediation.rooms_of(session, unit_id),
        load=mediation.loads_of(session, [unit_id]).get(unit_id, 0),
        figures=figures,
        this_year=this_year,
        year=today().year,
        today=today(),
        may_keep=mediation.may_keep(viewer(), unit_id),
    )

"""A mediator's own page, and the disputes to which nobody has offered mediation yet."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request

from engine import mediation, process
from engine.people import ACTS
from engine.territory import units_by_id
from engine.web.areas import area_asked, line_down_to
from engine.web.context import looking, now, today, viewer
from engine.web.mediation.blueprint import midnight, pages
from engine.web.numbers import number
from engine.web.periods import read_days
from engine.web.policy import policy

AHEAD = timedelta(days=14)


@pages.get("/mediation/mine")
@policy("mediation.read")
def mine() -> str:
    with looking() as session:
        registered = mediation.mediators_at(session, viewer())
        ids = [each.id for each in registered]
        since = midnight(today())
        sessions = mediation.booked(session, since=since, until=since + AHEAD, mediator_ids=ids) if ids else []
        after = process.after_mediation(session, ids)
        return render_template(
            "mediation/mine.html",
            registered=registered,
            units=units_by_id(session, {each.organisation_id for each in registered}),
            cases=mediation.my_mediations(session, ids, now=now()),
            sessions=sessions,
            performing=[each for each in after if each.clock.process == "p_performance"],
            confirming=[each for each in after if each.clock.process == "p_confirmation"],
            today_count=sum(booking.starts_at < since + timedelta(days=1) for booking, *_rest in sessions),
        )


@pages.get("/mediation/offers")
@policy("mediation.offer")
def offers() -> str:
    """Full mediation: how far it goes, and where it was not offered yet."""
    roles = ACTS["mediation.offer"]
    unit_id, days = area_asked(request.args.get("unit"), roles), read_days(request.args, usual=30)
    with looking() as session:
        period = days.period
        found = mediation.not_offered(session, viewer(), before=number(request.args.get("before")))
        return render_template(
            "mediation/offers.html",
            line=line_down_to(session, unit_id, roles),
            unit_id=unit_id,
            days=days,
            coverage=mediation.coverage(session, [unit_id], since=period.start, until=period.end),
            found=found,
            units=units_by_id(session, {case.holder_id for case in found}),
            next=found[-1].id if len(found) == mediation.PAGE else None,
        )

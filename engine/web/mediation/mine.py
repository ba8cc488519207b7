"""A mediator's own page, and the disputes to which nobody has offered mediation yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, render_template, request
from sqlalchemy.orm import Session

from engine import mediation, process, tasks
from engine.cases import Case
from engine.mediation import Booking, Mediator, Organisation, Room
from engine.people import ACTS
from engine.process import Pending
from engine.reports import Within
from engine.territory import is_office, units_by_id
from engine.web.areas import area_asked, line_down_to
from engine.web.context import looking, maybe_viewer, now, today, viewer
from engine.web.mediation.blueprint import midnight, pages
from engine.web.numbers import number
from engine.web.periods import read_days
from engine.web.policy import policy

AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a mediator has before them: sessions of the next days, and what follows their agreements, soonest first."""

    registered: Sequence[Mediator]
    sessions: Sequence[tuple[Booking, Room, Mediator | None, Organisation]]
    performing: Sequence[Pending]
    confirming: Sequence[Pending]

    @property
    def any(self) -> bool:
        return bool(self.sessions or self.performing or self.confirming)


def register(app: Flask) -> None:
    app.jinja_env.globals["mediation_strip"] = strip


def strip() -> Ahead | None:
    """For the work list: what lies before a mediator of an organisation; nobody else asks for it."""
    who = maybe_viewer()
    if who is None or not any(role == "mediator" and is_office(unit) for unit, role in who.memberships):
        return None
    with looking() as session:
        return _ahead(session)


@pages.get("/mediation/mine")
@policy("mediation.read")
def mine() -> str:
    with looking() as session:
        ahead = _ahead(session)
        tomorrow = midnight(today()) + timedelta(days=1)
        return render_template(
            "mediation/mine.html",
            ahead=ahead,
            units=units_by_id(session, {each.organisation_id for each in ahead.registered}),
            cases=mediation.my_mediations(
                session,
                [each.id for each in ahead.registered],
                tasks.outside_wall(viewer(), Case.id.expression),
                now=now(),
            ),
            today_count=sum(booking.starts_at < tomorrow for booking, *_rest in ahead.sessions),
        )


def _ahead(session: Session) -> Ahead:
    who, since = viewer(), now()
    registered = mediation.mediators_at(session, who)
    ids = [each.id for each in registered]
    after = process.after_mediation(session, ids, viewer=who)
    outside = tasks.outside_wall(who, Booking.case_id.expression)
    return Ahead(
        registered,
        mediation.booked(session, since=since, until=since + AHEAD, mediator_ids=ids, seen=outside) if ids else [],
        [each for each in after if each.clock.process == "p_performance"],
        [each for each in after if each.clock.process == "p_confirmation"],
    )


@pages.get("/mediation/offers")
@policy("mediation.offer")
def offers() -> str:
    """Full mediation: how far it goes, and where it was not offered yet."""
    roles = ACTS["mediation.offer"]
    unit_id, days = area_asked(request.args.get("unit"), roles), read_days(request.args, usual=30)
    with looking() as session:
        period = days.period
        seen, before = Within(unit_id, viewer()).seen(), number(request.args.get("before"))
        found = mediation.not_offered(session, viewer().units(), seen, before=before)
        return render_template(
            "mediation/offers.html",
            line=line_down_to(session, unit_id, roles),
            unit_id=unit_id,
            days=days,
            coverage=mediation.coverage(session, [unit_id], seen, since=period.start, until=period.end),
            found=found,
            units=units_by_id(session, {case.holder_id for case in found}),
            next=found[-1].id if len(found) == mediation.PAGE else None,
        )

"""Leaders' receptions: the calendar, the book of a day, the brief, and the record of who was received."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import receptions, staffing
from engine.errors import NotFound
from engine.people import ACTS, members, names
from engine.receptions import Booked, Plan, Received, Reception, Wish
from engine.reports import Within
from engine.territory import get_unit, units_by_id
from engine.web.areas import own_asked, own_units
from engine.web.context import for_paper, looking, maybe_viewer, now, viewer, world
from engine.web.kept import Wrong, act_or_page, counted, two_tiers_below
from engine.web.language import _
from engine.web.numbers import number, page_number
from engine.web.once import Done, once
from engine.web.periods import read_days, typed_instant
from engine.web.policy import policy
from engine.web.show import local, minutes_per_day
from engine.web.words.categories import CATEGORIES

pages = Blueprint("receptions", __name__)

READERS, ARRANGERS = ACTS["reception.read"], ACTS["reception.arrange"]
DAYS = 30
AHEAD = timedelta(days=90)


@pages.app_template_global("own_receptions")
def own_receptions() -> list[tuple[Reception, int]]:
    """A leader's own from today on, for the page they come home to."""
    who = maybe_viewer()
    if who is None or "leader" not in who.roles:
        return []
    with looking() as session:
        return list(receptions.received_by(session, who, now=now()))


@pages.app_template_global("brief_is_due")
def brief_is_due(reception: Reception) -> bool:
    """From the working day before."""
    day = local(reception.starts_at).replace(hour=0, minute=0, second=0, microsecond=0)
    return world().calendar.working_minutes(now(), day, provisional=True) <= minutes_per_day()


@pages.get("/receptions")
@policy("reception.read")
def show_list() -> str:
    days, who = read_days(request.args, usual=DAYS), viewer()
    until = days.period.end if request.args.get("to") else days.period.end + AHEAD
    top, page = own_units(READERS)[0], page_number(request.args.get("page"))
    within = Within(top, who)
    with looking() as session:
        found = receptions.receptions_of(session, who, since=days.period.start, until=until, page=page)
        by_leader = receptions.count_by_leader(session, within, days.period)
        units = [each.unit_id for each in found] + [each.community_id or "" for each in found]
        return render_template(
            "receptions/list.html",
            found=found[: receptions.PAGE],
            more=len(found) > receptions.PAGE,
            page=page,
            days=days,
            taken=receptions.places_taken(session, [each.id for each in found], viewer=who),
            counts=receptions.count_receptions(session, within, days.period),
            units=units_by_id(session, [*units, top]),
            top=top,
            by_leader=by_leader,
            leaders=names(session, [*by_leader, *(each.leader_id for each in found)]),
            may_arrange=who.may("reception.arrange"),
        )


@pages.get("/receptions/new")
@policy("reception.arrange")
def show_new() -> str:
    return _new_page(own_asked(request.args.get("unit"), ARRANGERS))


@pages.post("/receptions")
@policy("reception.arrange")
def arrange() -> Response | tuple[str, int]:
    form, unit_id = request.form, own_asked(request.form.get("unit_id"), ARRANGERS)
    plan = Plan(
        unit_id=unit_id,
        leader_id=number(form.get("leader_id")),
        place=form.get("place", ""),
        starts_at=typed_instant(form.get("starts_at")),
        ends_at=typed_instant(form.get("ends_at")),
        topics=form.get("topics", ""),
        quota=number(form.get("quota")),
        community_id=form.get("community_id") or None,
    )

    def act(session: Session) -> Done:
        reception = receptions.arrange(session, plan, viewer=viewer(), now=now())
        return _done(reception.id, _("The reception stands in the calendar; publish it to open the book."))

    return act_or_page(act, lambda wrong: _new_page(unit_id, wrong))


@pages.get("/receptions/<int:reception_id>")
@policy("reception.read")
def show(reception_id: int) -> str:
    return _page(reception_id)


@pages.post("/receptions/<int:reception_id>/publication")
@policy("reception.arrange")
def publish(reception_id: int) -> Response:
    def act(session: Session) -> Done:
        receptions.publish(session, reception_id, viewer=viewer(), now=now())
        return _done(reception_id, _("The reception is published."))

    return once(act)


@pages.post("/receptions/<int:reception_id>/cancellation")
@policy("reception.arrange")
def cancel(reception_id: int) -> Response:
    def act(session: Session) -> Done:
        receptions.cancel(session, reception_id, viewer=viewer(), now=now())
        return _done(reception_id, _("The reception is called off."))

    return once(act)


@pages.post("/receptions/<int:reception_id>/bookings")
@policy("reception.book")
def book(reception_id: int) -> Response | tuple[str, int]:
    form = request.form
    wish = Wish(form.get("matter", ""), form.get("number", ""), form.get("name", ""), form.get("phone", ""))

    def act(session: Session) -> Done:
        receptions.book(session, reception_id, wish, viewer=viewer(), now=now())
        return _done(reception_id, _("The place is booked."))

    return act_or_page(act, lambda wrong: _page(reception_id, wrong))


@pages.post("/receptions/<int:reception_id>/bookings/<int:booking_id>/removal")
@policy("reception.book")
def give_up(reception_id: int, booking_id: int) -> Response:
    def act(session: Session) -> Done:
        receptions.give_up(session, reception_id, booking_id, viewer=viewer(), now=now())
        return _done(reception_id, _("The place is free again."))

    return once(act)


@pages.get("/receptions/<int:reception_id>/bookings/<int:booking_id>")
@policy("reception.receive")
def show_record(reception_id: int, booking_id: int) -> str:
    return _record_page(reception_id, booking_id)


@pages.post("/receptions/<int:reception_id>/bookings/<int:booking_id>")
@policy("reception.receive")
def receive(reception_id: int, booking_id: int) -> Response | tuple[str, int]:
    form = request.form
    received = Received(
        persons=counted(form.get("persons", "")),
        statements=form.get("statements", ""),
        promise=form.get("promise", ""),
        instruction=form.get("instruction", ""),
        owner_unit_id=form.get("owner_unit_id", ""),
        kind=form.get("kind", ""),
        category=form.get("category", "") if form.get("category", "") in CATEGORIES else "",
        place_id=form.get("place_id", ""),
    )

    def act(session: Session) -> Done:
        receptions.receive(session, world(), reception_id, booking_id, received, viewer=viewer(), now=now())
        return _done(reception_id, _("Recorded; the unit has seven working days to reply."))

    return act_or_page(act, lambda wrong: _record_page(reception_id, booking_id, wrong))


@pages.post("/receptions/<int:reception_id>/bookings/<int:booking_id>/absence")
@policy("reception.receive")
def note_absence(reception_id: int, booking_id: int) -> Response:
    def act(session: Session) -> Done:
        receptions.note_absence(session, reception_id, booking_id, viewer=viewer(), now=now())
        return _done(reception_id, _("Noted: nobody came."))

    return once(act)


@pages.get("/receptions/<int:reception_id>/bookings/<int:booking_id>/brief")
@policy("reception.receive")
def brief(reception_id: int, booking_id: int) -> str:
    """One page for the leader, to print."""
    for_paper()
    with looking() as session:
        reception, booked = _seen(session, reception_id, booking_id)
        found = None if booked.case is None else receptions.brief_of(session, viewer(), booked.case)
        holders = [] if found is None or booked.case is None else [each.case.holder_id for each in found.related]
        return render_template(
            "receptions/brief.html",
            reception=reception,
            booked=booked,
            brief=found,
            leader=names(session, [reception.leader_id]).get(reception.leader_id),
            units=units_by_id(session, [*holders, *([booked.case.holder_id] if booked.case else [])]),
        )


def _done(reception_id: int, said: str) -> Done:
    return Done(url_for("receptions.show", reception_id=reception_id), said)


def _new_page(unit_id: str, wrong: Wrong | None = None) -> str:
    with looking() as session:
        unit = get_unit(session, unit_id)
        leaders = members(session, unit_id, ("leader",))
        leader = number(request.form.get("leader_id")) or (leaders[0].id if leaders else 0)
        return render_template(
            "receptions/new.html",
            unit=unit,
            leaders=leaders,
            linked=staffing.linked_communities(session, leader, on=local(now()).date()),
            places=two_tiers_below(session, unit),
            typed=request.form,
            wrong=wrong or {},
        )


def _page(reception_id: int, wrong: Wrong | None = None) -> str:
    with looking() as session:
        who = viewer()
        reception = receptions.see_reception(session, who, reception_id)
        booked = receptions.bookings_of(session, who, reception)
        taken = receptions.places_taken(session, [reception.id], viewer=viewer()).get(reception.id, 0)
        open_ = reception.published_at is not None and reception.cancelled_at is None and reception.ends_at > now()
        units = [reception.unit_id, reception.community_id or "", *(each.row.owner_unit_id or "" for each in booked)]
        return render_template(
            "receptions/reception.html",
            reception=reception,
            booked=booked,
            taken=taken,
            books=open_ and taken < reception.quota and who.may("reception.book"),
            arranges=who.may("reception.arrange", reception.unit_id),
            receives=who.may("reception.receive", reception.unit_id) and reception.cancelled_at is None,
            begun=reception.starts_at <= now() + receptions.EARLY,
            leader=names(session, [reception.leader_id]).get(reception.leader_id),
            units=units_by_id(session, units),
            typed=request.form,
            wrong=wrong or {},
        )


def _record_page(reception_id: int, booking_id: int, wrong: Wrong | None = None) -> str:
    with looking() as session:
        reception, booked = _seen(session, reception_id, booking_id)
        if booked.row.arrived is not None:
            raise NotFound("booking.recorded", "This visit was recorded already.")
        unit = get_unit(session, reception.unit_id)
        place_id = booked.case.place_id if booked.case else request.form.get("place_id") or _place_of(reception)
        return render_template(
            "receptions/record.html",
            reception=reception,
            booked=booked,
            unit=unit,
            place_id=place_id,
            places=() if booked.case else two_tiers_below(session, unit),
            owners=receptions.owners(session, reception, place_id, booked.case),
            kinds=receptions.KINDS,
            categories=CATEGORIES,
            typed=request.form,
            wrong=wrong or {},
        )


def _place_of(reception: Reception) -> str:
    return request.args.get("place") or reception.community_id or reception.unit_id


def _seen(session: Session, reception_id: int, booking_id: int) -> tuple[Reception, Booked]:
    """Raises NotFound also for a booking whose case the viewer may not see."""
    reception = receptions.see_reception(session, viewer(), reception_id)
    booked = next((b for b in receptions.bookings_of(session, viewer(), reception) if b.row.id == booking_id), None)
    if booked is None or (booked.row.case_id is not None and booked.case is None):
        raise NotFound("booking.unknown", "There is no such booking.")
    return reception, booked

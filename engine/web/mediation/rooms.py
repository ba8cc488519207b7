"""The weeks of rooms: who is where when; booking and calling off."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import mediation, process, tasks
from engine.errors import Invalid
from engine.territory import line_of
from engine.web.context import looking, now, today, viewer, world
from engine.web.kept import Wrong, counted
from engine.web.language import _
from engine.web.mediation.blueprint import booked_or_page, midnight, monday_of, pages, text
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.show import local

WEEK = timedelta(days=7)
MORNING, USUAL = time(9), timedelta(minutes=90)


@pages.get("/mediation/rooms/<int:room_id>")
@policy("mediation.read")
def room(room_id: int) -> str:
    return _page(room_id, {})


@pages.post("/mediation/rooms/<int:room_id>/bookings")
@policy("mediation.book")
def book_room(room_id: int) -> Response | tuple[str, int]:
    """For no case: a case is booked for from its own page."""

    def act(session: Session) -> Done:
        starts_at, ends_at = typed_hours()
        mediation.book(
            session,
            room_id,
            starts_at=starts_at,
            ends_at=ends_at,
            people=counted(text("people")) or 0,
            case_id=None,
            mediator_id=number(text("mediator")),
            purpose=text("purpose"),
            viewer=viewer(),
            now=now(),
        )
        where = url_for("mediation.room", room_id=room_id, week=starts_at.date().isoformat())
        return Done(where, _("The room is booked."))

    return booked_or_page(act, lambda wrong: _page(room_id, wrong))


@pages.post("/mediation/bookings/<int:booking_id>/cancellation")
@policy("mediation.read")
def cancel_booking(booking_id: int) -> Response:
    """Whoever keeps the register may call off as well, though they book nothing: `mediation.may_cancel` decides."""

    def act(session: Session) -> Done:
        booking = process.cancel_session(session, booking_id, viewer=viewer(), now=now())
        case_id = booking.case_id if text("back") == "case" else None
        where = (
            url_for("mediation.show_case", case_id=case_id)
            if case_id
            else url_for("mediation.room", room_id=booking.room_id, week=local_day(booking.starts_at))
        )
        return Done(where, _("The booking is called off."))

    return once(act)


@pages.get("/mediation/calendar")
@policy("mediation.read")
def calendar() -> str:
    """All bookings of a week: those of the viewer's own organisations, or of the places they work in."""
    monday = monday_of(request.args.get("week"), today())
    with looking() as session:
        found = mediation.booked_in(
            session, viewer(), since=midnight(monday), until=midnight(monday + WEEK), most=MOST_SHOWN + 1
        )
        return render_template(
            "mediation/calendar.html",
            days=[monday + timedelta(days=n) for n in range(7)],
            found=found[:MOST_SHOWN],
            too_many=len(found) > MOST_SHOWN,
            seen=tasks.seen_cases(session, viewer(), [booking.case_id for booking, *_rest in found]),
            local_day=local_day,
            may_cancel=lambda booking, room: mediation.may_cancel(booking, room, viewer()),
        )


MOST_SHOWN = 200


def local_day(at: datetime) -> str:
    return local(at).date().isoformat()


def typed_hours() -> tuple[datetime, datetime]:
    """The day and the hours of a form, in the district's zone. Raises Invalid."""
    wrong: dict[str, dict[str, str]] = {}
    found: dict[str, datetime] = {}
    for key in ("from", "until"):
        try:
            day, hour = datetime.fromisoformat(text("day")).date(), time.fromisoformat(text(key))
            found[key] = datetime.combine(day, hour.replace(tzinfo=None), world().calendar.tz)
        except ValueError:
            wrong[key] = {"zh": "请填写日期和时间。", "en": "Give a day and a time."}
    if wrong:
        raise Invalid("booking.time", "A time is missing.", fields=wrong)
    return found["from"], found["until"]


def first_hours(at: datetime | None = None) -> dict[str, str]:
    """What stands in the form: an hour and a half from then on, where that is ahead; else the next working morning."""
    if at is None or at <= now():
        day, calendar = today() + timedelta(days=1), world().calendar
        while not calendar.is_working_day(day, provisional=True):
            day += timedelta(days=1)
        at = datetime.combine(day, MORNING, calendar.tz)
    begins, ends = local(at), local(at + USUAL)
    return {"day": begins.date().isoformat(), "from": f"{begins:%H:%M}", "until": f"{ends:%H:%M}", "people": "4"}


def _page(room_id: int, wrong: Wrong) -> str:
    with looking() as session:
        found = mediation.get_room(session, room_id)
        organisation, unit = mediation.get_organisation(session, found.organisation_id)
        asked = request.form.get("day") or request.args.get("week")
        monday = monday_of(asked, today())
        booked = mediation.booked(session, since=midnight(monday), until=midnight(monday + WEEK), room_ids=[room_id])
        return render_template(
            "mediation/room.html",
            room=found,
            organisation=organisation,
            unit=unit,
            place=line_of(session, found.unit_id),
            days=[monday + timedelta(days=n) for n in range(7)],
            found=booked,
            seen=tasks.seen_cases(session, viewer(), [booking.case_id for booking, *_rest in booked]),
            mediators=mediation.mediators_of(session, found.organisation_id),
            local_day=local_day,
            first=first_hours(),
            wrong=wrong,
            typed=request.form,
            may_keep=mediation.may_keep(viewer(), found.organisation_id),
            may_cancel=lambda booking, room: mediation.may_cancel(booking, room, viewer()),
        )

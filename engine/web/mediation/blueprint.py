"""The one blueprint of these pages, and what they share: a choice of places, days and hours from a form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine.errors import Conflict
from engine.territory import Unit, children
from engine.web.context import world
from engine.web.kept import Wrong, act_or_page, two_tiers_below
from engine.web.language import _
from engine.web.once import Done
from engine.web.periods import typed_day
from engine.web.show import local, moment
from engine.web.words import word

pages = Blueprint("mediation", __name__)

Places = Sequence[tuple[Unit, Sequence[Unit]]]


@pages.app_template_filter("hour")
def hour(at: datetime) -> str:
    return local(at).strftime("%H:%M")


@pages.app_template_filter("weekday")
def weekday(day: date) -> str:
    return word(str(day.isoweekday()), "weekday")


@pages.app_template_filter("add_days")
def add_days(day: date, number: int) -> str:
    return (day + timedelta(days=number)).isoformat()


def text(key: str) -> str:
    return request.form.get(key, "").strip()


def places(session: Session) -> tuple[Unit | None, Places]:
    """The district, and its streets each with their communities. Three statements."""
    top = next(iter(children(session, None)), None)
    return top, two_tiers_below(session, top) if top is not None else []


def monday_of(asked: str | None, today: date) -> date:
    """The Monday of the week with a day; of the present week for anything else."""
    day = typed_day(asked) or today
    day = min(max(day, today - timedelta(days=730)), today + timedelta(days=730))
    return day - timedelta(days=day.weekday())


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), world().calendar.tz)


def booked_or_page(act: Callable[[Session], Done], page: Callable[[Wrong], str]) -> Response | tuple[str, int]:
    """As `act_or_page`; what is taken is said at the time that was asked for."""
    try:
        return act_or_page(act, page)
    except Conflict as refusal:
        if refusal.code not in ("booking.room_taken", "booking.mediator_taken"):
            raise
        begins, ends = (moment(datetime.fromisoformat(refusal.facts[key])) for key in ("from", "until"))
        if refusal.code == "booking.room_taken":
            said = _("The room is taken from %(begins)s to %(ends)s.", begins=begins, ends=ends)
            return page({"from": {"zh": said, "en": said}}), 409
        said = _("The mediator is taken from %(begins)s to %(ends)s.", begins=begins, ends=ends)
        return page({"mediator": {"zh": said, "en": said}}), 409

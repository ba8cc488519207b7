"""Tea-talks and councils: the list, calling one, its page for use while people talk, the minutes."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import sessions
from engine.people import ACTS, names
from engine.reports import Within
from engine.sessions import Gathering, Kind, Minutes, Plan, Raised
from engine.territory import line_of, units_by_id
from engine.web.areas import area_asked, line_down_to, right_below
from engine.web.context import for_paper, locale, looking, now, viewer, world
from engine.web.kept import Wrong, act_or_page, counted
from engine.web.language import _
from engine.web.meant import staff_on
from engine.web.numbers import number, page_number
from engine.web.once import Done, once
from engine.web.periods import read_days, typed_instant
from engine.web.policy import policy
from engine.web.show import local
from engine.web.words.categories import CATEGORIES

pages = Blueprint("sessions", __name__)

READERS, HOLDERS = ACTS["session.read"], ACTS["session.hold"]
DAYS = 90
AHEAD = timedelta(days=60)


@pages.get("/sessions")
@policy("session.read")
def show_list() -> str:
    unit_id, days = area_asked(request.args.get("unit"), READERS), read_days(request.args, usual=DAYS)
    page = page_number(request.args.get("page"))
    until = days.period.end if request.args.get("to") else days.period.end + AHEAD
    with looking() as session:
        found = sessions.sessions_of(session, unit_id, since=days.period.start, until=until, page=page)
        coming = sessions.coming(session, viewer(), now=now())
        return render_template(
            "sessions/list.html",
            line=line_down_to(session, unit_id, READERS),
            below=right_below(session, unit_id),
            unit_id=unit_id,
            days=days,
            coming=coming,
            months=[(month, list(held)) for month, held in groupby(found[: sessions.PAGE], key=_month)],
            more=len(found) > sessions.PAGE,
            page=page,
            tallies=sessions.tallies(session, viewer(), [each.id for each in found]),
            counts=sessions.count_sessions(session, Within(unit_id, viewer()), days.period),
            units=units_by_id(session, [each.unit_id for each in (*found, *coming)]),
            may_hold=viewer().may("session.hold"),
            session_standing=standing,
        )


def _month(gathering: Gathering) -> str:
    here = local(gathering.starts_at)
    return f"{here.year}年{here.month}月" if locale().startswith("zh") else f"{here:%B %Y}"


@pages.get("/sessions/new")
@policy("session.hold")
def show_new() -> str:
    return _new_page(area_asked(request.args.get("unit"), HOLDERS))


@pages.post("/sessions")
@policy("session.hold")
def call() -> Response | tuple[str, int]:
    form = request.form
    unit_id = area_asked(form.get("unit_id"), HOLDERS)
    plan = Plan(
        unit_id=unit_id,
        kind=form.get("kind", ""),
        topic=form.get("topic", ""),
        place=form.get("place", ""),
        starts_at=typed_instant(form.get("starts_at")),
        host_id=number(form.get("host_id")),
        units=tuple(form.getlist("units")),
        people=tuple(person for person in map(number, form.getlist("people")) if person is not None),
        names=tuple(form.get("names", "").splitlines()),
    )

    def act(session: Session) -> Done:
        gathering = sessions.schedule(session, plan, viewer=viewer(), now=now())
        return Done(url_for("sessions.show", session_id=gathering.id), _("The session is called."))

    return act_or_page(act, lambda wrong: _new_page(unit_id, wrong))


@pages.get("/sessions/<int:session_id>")
@policy("session.read")
def show(session_id: int) -> str:
    return _page(session_id)


@pages.post("/sessions/<int:session_id>/items")
@policy("session.hold")
def raise_item(session_id: int) -> Response | tuple[str, int]:
    form = request.form
    raised = Raised(
        text=form.get("text", ""),
        by=form.get("by", ""),
        disposition=form.get("disposition", ""),
        answer=form.get("answer", ""),
        kind=form.get("case_kind", ""),
        category=form.get("category", "") if form.get("category", "") in CATEGORIES else "",
        people=counted(form.get("people_count", "")),
    )

    def act(session: Session) -> Done:
        sessions.keep(session, session_id, _minutes(), viewer=viewer())
        item = sessions.raise_item(session, world(), session_id, raised, viewer=viewer(), now=now())
        where = url_for("sessions.show", session_id=session_id, _anchor="raise")
        return Done(where, _("Written down and filed.") if item.case_id else _("Written down."))

    return act_or_page(act, lambda wrong: _page(session_id, wrong))


@pages.post("/sessions/<int:session_id>/items/<int:item_id>/removal")
@policy("session.hold")
def take_back(session_id: int, item_id: int) -> Response:
    def act(session: Session) -> Done:
        sessions.keep(session, session_id, _minutes(), viewer=viewer())
        sessions.take_back(session, session_id, item_id, viewer=viewer())
        return Done(url_for("sessions.show", session_id=session_id), _("The item is removed."))

    return once(act)


@pages.get("/sessions/<int:session_id>/minutes")
@policy("session.read")
def minutes(session_id: int) -> str:
    for_paper()
    return _page(session_id, template="sessions/minutes.html")


@pages.post("/sessions/<int:session_id>/minutes")
@policy("session.hold")
def publish(session_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        sessions.publish(session, session_id, _minutes(), viewer=viewer(), now=now())
        return Done(url_for("sessions.show", session_id=session_id), _("The minutes are published."))

    return act_or_page(act, lambda wrong: _page(session_id, wrong))


@pages.post("/sessions/<int:session_id>/cancellation")
@policy("session.hold")
def cancel(session_id: int) -> Response:
    def act(session: Session) -> Done:
        sessions.cancel(session, session_id, viewer=viewer(), now=now())
        return Done(url_for("sessions.show", session_id=session_id), _("The session is called off."))

    return once(act)


def _new_page(unit_id: str, wrong: Wrong | None = None) -> str:
    with looking() as session:
        line = line_of(session, unit_id)
        offered = [*reversed(line), *right_below(session, unit_id)]
        return render_template(
            "sessions/new.html",
            unit=line[-1],
            own=units_by_id(session, viewer().units(HOLDERS)),
            kinds=tuple(Kind),
            offered=offered,
            staff=staff_on(session, offered[:12]),
            typed=request.form,
            wrong=wrong or {},
        )


def _page(session_id: int, wrong: Wrong | None = None, *, template: str = "sessions/session.html") -> str:
    with looking() as session:
        gathering = sessions.see_session(session, viewer(), session_id)
        items = sessions.items_of(session, viewer(), session_id)
        invited = sessions.invitations_of(session, session_id)
        people = [gathering.host_id, gathering.held_by or 0, *(each.person_id or 0 for each in invited)]
        mine = viewer().may("session.hold", gathering.unit_id)
        still_open = gathering.held_at is None and gathering.cancelled_at is None
        return render_template(
            template,
            gathering=gathering,
            items=items,
            invited=invited,
            people=names(session, people),
            units=units_by_id(session, [gathering.unit_id, *(each.unit_id or "" for each in invited)]),
            untold=sessions.untold(session, viewer(), gathering) if mine and still_open else (),
            told=sessions.told_at(session, viewer(), session_id),
            writes=mine and still_open,
            standing=standing(gathering, any(not item.closed for item in items)),
            kinds=sessions.KINDS,
            categories=CATEGORIES,
            typed=request.form,
            wrong=wrong or {},
        )


def _minutes() -> Minutes:
    """As far as they are written; they come with every form of the page, so that no word is lost."""
    form = request.form
    return Minutes(
        attended=number(form.get("attended")),
        attendees=form.get("attendees", ""),
        text=form.get("minutes", ""),
        told=[item for item in map(number, form.getlist("told")) if item is not None],
    )


def standing(gathering: Gathering, has_open: bool) -> str:
    """In one word: called off, ahead, open or closed."""
    if gathering.cancelled_at is not None:
        return _("was called off")
    if gathering.held_at is None:
        return _("ahead") if gathering.starts_at > now() else _("minutes are due")
    return _("items are open") if has_open else _("closed")

"""Somebody's deadlines and reception days for the calendar program on their phone.

Other programs and their servers keep what they are given, so an entry holds a step, a number and an office, and
nothing about a person; confidential cases are not in it. The address is the secret: it stands in no log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import people, receptions, tasks
from engine.errors import NotFound
from engine.people import Viewer, calendar_feeds
from engine.web import ical
from engine.web.context import acting, looking, now, viewer, world
from engine.web.language import _, speaking
from engine.web.me import page
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.qr import public_base

pages = Blueprint("calendars", __name__)

MOST = 200
"""The deadlines that come first; nobody plans further."""
KEEP_S = 300


@pages.get("/calendar/<secret>.ics")
@policy("public")
def feed(secret: str) -> BaseResponse:
    with looking() as session:
        found = calendar_feeds.find(session, secret)
        if found is None:
            raise NotFound("page.unknown", "There is no such page.")
        person = people.viewer_of(session, found.person_id, now=now())
        with speaking(person.locale or world().config.locale):
            body = ical.written(_("Maplebridge deadlines"), _entries(session, person, warns=found.warns))
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.headers["Cache-Control"] = f"private, max-age={KEEP_S}"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer.make_conditional(request)


@pages.post("/me/calendar")
@policy("signed_in")
def make() -> str:
    """The address stands on the answer and nowhere else."""
    with acting() as session:
        warns = request.form.get("warns") == "on"
        secret = calendar_feeds.make(session, viewer().person_id, warns=warns, now=now())
    return page(calendar=f"{public_base()}{url_for('calendars.feed', secret=secret)}")


@pages.post("/me/calendar/warnings")
@policy("signed_in")
def choose_warnings() -> BaseResponse:
    def act(session: Session) -> Done:
        calendar_feeds.choose_warnings(session, viewer().person_id, warns=request.form.get("warns") == "on")
        return Done(url_for("me.show", _anchor="calendar"), _("Saved."))

    return once(act)


@pages.post("/me/calendar/ending")
@policy("signed_in")
def end() -> BaseResponse:
    def act(session: Session) -> Done:
        calendar_feeds.end(session, viewer().person_id)
        return Done(url_for("me.show", _anchor="calendar"), _("The address opens nothing any more."))

    return once(act)


def _entries(session: Session, person: Viewer, *, warns: bool) -> Iterator[ical.Entry]:
    """What is asked of them, the earliest first, and then the days on which they receive."""
    base, english = public_base(), (person.locale or world().config.locale).startswith("en")
    host = urlsplit(base).hostname or "maplebridge"
    for item in tasks.page(session, person, tasks.Tab.MINE, now=now(), most=MOST).items:
        task = item.task
        if task.due_at is None or item.case.confidential:
            continue
        step = task.name_en if english else task.name_zh
        unit = "" if item.unit is None else item.unit.name("en" if english else "zh_CN")
        yield ical.Entry(
            uid=f"task-{task.id}@{host}",
            at=task.due_at,
            summary=f"{step} · {item.case.number}",
            made_at=task.opened_at,
            described=_("Asked of: %(unit)s", unit=unit) if unit else "",
            url=f"{base}{url_for('tasks.show', task_id=task.id)}",
            rings_at=task.warn_at if warns else None,
        )
    for reception, _booked in receptions.received_by(session, person, now=now(), most=MOST):
        yield ical.Entry(
            uid=f"reception-{reception.id}@{host}",
            at=reception.starts_at,
            until=reception.ends_at,
            summary=_("Reception day"),
            made_at=reception.published_at or reception.created_at,
            place=reception.place_text,
            url=f"{base}{url_for('receptions.show', reception_id=reception.id)}",
            occupies=True,
        )

"""News about one's cases: a list, new ones first seen as such, each opened or all read at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import notify
from engine.errors import Refusal
from engine.notify import Line
from engine.people import names
from engine.territory import units_by_id
from engine.web.context import acting, looking, maybe_viewer, viewer
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy

pages = Blueprint("notices", __name__)


@pages.get("/notices")
@policy("signed_in")
def show() -> str:
    with looking() as session:
        lines, following = notify.notices_of(session, viewer(), before=number(request.args.get("before")))
        return render_template(
            "notices/notices.html",
            lines=lines,
            next=following,
            units=units_by_id(session, _units_in(lines)),
            people=names(session, _people_in(lines)),
            unread=notify.unread(session, viewer()),
        )


@pages.post("/notices/<int:notice_id>/opening")
@policy("signed_in")
def open_one(notice_id: int) -> Response:
    with acting() as session:
        case_id = notify.open_notice(session, viewer(), notice_id)
    if not viewer().may("case.read"):
        return redirect(url_for("staffing.matters"))
    return redirect(url_for("cases.show", case_id=case_id))


@pages.post("/notices/reading")
@policy("signed_in")
def read_all() -> Response:
    up_to = number(request.form.get("up_to")) or 0

    def act(session: Session) -> Done:
        notify.mark_all_read(session, viewer(), up_to=up_to)
        return Done(url_for("notices.show"), _("All read."))

    return once(act)


def unread_notices() -> int:
    """For the head of every page. A page that tells of a fault of the database must not fail over it."""
    who = maybe_viewer()
    if who is None or not (who.units() or who.may("matter.raise")):
        return 0
    try:
        with looking() as session:
            return notify.unread(session, who)
    except Refusal:
        return 0


def _units_in(lines: Sequence[Line]) -> list[str]:
    found = [line.notice.unit_id or line.case.holder_id for line in lines]
    return [*found, *(str(end["unit"]) for line in lines if isinstance(end := line.notice.facts.get("to"), dict))]


def _people_in(lines: Sequence[Line]) -> list[int]:
    return [by for line in lines if isinstance(by := line.notice.facts.get("by"), int)]

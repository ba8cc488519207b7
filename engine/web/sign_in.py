"""Signing in and out, and choosing a language."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from engine.errors import Invalid, NotFound
from engine.people import choose_language as choose_language_of
from engine.people import demo_people, note_attempt, person_by_password, sign_in, sign_out, viewer_of
from engine.territory import units_by_id
from engine.web import cookies
from engine.web.context import acting, address, looking, maybe_viewer, now, world
from engine.web.language import COOKIE, OFFERED, _
from engine.web.policy import policy

pages = Blueprint("sign_in", __name__)
A_YEAR = 365 * 24 * 3600


@pages.get("/sign-in")
@policy("public")
def show() -> str | Response:
    if maybe_viewer() is not None:
        return redirect(_next(request.args.get("next")))
    return _form()


@pages.post("/sign-in")
@policy("public")
def enter() -> Response | tuple[str, int]:
    username, password = request.form.get("username", ""), request.form.get("password", "")
    with acting() as db:
        note_attempt(db, username, address(), now=now())
    try:
        with looking() as db:
            person = person_by_password(db, username, password, now=now())
    except Invalid:
        return _form(username=username, refused=_("The name or the password is wrong.")), 422
    return _let_in(person.id)


@pages.post("/sign-in/demo")
@policy("public")
def enter_demo() -> Response:
    """One tap, in a demonstration only, and only as one of those who are offered."""
    if not world().config.demo:
        raise NotFound("page.unknown", "There is no such page.")
    wanted = request.form.get("person", "")
    with looking() as db:
        person = next((each for each, _membership in demo_people(db) if str(each.id) == wanted), None)
    if person is None:
        raise NotFound("person.unknown", "There is no such person.")
    return _let_in(person.id)


@pages.post("/sign-out")
@policy("public")
def leave() -> Response:
    secret = request.cookies.get(cookies.sign_in_cookie())
    if secret:
        with acting() as db:
            sign_out(db, secret)
    session.clear()
    response = redirect(url_for("sign_in.show"))
    cookies.drop(response, cookies.sign_in_cookie())
    return response


@pages.post("/language")
@policy("public")
def choose_language() -> Response:
    wanted = request.form.get("language", "")
    response = redirect(_next(request.form.get("next")))
    who = maybe_viewer()
    if wanted in OFFERED and who is not None and who.locale != wanted:
        with acting() as db:
            choose_language_of(db, who.person_id, wanted)
    if wanted in OFFERED:
        cookies.keep(response, COOKIE, wanted, seconds=A_YEAR)
    return response


def _let_in(person_id: int) -> Response:
    """A new secret and a new page token at every sign-in: whatever the browser held before is worth nothing."""
    lasts = timedelta(hours=world().config.server.session_absolute_hours)
    with acting() as db:
        old = request.cookies.get(cookies.sign_in_cookie())
        if old:
            sign_out(db, old)
        secret = sign_in(db, person_id, now=now(), lasts=lasts, agent=request.user_agent.string)
        leads = viewer_of(db, person_id).may("board.read")
    session.clear()
    session.permanent = True
    response = redirect(_next(request.form.get("next") or url_for("board.show" if leads else "worklist.show")))
    cookies.keep(response, cookies.sign_in_cookie(), secret, seconds=int(lasts.total_seconds()))
    return response


def _form(*, username: str = "", refused: str | None = None) -> str:
    offered = []
    if world().config.demo:
        with looking() as db:
            people = demo_people(db)
            units = units_by_id(db, (membership.unit_id for _person, membership in people))
            offered = [(person, membership.role, units[membership.unit_id]) for person, membership in people]
    return render_template(
        "sign_in/sign_in.html",
        username=username,
        refused=refused,
        offered=offered,
        next=_next(request.values["next"]) if request.values.get("next") else "",
    )


def _next(wanted: str | None) -> str:
    """Where to go afterwards: an address of ours, or the work list."""
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\") or any(ord(sign) < 32 for sign in wanted):
        return url_for("worklist.show")
    return wanted

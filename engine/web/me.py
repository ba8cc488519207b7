"""Somebody's own page: how the pages look, which notices come, being away, the password, sign-ins and API tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import notify, people
from engine.errors import Conflict, Invalid
from engine.notify import MUTABLE
from engine.people import calendar_feeds, tokens
from engine.territory import ancestors, units_by_id
from engine.web import cookies
from engine.web.context import acting, address, looking, now, viewer, world
from engine.web.language import COOKIE, OFFERED, _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.operations.services import SCOPE_WORDS
from engine.web.policy import policy

TOKEN_DAYS = (30, 90, 365)
YEAR_S = 365 * 24 * 3600

pages = Blueprint("me", __name__)


@pages.get("/me")
@policy("signed_in")
def show() -> str:
    return page()


@pages.post("/me/display")
@policy("signed_in")
def choose_display() -> Response:
    language, theme = request.form.get("language", ""), request.form.get("theme") or None

    def act(session: Session) -> Done:
        people.choose_theme(session, viewer().person_id, theme)
        if language in OFFERED:
            people.choose_language(session, viewer().person_id, language)
        return Done(url_for("me.show"), _("Saved."))

    response = once(act)
    if language in OFFERED:
        cookies.keep(response, COOKIE, language, seconds=YEAR_S)
    return response


@pages.post("/me/notices")
@policy("signed_in")
def choose_notices() -> Response:
    wanted = set(request.form.getlist("kind"))
    muted = [str(kind) for kind in MUTABLE if kind not in wanted]

    def act(session: Session) -> Done:
        people.mute(session, viewer().person_id, muted)
        return Done(url_for("me.show", _anchor="notices"), _("Saved."))

    return once(act)


@pages.post("/me/absences")
@policy("signed_in")
def go_away() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        people.note_absence(
            session,
            viewer().person_id,
            number(request.form.get("deputy")) or 0,
            starts_at=_midnight("starts_on"),
            ends_at=_midnight("ends_on") + timedelta(days=1),
            viewer=viewer(),
            now=now(),
        )
        return Done(url_for("me.show", _anchor="absence"), _("Noted. Your deputy is asked in your place meanwhile."))

    return _tried(lambda: once(act))


@pages.post("/me/absences/<int:absence_id>/ending")
@policy("signed_in")
def come_back(absence_id: int) -> Response:
    def act(session: Session) -> Done:
        people.end_absence(session, absence_id, viewer=viewer(), now=now())
        return Done(url_for("me.show", _anchor="absence"), _("Welcome back: what is asked of you comes to you again."))

    return once(act)


@pages.get("/me/password")
@policy("signed_in")
def password() -> str:
    return render_template("me/password.html", username=_username(), wrong={})


@pages.post("/me/password")
@policy("signed_in")
def change_password() -> Response | tuple[str, int]:
    """The try is counted before it is made, as at the door."""
    me = viewer()
    username = _username()
    with acting() as session:
        people.note_attempt(session, username, address(), now=now())
    try:
        with acting() as session:
            people.change_password(
                session,
                me.person_id,
                request.form.get("present", ""),
                request.form.get("password", ""),
                secret=request.cookies.get(cookies.sign_in_cookie()),
            )
    except Invalid as refusal:
        return render_template("me/password.html", username=username, wrong=refusal.facts.get("fields", {})), 422
    flash(_("Your password is changed. Your other browsers are signed out."))
    return redirect(url_for("me.show"))


@pages.post("/me/sign-ins/<handle>/ending")
@policy("signed_in")
def end_sign_in(handle: str) -> Response:
    def act(session: Session) -> Done:
        people.end_sign_in(session, handle, person_id=viewer().person_id)
        return Done(url_for("me.show", _anchor="sign-ins"), _("Signed out there."))

    return once(act)


@pages.post("/me/sign-ins/ending")
@policy("signed_in")
def end_other_sign_ins() -> Response:
    secret = request.cookies.get(cookies.sign_in_cookie(), "")

    def act(session: Session) -> Done:
        people.end_other_sign_ins(session, viewer().person_id, secret)
        return Done(url_for("me.show", _anchor="sign-ins"), _("All your other browsers are signed out."))

    return once(act)


@pages.post("/me/tokens")
@policy("signed_in")
def issue_token() -> str | tuple[str, int] | Response:
    """The token stands on the answer and nowhere else: it is not kept, so the form cannot be answered twice."""
    days = number(request.form.get("days")) or 0
    try:
        with acting() as session:
            secret = tokens.issue(
                session,
                viewer().person_id,
                request.form.get("name", ""),
                now=now(),
                ends_at=now() + timedelta(days=days if days in TOKEN_DAYS else TOKEN_DAYS[0]),
                for_scopes=request.form.getlist("scopes") or None,
            )
    except (Invalid, Conflict):
        wrong = {
            "zh": "请取一个没用过的名称，最多 80 个字符。",
            "en": "Give a name you have not used, of at most 80 characters.",
        }
        return page(wrong={"name": wrong}), 422
    return page(secret=secret)


@pages.post("/me/tokens/ending")
@policy("signed_in")
def end_token() -> Response:
    def act(session: Session) -> Done:
        tokens.end(session, viewer().person_id, request.form.get("name", ""), now=now())
        return Done(url_for("me.show", _anchor="tokens"), _("The token opens nothing any more."))

    return once(act)


def page(
    *,
    wrong: Mapping[str, Any] | None = None,
    refused: str | None = None,
    secret: str | None = None,
    calendar: str | None = None,
) -> str:
    """`secret` and `calendar` are a new token and a new address of a calendar, shown this once."""
    me = viewer()
    idle = timedelta(minutes=world().config.server.session_idle_minutes)
    cookie = request.cookies.get(cookies.sign_in_cookie())
    with looking() as session:
        sign_ins = people.living_sign_ins(session, now=now(), idle=idle, person_id=me.person_id)
        absences = people.absences_of(session, me.person_id, now=now())
        works = bool(me.units(people.WORKING))
        return render_template(
            "me/me.html",
            person=people.accounts.get_person(session, me.person_id),
            units=units_by_id(session, {each for unit, _role in me.memberships for each in ancestors(unit)}),
            kinds=MUTABLE,
            channels=notify.of_person(session, me.person_id),
            shown=notify.shown,
            speaks_for=me.units(people.ACTS[notify.ACT] - people.BLIND),
            works=works,
            absences=absences,
            deputies=people.fitting_deputies(session, me.person_id) if works else [],
            today=now().astimezone(world().calendar.tz).date(),
            sign_ins=[(each, people.is_secret_of(each, cookie)) for each, _person in sign_ins],
            tokens=tokens.living(session, me.person_id, now=now()),
            token_days=TOKEN_DAYS,
            scope_words=SCOPE_WORDS,
            secret=secret,
            feed=calendar_feeds.of(session, me.person_id),
            calendar=calendar,
            wrong=wrong or {},
            refused=refused,
            raw=request.form,
        )


def _username() -> str:
    with looking() as session:
        return people.accounts.get_person(session, viewer().person_id).username


def _tried(act: Callable[[], Response]) -> Response | tuple[str, int]:
    """The page again, with what was wrong marked, when the act is refused for what was typed or for others' plans."""
    try:
        return act()
    except Invalid as refusal:
        return page(wrong=refusal.facts.get("fields", {})), 422
    except Conflict as refusal:
        return page(refused=refusal.code), 409


def _midnight(key: str) -> datetime:
    """The start of the day that was chosen. Raises Invalid for what is no day."""
    try:
        day = date.fromisoformat(request.form.get(key, ""))
    except ValueError:
        fields = {key: {"zh": "请选择日期。", "en": "Choose a day."}}
        raise Invalid("absence.time", "A day is missing.", fields=fields) from None
    return datetime.combine(day, time(), world().calendar.tz)

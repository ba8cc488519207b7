"""Puts the web together: languages, sign-in, policies, headers, pages, and one page for every kind of refusal."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import Babel
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from engine.clock import Clock
from engine.errors import NotAllowed, Refusal, Unavailable
from engine.people import touch, who_is
from engine.process import World
from engine.store import Store
from engine.web import (
    api,
    assessments,
    attached,
    board,
    calendars,
    campaigns,
    cards,
    cases,
    channels,
    cookies,
    decisions,
    delegations,
    design,
    detection_words,
    documents,
    drafts,
    entries,
    exports,
    field_reports,
    figures,
    filing,
    findings,
    heat,
    imports,
    inspections,
    instructions,
    language,
    letters,
    manual,
    me,
    mediation,
    metrics,
    notices,
    numbers,
    offline,
    operations,
    parties,
    place_codes,
    postmortems,
    public,
    public_receptions,
    receptions,
    reference,
    registers,
    samples,
    search,
    sessions,
    show,
    show_case,
    show_people,
    sign_in,
    staffing,
    statistics,
    tasks,
    templating,
    translations,
    watched,
    worklist,
)
from engine.web.context import KEY, Edge, acting, looking, maybe_viewer, now, stop_looking, world
from engine.web.policy import PUBLIC, SIGNED_IN, policy_of
from engine.web.refusals import typed_text, words_of
from engine.web.status import headers_of, status_of

LARGEST_REQUEST = 1024 * 1024
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

FIRST_PASSWORD = frozenset({"me.password", "me.change_password"})
"""All that somebody may do with a password an operator gave them."""

KEPT = (
    *(assessments, campaigns, findings, imports, mediation, postmortems),
    *(public_receptions, receptions, sessions, staffing),
)
"""The pages of the registers."""

csrf = CSRFProtect()


def create_app(
    store: Store,
    the_world: World,
    clock: Clock,
    *,
    beyond: Sequence[Blueprint] = (),
    leaving: threading.Event | None = None,
) -> OpenAPI:
    """The whole web on one database. `/api/v1` hangs on the same application.

    `beyond` are pages and doors of parts that stand above the engine.
    `leaving` is set when the process is about to stop, so that no new work is given to it.
    """
    app = OpenAPI(__name__, info=Info(title="Maplebridge", version="1"), doc_ui=False)
    app.jinja_environment = templating.Templates
    _configure(app, the_world)
    app.url_map.converters["int"] = numbers.Id
    app.extensions[KEY] = Edge(store, the_world, clock)
    app.extensions[api.LEAVING] = leaving or threading.Event()
    watched.register(app)
    translations.compile_stale()
    Babel(app, locale_selector=language.locale_asked, timezone_selector=lambda: str(the_world.calendar.tz))
    app.jinja_env.install_gettext_callables(language.gettext, language.plural, newstyle=True)  # type: ignore[attr-defined]
    templating.register(app)
    app.before_request(_know_who)
    app.before_request(attached.make_room)
    csrf.init_app(app)  # it reads the form: room for files is made before, and only for those who may come in
    show.register(app)
    entries.register(app)
    show_case.register(app)
    show_people.register(app)
    registers.register(app)
    detection_words.register(app)
    postmortems.register(app)
    assessments.register(app)
    staffing.guidance.register(app)
    mediation.mine.register(app)
    shown = (sign_in, worklist, tasks, cases, parties, search, documents, filing, offline, design, operations, me)
    more = (notices, channels, delegations, drafts, board, cards, decisions, instructions, public, place_codes, samples)
    for pages in (*shown, *more, *KEPT, heat, exports, figures, field_reports, manual, registers, letters, inspections):
        app.register_blueprint(pages.pages)
    for blueprint in (reference.pages, metrics.pages, calendars.pages, statistics.pages, *beyond):
        app.register_blueprint(blueprint)
    api.hang_on(app)
    app.before_request(api.know_bearer)
    app.before_request(_keep_policy)
    app.after_request(_protect)
    app.teardown_request(stop_looking)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _failed)
    return app


def _configure(app: Flask, world: World) -> None:
    server = world.config.server
    app.session_interface = cookies.Sessions()
    app.config.update(
        SECRET_KEY=server.secret_key.get_secret_value(),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # a stylesheet that sets a cookie cannot be cached, and may come late
        PERMANENT_SESSION_LIFETIME=timedelta(hours=server.session_absolute_hours),
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="zh_CN",
        BABEL_TRANSLATION_DIRECTORIES="translations",
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if server.trusted_proxies:
        count = server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _know_who() -> None:
    """Finds the person behind the cookie. A page that everybody may see does without when nobody is signed in."""
    if request.endpoint == "static":
        return
    secret = request.cookies.get(cookies.sign_in_cookie())
    if not secret:
        return
    idle = timedelta(minutes=world().config.server.session_idle_minutes)
    with looking() as session:
        known = who_is(session, secret, now=now(), idle=idle)
        if known is None:
            return
        g.viewer, stale = known
    if stale:
        with suppress(Unavailable), acting() as session:  # who only reads is not stopped by a disk that is full
            touch(session, secret, now=now())


def _keep_policy() -> BaseResponse | None:
    name = policy_of(current_app, request.endpoint)
    if name == PUBLIC:
        return None
    viewer = maybe_viewer()
    if name is None:
        raise NotAllowed("route.no_policy", "Nobody may use this address.")
    if viewer is None:
        if request.method == "GET":
            return redirect(url_for("sign_in.show", next=request.full_path.rstrip("?")))
        raise NotAllowed("sign_in.needed", "Please sign in first.")
    if viewer.must_choose_password and not api.is_api() and request.endpoint not in FIRST_PASSWORD:
        if request.method == "GET":
            return redirect(url_for("me.password"))
        raise NotAllowed("password.must_change", "Choose a password of your own first.")
    if name != SIGNED_IN:
        viewer.must(name)
    return None


def _protect(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    elif "v" in request.args and response.status_code == 200:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"  # the address changes with the content
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def _refused(refusal: Refusal) -> BaseResponse | tuple[str, int, dict[str, str]]:
    if api.is_api():
        return api.problems.of_refusal(refusal)
    status = status_of(refusal)
    if refusal.code == "sign_in.needed":
        offline.asks_to_sign_in()
    if offline.is_sent_later():
        return offline.told(refusal, words_of(status, refusal), status)
    return _page(status, refusal), status, headers_of(refusal)


def _failed(error: HTTPException) -> BaseResponse | tuple[str, int]:
    if api.is_api():
        return api.problems.of_failure(error)
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error.get_response()
    if isinstance(error, CSRFError):
        offline.asks_to_sign_in()
    if offline.is_sent_later():
        return offline.told(None, words_of(status, error, expired=isinstance(error, CSRFError)), status)
    return _page(status, error), status


def _page(status: int, error: Exception) -> str:
    stop_looking()
    said = words_of(status, error, expired=isinstance(error, CSRFError))
    return render_template("errors/error.html", status=status, said=said, typed=typed_text())

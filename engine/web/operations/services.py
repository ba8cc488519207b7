"""Service accounts: those of connected systems, what they may do, and their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import tasks
from engine.errors import Conflict, Invalid
from engine.people import accounts, names, operator_log, scopes, services
from engine.people.services import Service
from engine.territory import units_by_id
from engine.web.context import acting, looking, now, today, viewer, world
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.operations.blueprint import pages, text
from engine.web.periods import typed_day
from engine.web.policy import policy

TOKEN_DAYS = (90, 365, 730)
SCOPE_WORDS: Mapping[str, Any] = {
    "cases:read": N_("read cases, tasks, documents and letters"),
    "cases:file": N_("file cases"),
    "cases:act": N_("act on cases and tasks"),
    "registers:read": N_("read the registers"),
    "registers:write": N_("write into the registers"),
    "figures:read": N_("read figures and reports"),
    "operations:read": N_("read accounts, units and the log"),
    "operations:write": N_("operate the system"),
    "designs:read": N_("read processes and proposals"),
    "designs:write": N_("change and publish processes"),
    "me:read": N_("read one’s own notices"),
    "me:write": N_("change one’s own settings"),
}


@pages.get("/operations/services")
@policy("system.operate")
def list_services() -> str:
    with looking() as session:
        found, following = services.find_services(session, after=number(request.args.get("after")) or 0)
        units = units_by_id(session, (service.unit_id for service, _person in found))
        return render_template(
            "operations/services.html",
            found=found,
            next=following,
            units=units,
            scope_words=SCOPE_WORDS,
            name_of=services.name_of,
        )


@pages.get("/operations/services/new")
@policy("system.operate")
def new_service() -> str:
    return _form(None)


@pages.post("/operations/services")
@policy("system.operate")
def open_service() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        row = services.open_service(session, _service(), viewer=viewer(), now=now())
        _row, person = services.get_service(session, row.person_id)
        return Done(_home(services.name_of(person)), _("The service account is open. Make a token for it."))

    try:
        return once(act)
    except Invalid as refusal:
        return _form(None, wrong=refusal.facts.get("fields")), 422


@pages.get("/operations/services/<service>")
@policy("system.operate")
def show_service(service: str) -> str:
    return _page(service)


@pages.get("/operations/services/<service>/edit")
@policy("system.operate")
def edit_service(service: str) -> str:
    return _form(service)


@pages.post("/operations/services/<service>")
@policy("system.operate")
def change_service(service: str) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        services.change_service(session, _id(session, service), _service(), viewer=viewer(), now=now())
        return Done(_home(service), _("Saved."))

    try:
        return once(act)
    except Invalid as refusal:
        return _form(service, wrong=refusal.facts.get("fields")), 422


@pages.post("/operations/services/<service>/closing")
@policy("system.operate")
def close_service(service: str) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        tasks.deactivate(session, _id(session, service), text("reason"), viewer=viewer(), now=now())
        return Done(_home(service), _("The account is closed; its tokens open nothing any more."))

    return _done(service, act)


@pages.post("/operations/services/<service>/opening")
@policy("system.operate")
def reopen_service(service: str) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        accounts.reactivate(session, _id(session, service), text("reason"), viewer=viewer(), now=now())
        return Done(_home(service), _("The account is open again. Its tokens have ended; make another."))

    return _done(service, act)


@pages.post("/operations/services/<service>/tokens")
@policy("system.operate")
def issue_service_token(service: str) -> str | tuple[str, int]:
    """The token stands on the answer and nowhere else."""
    days = number(request.form.get("days")) or 0
    ends_at = now() + timedelta(days=days if days in TOKEN_DAYS else TOKEN_DAYS[0])
    try:
        with acting() as session:
            secret = services.issue_token(
                session, _id(session, service), text("name"), ends_at=ends_at, viewer=viewer(), now=now()
            )
    except (Invalid, Conflict):
        wrong = {
            "zh": "请取一个没用过的名称，最多 80 个字符。",
            "en": "Give a name it has not used, of at most 80 characters.",
        }
        return _page(service, wrong={"name": wrong}), 422
    return _page(service, secret=secret)


@pages.post("/operations/services/<service>/tokens/<handle>/rotation")
@policy("system.operate")
def rotate_service_token(service: str, handle: str) -> str:
    with acting() as session:
        secret = services.rotate_token(session, _id(session, service), handle, viewer=viewer(), now=now())
    return _page(service, secret=secret)


@pages.post("/operations/services/<service>/tokens/<handle>/ending")
@policy("system.operate")
def end_service_token(service: str, handle: str) -> Response:
    def act(session: Session) -> Done:
        services.end_token(session, _id(session, service), handle, viewer=viewer(), now=now())
        return Done(_home(service), _("The token opens nothing any more."))

    return once(act)


def _done(service: str, act: Any) -> Response | tuple[str, int]:
    try:
        return once(act)
    except Invalid as refusal:
        return _page(service, wrong=refusal.facts.get("fields")), 422


def _page(service: str, *, wrong: Mapping[str, Any] | None = None, secret: str | None = None) -> str:
    with looking() as session:
        row, person = services.called(session, service)
        entries, _next = operator_log.entries(session, subject=f"person:{person.id}", most=10)
        return render_template(
            "operations/service.html",
            name=service,
            service=row,
            person=person,
            unit=units_by_id(session, [row.unit_id]).get(row.unit_id),
            tokens=services.tokens_of(session, person.id),
            token_days=TOKEN_DAYS,
            scope_words=SCOPE_WORDS,
            secret=secret,
            entries=entries,
            actors=names(session, (each.actor_id for each in entries if each.actor_id is not None)),
            wrong=wrong or {},
            raw=request.form,
        )


def _form(service: str | None, *, wrong: Mapping[str, Any] | None = None) -> str:
    said: Mapping[str, Any] = {"roles": [], "scopes": ["cases:read", "cases:file"]}
    if service is not None:
        with looking() as session:
            row, person = services.called(session, service)
            ends_on = None if row.ends_at is None else row.ends_at.astimezone(world().calendar.tz) - timedelta(days=1)
            said = {
                "name": service,
                "name_zh": person.name_zh,
                "name_en": person.name_en,
                "unit_id": row.unit_id,
                "roles": row.roles,
                "scopes": row.scopes,
                "purpose": row.purpose,
                "ends_on": "" if ends_on is None else ends_on.date().isoformat(),
            }
    if request.method == "POST":
        lists = {"roles": request.form.getlist("roles"), "scopes": request.form.getlist("scopes")}
        said = {**said, **request.form.to_dict(), **lists}
    return render_template(
        "operations/service_form.html",
        service=service,
        said=said,
        every_role=accounts.ROLES,
        every_scope=tuple(scopes.SCOPES),
        scope_words=SCOPE_WORDS,
        tomorrow=today() + timedelta(days=1),
        wrong=wrong or {},
    )


def _service() -> Service:
    """The last day of the form is inclusive. Without a day it ends when it is closed."""
    last = typed_day(text("ends_on"))
    if text("ends_on") and last is None:
        fields = {"ends_at": {"zh": "请选择日期。", "en": "Choose a day."}}
        raise Invalid("service.invalid", "That is no day.", fields=fields)
    ends_at = None if last is None else datetime.combine(last + timedelta(days=1), time(), world().calendar.tz)
    return Service(
        text("name"),
        text("name_zh"),
        text("name_en"),
        text("unit_id"),
        request.form.getlist("roles"),
        request.form.getlist("scopes"),
        text("purpose"),
        ends_at,
    )


def _id(session: Session, service: str) -> int:
    row, _person = services.called(session, service)
    return row.person_id


def _home(service: str) -> str:
    return url_for("operations.show_service", service=service)

"""Accounts: find, open, change, close, unlock; passwords for the first day; roles in units; absences of the sick."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import people, tasks
from engine.errors import Conflict, Invalid
from engine.people import Account, accounts
from engine.territory import ancestors, units_by_id
from engine.web.context import acting, looking, now, viewer, world
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.operations.blueprint import pages, text
from engine.web.policy import policy

GUESSES = timedelta(minutes=15)


@pages.get("/operations/people")
@policy("system.operate")
def list_people() -> str:
    words, unit = request.args.get("q", "")[:60], request.args.get("unit", "")[:64]
    with looking() as session:
        found, following = accounts.find_people(
            session, words, unit_id=unit or None, after=number(request.args.get("after")) or 0
        )
        roles = accounts.memberships_of(session, [person.id for person in found])
        units = units_by_id(session, (each.unit_id for listed in roles.values() for each in listed))
        return render_template(
            "operations/people.html", found=found, next=following, roles=roles, units=units, q=words, unit=unit
        )


@pages.get("/operations/people/new")
@policy("system.operate")
def new_person() -> str:
    return render_template("operations/new_person.html", raw={}, wrong={})


@pages.post("/operations/people")
@policy("system.operate")
def open_account() -> str | tuple[str, int]:
    """The first password stands on the answer and nowhere else."""
    try:
        with acting() as session:
            person, password = accounts.open_account(session, _account(), viewer=viewer(), now=now())
    except Invalid as refusal:
        wrong = refusal.facts.get("fields", {})
        return render_template("operations/new_person.html", raw=request.form, wrong=wrong), 422
    return _page(person.id, password=password)


@pages.get("/operations/people/<int:person_id>")
@policy("system.operate")
def show_person(person_id: int) -> str:
    return _page(person_id)


@pages.post("/operations/people/<int:person_id>")
@policy("system.operate")
def change_account(person_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> str:
        accounts.change_account(session, person_id, _account(), viewer=viewer(), now=now())
        return _("Saved.")

    return _done(person_id, act)


@pages.post("/operations/people/<int:person_id>/password")
@policy("system.operate")
def reset_password(person_id: int) -> str | tuple[str, int]:
    try:
        with acting() as session:
            password = accounts.reset_password(session, person_id, text("reason"), viewer=viewer(), now=now())
    except Invalid as refusal:
        return _page(person_id, wrong=_marked(refusal, "password")), 422
    return _page(person_id, password=password)


@pages.post("/operations/people/<int:person_id>/unlocking")
@policy("system.operate")
def unlock(person_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> str:
        accounts.unlock(session, person_id, viewer=viewer(), now=now())
        return _("They may try again at once.")

    return _done(person_id, act)


@pages.post("/operations/people/<int:person_id>/closing")
@policy("system.operate")
def close_account(person_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> str:
        tasks.deactivate(session, person_id, text("reason"), viewer=viewer(), now=now())
        return _("The account is closed; they are signed out, and what they had claimed is back with the unit.")

    return _done(person_id, act, mark="closing")


@pages.post("/operations/people/<int:person_id>/opening")
@policy("system.operate")
def open_again(person_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> str:
        accounts.reactivate(session, person_id, text("reason"), viewer=viewer(), now=now())
        return _("The account is open again.")

    return _done(person_id, act, mark="closing")


@pages.post("/operations/people/<int:person_id>/roles")
@policy("system.operate")
def give_role(person_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> str:
        accounts.give_role(session, person_id, text("unit"), text("role"), text("reason"), viewer=viewer(), now=now())
        return _("The role is given.")

    return _done(person_id, act, mark="role")


@pages.post("/operations/people/<int:person_id>/roles/ending")
@policy("system.operate")
def take_role(person_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> str:
        tasks.take_role(session, person_id, text("unit"), text("role"), text("reason"), viewer=viewer(), now=now())
        return _("The role is taken; what they had claimed by it is back with the unit.")

    return _done(person_id, act, mark="taking")


@pages.post("/operations/people/<int:person_id>/absences")
@policy("system.operate")
def note_absence(person_id: int) -> Response | tuple[str, int]:
    """For those who cannot do it themselves."""

    def act(session: Session) -> str:
        absence = people.note_absence(
            session,
            person_id,
            number(text("deputy")) or 0,
            starts_at=now(),
            ends_at=_day_after("ends_on"),
            viewer=viewer(),
            now=now(),
        )
        facts = {"deputy": absence.deputy_id, "until": absence.ends_at.isoformat()}
        people.operator_log.log(session, viewer(), "absence.noted", f"person:{person_id}", now=now(), facts=facts)
        return _("The deputy is asked in their place meanwhile.")

    return _done(person_id, act, mark="absence")


def _done(person_id: int, act: Any, *, mark: str = "") -> Response | tuple[str, int]:
    """Does an act on an account; what was wrong is marked at its form. Other nodes learn of roles within a minute."""

    def acted(session: Session) -> Done:
        said = act(session)
        return Done(url_for("operations.show_person", person_id=person_id), said)

    try:
        answer = once(acted)
    except Invalid as refusal:
        return _page(person_id, wrong=_marked(refusal, mark)), 422
    except Conflict as refusal:
        if not refusal.code.startswith(("absence.", "operator.", "person.")):
            raise
        return _page(person_id, refused=refusal.code), 409
    world().forget_people()
    return answer


def _marked(refusal: Invalid, mark: str) -> dict[str, Any]:
    """Several forms of the page ask for a reason: each has its own mark."""
    fields: Mapping[str, Any] = refusal.facts.get("fields", {})
    return {f"{mark}-{key}" if key in ("reason", "ends_on", "deputy") and mark else key: fields[key] for key in fields}


def _page(
    person_id: int,
    *,
    wrong: Mapping[str, Any] | None = None,
    refused: str | None = None,
    password: str | None = None,
) -> str:
    with looking() as session:
        person = accounts.get_person(session, person_id)
        roles = accounts.memberships_of(session, [person_id]).get(person_id, [])
        entries, _next = people.operator_log.entries(session, subject=f"person:{person_id}", most=10)
        idle = timedelta(minutes=world().config.server.session_idle_minutes)
        works = any(each.role in people.WORKING for each in roles)
        return render_template(
            "operations/person.html",
            person=person,
            roles=roles,
            units=units_by_id(session, {each for role in roles for each in ancestors(role.unit_id)}),
            every_role=accounts.ROLES,
            absences=people.absences_of(session, person_id, now=now()),
            deputies=people.fitting_deputies(session, person_id) if works and person.active else [],
            sign_ins=people.living_sign_ins(session, now=now(), idle=idle, person_id=person_id),
            locked=accounts.is_locked(session, person, now=now()),
            entries=entries,
            actors=people.names(session, (each.actor_id for each in entries if each.actor_id is not None)),
            password=password,
            wrong=wrong or {},
            refused=refused,
            raw=request.form,
        )


def _account() -> Account:
    return Account(text("username"), text("name_zh"), text("name_en"), text("phone") or None)


def _day_after(key: str) -> datetime:
    try:
        day = date.fromisoformat(text(key))
    except ValueError:
        fields = {key: {"zh": "请选择日期。", "en": "Choose a day."}}
        raise Invalid("absence.time", "A day is missing.", fields=fields) from None
    return datetime.combine(day + timedelta(days=1), time(), world().calendar.tz)

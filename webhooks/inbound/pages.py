"""What came in: the page of operators about every source, and what could not be taken."""

from __future__ import annotations

import os
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine.errors import Invalid
from engine.web.context import acting, looking, now, viewer, world
from engine.web.language import _, ngettext
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from webhooks.inbound import looking as looked
from webhooks.inbound import operations, rows
from webhooks.inbound.model import Delivery, State
from webhooks.inbound.sources import sources_of, unready
from webhooks.inbound.words import LONG, SCHEMES, STATES, TURNED_AWAY
from webhooks.inbound.writing_back import send_again, written_back

__all__ = ["operations", "pages"]
"""Importing the operations has given them to the API."""

pages = Blueprint("inbound", __name__, url_prefix="/operations/inbound")


@pages.record
def _tab(state: BlueprintSetupState) -> None:
    tabs: Any = state.app.jinja_env.globals.setdefault("operation_tabs", [])
    tabs.append(("inbound.show", N_("What came in")))


@pages.get("")
@policy("system.operate")
def show() -> str:
    config = world().config
    source = request.args.get("source", "")[:40] or None
    state = request.args.get("state", "")[:12]
    state = state if state in set(State) else ""
    with looking() as session:
        found, following = rows.listed(
            session, source=source, state=state or None, before=number(request.args.get("before")), viewer=viewer()
        )
        return render_template(
            "inbound/came.html",
            sources=rows.what_came(session, sources_of(config), viewer=viewer(), now=now()),
            unready=dict(unready(sources_of(config), os.environ)),
            rows=found,
            next=following,
            numbers=rows.numbers_of(session, found),
            backs=written_back(session),
            source=source,
            state=state,
            states=STATES,
            turned_away=TURNED_AWAY,
            schemes=SCHEMES,
            said=LONG,
        )


@pages.post("/sources/<source>/writing")
@policy("system.operate")
def write_back_again(source: str) -> Response:
    def act(session: Session) -> Done:
        count = send_again(session, source, viewer=viewer(), now=now())
        said = ngettext("%(num)d is sent again.", "%(num)d are sent again.", count)
        return Done(url_for("inbound.show"), said)

    return once(act)


@pages.get("/<int:delivery_id>")
@policy("system.operate")
def show_delivery(delivery_id: int) -> str:
    with looking() as session:
        return _page(session, rows.get(session, delivery_id, viewer=viewer()))


@pages.post("/<int:delivery_id>/filing")
@policy("system.operate")
def take_in_again(delivery_id: int) -> Response:
    def act(session: Session) -> Done:
        waits = looked.take_in_again(session, world(), delivery_id, viewer=viewer(), now=now())
        said = _("Taken in again; it is settled within seconds.") if waits else _("It still cannot be taken.")
        return Done(url_for("inbound.show_delivery", delivery_id=delivery_id), said)

    return once(act)


@pages.post("/<int:delivery_id>/dropping")
@policy("system.operate")
def put_aside(delivery_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        looked.put_aside(session, delivery_id, request.form.get("reason", ""), viewer=viewer(), now=now())
        return Done(url_for("inbound.show"), _("Put aside. Nothing of its content is kept."))

    try:
        return once(act)
    except Invalid as refusal:
        return _again(delivery_id, "aside", refusal)


@pages.post("/<int:delivery_id>/content")
@policy("system.operate")
def show_body(delivery_id: int) -> str | tuple[str, int]:
    try:
        with acting() as session:
            row, body = looked.show_body(
                session, world(), delivery_id, request.form.get("reason", ""), viewer=viewer(), now=now()
            )
    except Invalid as refusal:
        return _again(delivery_id, "content", refusal)
    with looking() as session:
        return _page(session, rows.get(session, row.id, viewer=viewer()), body=body)


def _again(delivery_id: int, mark: str, refusal: Invalid) -> tuple[str, int]:
    """Two forms of the page ask for a reason: each has its own mark."""
    wrong = {f"{mark}-reason": refusal.facts["fields"]["reason"]}
    with looking() as session:
        return _page(session, rows.get(session, delivery_id, viewer=viewer()), wrong=wrong), 422


def _page(session: Session, row: Delivery, *, body: str | None = None, wrong: dict[str, object] | None = None) -> str:
    return render_template(
        "inbound/delivery.html",
        row=row,
        number=rows.numbers_of(session, [row]).get(row.case_id or 0),
        looks=row.state in rows.TO_LOOK_AT,
        lines=looked.masked_lines(world(), row),
        body=body,
        states=STATES,
        said=LONG,
        wrong=wrong or {},
    )

"""The operator's pages of subscriptions: who follows what, and how every delivery went. No case's content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext as N_
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deliveries, outbox, people, tasks
from engine.errors import Conflict, Invalid
from engine.outward import Outward, Refused
from engine.territory import units_by_id
from engine.web.context import acting, looking, now, viewer, world
from engine.web.delivery_words import why
from engine.web.language import _, ngettext
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.qr import public_base
from webhooks.outbound import keeping, operations
from webhooks.outbound.event import example
from webhooks.outbound.keeping import Line, Wanted
from webhooks.outbound.kinds import KINDS
from webhooks.outbound.trial import root_secret, send_trial
from webhooks.outbound.words import MEANS, kind_name

__all__ = ["operations", "pages"]
"""Importing the operations has given them to the API."""

pages = Blueprint("subscriptions", __name__, url_prefix="/operations/subscriptions")

STATES = ("waiting", "delivered", "failed")


@pages.record
def _tab(state: BlueprintSetupState) -> None:
    """A tab among those of operations."""
    tabs: Any = state.app.jinja_env.globals.setdefault("operation_tabs", [])
    tabs.append(("subscriptions.show_list", N_("Subscriptions")))


@pages.context_processor
def _words() -> dict[str, Any]:
    return {"kind_name": kind_name, "why": why}


@pages.get("")
@policy("outbound.keep")
def show_list() -> str:
    with looking() as session:
        lines = keeping.all_of(session)
        return render_template(
            "subscriptions/list.html",
            lines=lines,
            health=deliveries.health_of(session, [line.receiver.id for line in lines], hidden=_hidden()),
            units=units_by_id(session, (line.subscription.unit_id for line in lines)),
        )


@pages.get("/kinds")
@policy("outbound.keep")
def show_kinds() -> str:
    """What is sent, for whoever writes a receiver."""
    shown = _indented(example(now=now(), public_url=public_base()))
    return render_template("subscriptions/kinds.html", kinds=KINDS, means=MEANS, example=shown)


@pages.get("/new")
@policy("outbound.keep")
def new() -> str:
    top = min(viewer().units(["operator"]), key=lambda unit: unit.count("."), default="")
    return _form(None, {"name": "", "url": "https://", "unit": top, "kinds": list(KINDS)}, {})


@pages.post("")
@policy("outbound.keep")
def make() -> str | tuple[str, int]:
    """The secret stands on the answer and nowhere else."""
    wanted = _wanted()
    try:
        with acting() as session:
            line = keeping.make(session, wanted, root_secret(), viewer=viewer(), now=now())
    except Invalid as refusal:
        return _form(None, _typed(), refusal.facts.get("fields", {})), 422
    return _page(line.subscription.id, secret=deliveries.secret_text(root_secret(), line.receiver.keys[0]))


@pages.get("/<int:subscription_id>")
@policy("outbound.keep")
def show(subscription_id: int) -> str:
    return _page(subscription_id)


@pages.get("/<int:subscription_id>/edit")
@policy("outbound.keep")
def edit(subscription_id: int) -> str:
    with looking() as session:
        line = keeping.get(session, subscription_id)
        subscription = line.subscription
        kept = {"name": line.name, "url": line.receiver.url, "unit": subscription.unit_id, "kinds": subscription.kinds}
    return _form(line, kept, {})


@pages.post("/<int:subscription_id>")
@policy("outbound.keep")
def change(subscription_id: int) -> Response | tuple[str, int]:
    wanted = _wanted()

    def act(session: Session) -> Done:
        keeping.change(session, subscription_id, wanted, viewer=viewer(), now=now())
        return Done(_here(subscription_id), _("Saved."))

    try:
        return once(act)
    except Invalid as refusal:
        with looking() as session:
            line = keeping.get(session, subscription_id)
        return _form(line, _typed(), refusal.facts.get("fields", {})), 422


@pages.post("/<int:subscription_id>/pings")
@policy("outbound.keep")
def ping(subscription_id: int) -> Response:
    """A trial, sent now and once."""
    sent = send_trial(subscription_id)
    flash(_("It answered %(status)s in %(ms)d ms.", status=sent.status, ms=sent.ms) if sent.ok else why(sent.said))
    return redirect(_here(subscription_id))


@pages.post("/<int:subscription_id>/pausing")
@policy("outbound.keep")
def pause(subscription_id: int) -> Response:
    def act(session: Session) -> Done:
        keeping.pause(session, subscription_id, viewer=viewer(), now=now())
        return Done(_here(subscription_id), _("Paused. What happens meanwhile is kept for it."))

    return once(act)


@pages.post("/<int:subscription_id>/resuming")
@policy("outbound.keep")
def resume(subscription_id: int) -> Response:
    def act(session: Session) -> Done:
        keeping.resume(session, subscription_id, viewer=viewer(), now=now())
        return Done(_here(subscription_id), _("It is sent to again, from what waited longest."))

    return once(act)


@pages.post("/<int:subscription_id>/secrets")
@policy("outbound.keep")
def rotate(subscription_id: int) -> str:
    """As in `make`, the new secret stands on the answer only."""
    with acting() as session:
        key = keeping.rotate(session, subscription_id, root_secret(), viewer=viewer(), now=now())
    return _page(subscription_id, secret=deliveries.secret_text(root_secret(), key))


@pages.post("/<int:subscription_id>/secrets/ending")
@policy("outbound.keep")
def end_old_secret(subscription_id: int) -> Response:
    def act(session: Session) -> Done:
        keeping.end_old_secret(session, subscription_id, viewer=viewer(), now=now())
        return Done(_here(subscription_id), _("From now on only the newest secret signs."))

    return once(act)


@pages.post("/<int:subscription_id>/deletion")
@policy("outbound.keep")
def remove(subscription_id: int) -> Response:
    def act(session: Session) -> Done:
        keeping.remove(session, subscription_id, viewer=viewer(), now=now())
        return Done(url_for("subscriptions.show_list"), _("The subscription is gone, and nothing more is sent to it."))

    return once(act)


@pages.get("/<int:subscription_id>/deliveries/<int:delivery_id>")
@policy("outbound.keep")
def show_delivery(subscription_id: int, delivery_id: int) -> str:
    with looking() as session:
        line = keeping.get(session, subscription_id)
        delivery = deliveries.get_delivery(session, line.receiver.id, delivery_id, hidden=_hidden())
        tries = deliveries.attempts_of(session, delivery_id)
        body = _indented(delivery.body)
        return render_template("subscriptions/delivery.html", line=line, delivery=delivery, body=body, tries=tries)


@pages.post("/<int:subscription_id>/deliveries/<int:delivery_id>/repetition")
@policy("outbound.keep")
def redeliver(subscription_id: int, delivery_id: int) -> Response:
    where = url_for("subscriptions.show_delivery", subscription_id=subscription_id, delivery_id=delivery_id)

    def act(session: Session) -> Done:
        try:
            keeping.redeliver(session, subscription_id, delivery_id, viewer=viewer(), now=now())
        except Conflict:
            return Done(where, _("It waits to be sent already."))
        return Done(where, _("It is sent again under the same id."))

    return once(act)


@pages.post("/<int:subscription_id>/repetitions")
@policy("outbound.keep")
def redeliver_failed(subscription_id: int) -> Response:
    def act(session: Session) -> Done:
        count = keeping.redeliver_failed(session, subscription_id, viewer=viewer(), now=now())
        said = ngettext("%(num)d message is sent again.", "%(num)d messages are sent again.", count)
        return Done(_here(subscription_id), said)

    return once(act)


def _page(subscription_id: int, *, secret: str | None = None) -> str:
    asked = request.args.get("state")
    state = asked if asked in STATES else None
    with looking() as session:
        line = keeping.get(session, subscription_id)
        entries, following = deliveries.deliveries_of(
            session, line.receiver.id, state=state, before=number(request.args.get("before")), hidden=_hidden()
        )
        return render_template(
            "subscriptions/subscription.html",
            line=line,
            health=deliveries.health_of(session, [line.receiver.id], hidden=_hidden())[line.receiver.id],
            unit=units_by_id(session, [line.subscription.unit_id]).get(line.subscription.unit_id),
            maker=people.names(session, [line.subscription.made_by]).get(line.subscription.made_by),
            secret_made=datetime.fromisoformat(line.receiver.keys[0]["made_at"]),
            old_until=_old_until(line),
            entries=entries,
            next=following,
            state=state,
            states=STATES,
            every_kind=len(KINDS),
            secret=secret,
            held=outbox.held(session) is not None,
        )


def _hidden() -> Select[str]:
    """An operator who is complained about in a case is shown no message about it."""
    return tasks.numbers_shut_out(viewer())


def _old_until(line: Line) -> datetime | None:
    """Until when the secret before the newest one signs too; None when it does no more."""
    if len(line.receiver.keys) < 2:
        return None
    ends_at = datetime.fromisoformat(line.receiver.keys[1]["ends_at"])
    return ends_at if ends_at > now() else None


def _indented(body: str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)


def _form(line: Line | None, typed: Mapping[str, Any], wrong: Mapping[str, Any]) -> str:
    return render_template("subscriptions/form.html", line=line, raw=typed, wrong=wrong, kinds=MEANS)


def _typed() -> Mapping[str, Any]:
    return {**request.form, "kinds": request.form.getlist("kinds")}


def _wanted() -> Wanted:
    """The address is resolved here, before any transaction."""
    url, fault = request.form.get("url", "").strip(), None
    try:
        url = Outward(world().config.outbound.inside).check(url) if url else ""
    except Refused as refusal:
        fault = refusal.facts["fields"]["url"]
    name, unit = request.form.get("name", "").strip(), request.form.get("unit", "").strip()
    return Wanted(name, url, request.form.getlist("kinds"), unit, fault)


def _here(subscription_id: int) -> str:
    return url_for("subscriptions.show", subscription_id=subscription_id)

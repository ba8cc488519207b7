"""Is it running, is anything late, is anything set aside; who is signed in, and what operators did."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deadlines, deliveries, deploy, notify, outbox, people, process, tasks
from engine.store import whole_size
from engine.web import cookies
from engine.web.context import looking, now, viewer, world
from engine.web.delivery_words import why
from engine.web.heartbeat import nodes
from engine.web.language import _, ngettext
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.operations.blueprint import pages
from engine.web.policy import policy

SILENT_AFTER = timedelta(seconds=60)
STALE_AFTER = timedelta(days=8)
"""A weekly backup that did not come is told."""


@pages.get("/operations")
@policy("system.operate")
def show() -> str:
    with looking() as session:
        beats = nodes(session)
        hidden = tasks.numbers_shut_out(viewer())
        backups, _older = people.operator_log.entries(session, subject=people.operator_log.BACKUP, most=1)
        return render_template(
            "operations/operations.html",
            oldest=deadlines.oldest_unprocessed(session, now=now()),
            next_due=deadlines.next_due(session),
            nodes=beats,
            silent_before=now() - SILENT_AFTER,
            waiting=outbox.backlog(session),
            held=outbox.held(session),
            kept_back=(mails := notify.backlog(session))[0] + deliveries.count_waiting(session),
            mails_lost=mails[1],
            causes=process.causes(process.troubles(session, viewer=viewer())),
            stuck=outbox.stuck(session),
            receivers=(receivers := deliveries.in_trouble(session)),
            open_of=deliveries.health_of(session, [each.id for each in receivers], hidden=hidden) if receivers else {},
            why=why,
            loaded_until=world().calendar.loaded_until,
            unpublished=not deploy.recent_releases(session, most=1),
            size=whole_size(session),
            backup=(backed_up := backups[0].at if backups else None),
            stale=backed_up is not None and backed_up < now() - STALE_AFTER,
        )


@pages.post("/operations/incidents/<int:instance_id>/retry")
@policy("system.operate")
def retry(instance_id: int) -> Response:
    def act(session: Session) -> Done:
        goes_on = process.retry(session, world(), instance_id, viewer=viewer(), now=now())
        said = _("Taken up again.") if goes_on else _("It failed again; what it says stands below.")
        return Done(url_for("operations.show", _anchor="incidents"), said)

    return once(act)


@pages.post("/operations/incidents/retries")
@policy("system.operate")
def retry_cause() -> Response:
    def act(session: Session) -> Done:
        count = process.retry_cause(session, world(), request.form.get("said", ""), viewer=viewer(), now=now())
        return Done(
            url_for("operations.show", _anchor="incidents"),
            ngettext("%(num)d case taken up again.", "%(num)d cases taken up again.", count),
        )

    return once(act)


@pages.post("/operations/hold/ending")
@policy("system.operate")
def let_go() -> Response:
    """What was held after a restore is sent again."""

    def act(session: Session) -> Done:
        if outbox.let_go(session):
            people.operator_log.log(session, viewer(), "deliveries.released", "deliveries", now=now())
        return Done(url_for("operations.show"), _("What waits is sent again."))

    return once(act)


@pages.get("/operations/sign-ins")
@policy("system.operate")
def sign_ins() -> str:
    idle = timedelta(minutes=world().config.server.session_idle_minutes)
    with looking() as session:
        found = people.living_sign_ins(session, now=now(), idle=idle)
        cookie = request.cookies.get(cookies.sign_in_cookie())
        rows = [(each, person, people.is_secret_of(each, cookie)) for each, person in found]
        return render_template("operations/sign_ins.html", rows=rows)


@pages.post("/operations/sign-ins/<handle>/ending")
@policy("system.operate")
def end_sign_in(handle: str) -> Response:
    def act(session: Session) -> Done:
        if people.end_sign_in(session, handle):
            people.operator_log.log(session, viewer(), "sign_in.ended", f"sign-in:{handle}", now=now())
        return Done(url_for("operations.sign_ins"), _("Signed out there."))

    return once(act)


@pages.get("/operations/log")
@policy("system.operate")
def log() -> str:
    subject = request.args.get("subject") or None
    with looking() as session:
        rows, following = people.operator_log.entries(
            session,
            subject=subject,
            before=number(request.args.get("before")),
            hidden=tasks.numbers_shut_out(viewer()),
        )
        ids = [row.actor_id for row in rows if row.actor_id is not None]
        ids += [of for row in rows if (of := number(row.subject.partition("person:")[2])) is not None]
        return render_template(
            "operations/log.html", rows=rows, next=following, subject=subject, people=people.names(session, ids)
        )

"""Mail and messages to groups that could not be delivered: why, and once more or never. Not what they say."""

from __future__ import annotations

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import notify, people
from engine.territory import units_by_id
from engine.web.channels import why_not
from engine.web.context import looking, now, viewer
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.operations.blueprint import pages
from engine.web.policy import policy


@pages.get("/operations/messages")
@policy("system.operate")
def messages() -> str:
    with looking() as session:
        rows, following = notify.stuck(session, before=number(request.args.get("before")))
        channels = [row.channel for row in rows if row.channel is not None]
        return render_template(
            "operations/messages.html",
            rows=rows,
            next=following,
            backlog=notify.backlog(session),
            shown=notify.shown,
            why_not=why_not,
            people=people.names(session, (each.person_id for each in channels if each.person_id is not None)),
            units=units_by_id(session, (each.unit_id for each in channels if each.unit_id is not None)),
        )


@pages.post("/operations/messages/<int:sending_id>/retry")
@policy("system.operate")
def retry_message(sending_id: int) -> Response:
    def act(session: Session) -> Done:
        notify.try_again(session, sending_id, viewer=viewer(), now=now())
        return Done(url_for("operations.messages"), _("It is tried again now."))

    return once(act)


@pages.post("/operations/messages/<int:sending_id>/dropping")
@policy("system.operate")
def drop_message(sending_id: int) -> Response:
    def act(session: Session) -> Done:
        notify.let_be(session, sending_id, viewer=viewer(), now=now())
        return Done(url_for("operations.messages"), _("It is put away and never sent."))

    return once(act)

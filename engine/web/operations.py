"""The operator's page: is it running, is anything late, is anything set aside, do we know next year's calendar."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from engine import deadlines, outbox, process
from engine.web.context import acting, looking, now, viewer, world
from engine.web.heartbeat import last_beat
from engine.web.language import _
from engine.web.policy import policy

SILENT_AFTER = timedelta(seconds=60)

pages = Blueprint("operations", __name__)


@pages.get("/operations")
@policy("system.operate")
def show() -> str:
    calendar = world().calendar
    here = now().astimezone(calendar.tz).date()
    alarm = calendar.loaded_until.year <= here.year and (here.month == 12 or calendar.loaded_until < here)
    with looking() as session:
        beat = last_beat(session)
        return render_template(
            "operations/operations.html",
            oldest=deadlines.oldest_unprocessed(session, now=now()),
            next_due=deadlines.next_due(session),
            heartbeat=beat,
            silent=beat is None or now() - beat > SILENT_AFTER,
            troubles=process.troubles(session),
            stuck=outbox.stuck(session),
            loaded_until=calendar.loaded_until,
            calendar_alarm=alarm,
        )


@pages.post("/operations/incidents/<int:instance_id>/retry")
@policy("system.operate")
def retry(instance_id: int) -> Response:
    with acting() as session:
        process.retry(session, world(), instance_id, viewer=viewer(), now=now())
    flash(_("Taken up again."))
    return redirect(url_for("operations.show"))

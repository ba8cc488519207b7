"""What the proactive work asks of whoever looks: units to check, findings to look at again, contacts owed this week."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from engine import inspections
from engine.web.context import looking, now, viewer, world
from engine.web.inspections.blueprint import known, lines, pages
from engine.web.policy import policy
from engine.web.show import local


@pages.get("/inspections")
@policy("inspection.read")
def show() -> str | Response:
    """Those who only read, or stand for an office, come to the plans instead."""
    if not inspections.rounds_of(viewer()):
        return redirect(url_for("inspections.plans"))
    with looking() as session:
        waiting = inspections.waiting(session, world(), viewer=viewer(), now=now())
        unit_ids = [each.unit_id for each in waiting.due] + [each.unit_id for each in waiting.again]
        places = lines(session, unit_ids)
        return render_template(
            "inspections/home.html",
            waiting=waiting,
            places=places,
            checklists=known().checklists,
            today=local(now()).date(),
        )

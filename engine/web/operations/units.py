"""The tree of units: looked at, taken out as a table, brought in from one after a look at what it would change."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process
from engine.errors import Invalid
from engine.territory import children, every_unit, line_of, write_units
from engine.web.context import looking, now, viewer, world
from engine.web.language import _
from engine.web.once import Done, once
from engine.web.operations.blueprint import file_or_text, pages, text
from engine.web.policy import policy


@pages.get("/operations/units")
@policy("system.operate")
def list_units() -> str:
    at = request.args.get("at", "")[:64]
    with looking() as session:
        line = line_of(session, at) if at else []
        below = children(session, line[-1].id if line else None)
        return render_template("operations/units.html", line=line, below=below)


@pages.get("/operations/units.csv")
@policy("system.operate")
def export_units() -> Response:
    with looking() as session:
        table = write_units(every_unit(session))
    return FlaskResponse(
        table, mimetype="text/csv", headers={"Content-Disposition": 'attachment; filename="maplebridge-units.csv"'}
    )


@pages.get("/operations/units/import")
@policy("system.operate")
def ask_units() -> str:
    return render_template("operations/units_import.html", plan=None, faults=[], wrong={}, table="")


@pages.post("/operations/units/import")
@policy("system.operate")
def import_units() -> str | tuple[str, int] | Response:
    """First what the file would change, then, when that is wanted, the change."""
    try:
        table = file_or_text("table")
        if text("step") != "apply":
            with looking() as session:
                plan = process.plan_units(session, world(), table, now=now())
            return render_template("operations/units_import.html", plan=plan, faults=[], wrong={}, table=table)

        def act(session: Session) -> Done:
            process.import_units(session, world(), table, viewer=viewer(), now=now())
            return Done(url_for("operations.list_units"), _("The units are changed."))

        answer = once(act)
    except Invalid as refusal:
        faults, wrong = refusal.facts.get("faults", []), refusal.facts.get("fields", {})
        return render_template("operations/units_import.html", plan=None, faults=faults, wrong=wrong, table=""), 422
    world().forget_people()
    return answer

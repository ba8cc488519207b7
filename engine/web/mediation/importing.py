"""Bringing in organisations or mediators from a table, after a look at what it would change."""

from __future__ import annotations

from flask import render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import mediation
from engine.errors import Invalid
from engine.web.context import looking, now, viewer, world
from engine.web.language import _
from engine.web.mediation.blueprint import pages, text
from engine.web.once import Done, once
from engine.web.operations.blueprint import file_or_text
from engine.web.policy import policy


@pages.get("/mediation/import")
@policy("mediation.keep")
def ask_register() -> str:
    return render_template("mediation/import.html", plan=None, faults=[], wrong={}, table="")


@pages.post("/mediation/import")
@policy("mediation.keep")
def import_register() -> str | tuple[str, int] | Response:
    """First what the table would change, then, when that is wanted, the change."""
    try:
        table = file_or_text("table")
        if text("step") != "apply":
            with looking() as session:
                plan = mediation.plan_register(session, table)
            return render_template("mediation/import.html", plan=plan, faults=[], wrong={}, table=table)

        def act(session: Session) -> Done:
            mediation.import_register(session, table, viewer=viewer(), now=now())
            return Done(url_for("mediation.directory"), _("The register is changed."))

        answer = once(act)
    except Invalid as refusal:
        faults, wrong = refusal.facts.get("faults", []), refusal.facts.get("fields", {})
        return render_template("mediation/import.html", plan=None, faults=faults, wrong=wrong, table=""), 422
    world().forget_people()
    return answer

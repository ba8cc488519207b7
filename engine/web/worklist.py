"""The work list: the page a handler comes home to."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import tasks
from engine.web.context import looking, now, viewer
from engine.web.policy import policy

pages = Blueprint("worklist", __name__)


@pages.get("/")
@policy("signed_in")
def show() -> str | Response:
    """Those who never read a case come home to their own page instead."""
    who = viewer()
    if not who.may("case.read"):
        if who.may("process.publish"):
            return redirect(url_for("processes.list_all"))
        if who.may("system.operate"):
            return redirect(url_for("operations.show"))
    wanted = request.args.get("tab", "")
    tab = tasks.Tab(wanted) if wanted in tuple(tasks.Tab) else tasks.Tab.MINE
    with looking() as session:
        page = tasks.page(session, who, tab, after=request.args.get("after"))
        waiting, overdue = tasks.counts(session, who, now=now())
    return render_template("worklist/worklist.html", page=page, tab=tab, waiting=waiting, overdue=overdue)

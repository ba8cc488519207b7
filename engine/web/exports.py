"""An event log of closed cases for process mining, to take away: without anything about a person, and recorded."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from typing import IO, Any

from flask import Blueprint, Response, render_template, request, send_file

from engine import event_log
from engine.errors import Invalid
from engine.event_log import Format, Scope
from engine.people import ACTS
from engine.reports import Within
from engine.web.areas import area_asked, line_down_to, right_below
from engine.web.context import acting, locale, looking, now, viewer, world
from engine.web.language import bilingual
from engine.web.periods import Days, read_days
from engine.web.policy import policy

pages = Blueprint("exports", __name__)

ROLES = ACTS["history.export"]
DAYS = 90
MIMETYPES = {Format.XES: "application/xml", Format.OCEL: "application/json"}
ENDS = {Format.XES: "xes", Format.OCEL: "ocel.json"}


@pages.get("/exports")
@policy("history.export")
def show() -> str:
    return _page(area_asked(request.args.get("unit"), ROLES), read_days(request.args, usual=DAYS))


@pages.post("/exports")
@policy("history.export")
def take() -> Response | tuple[str, int]:
    """The log is read first and recorded then, so that nobody waits for it under a lock."""
    unit_id, days = area_asked(request.form.get("unit"), ROLES), read_days(request.form, usual=DAYS)
    wanted = request.form.get("format", "")
    format_ = Format(wanted) if wanted in tuple(Format) else Format.XES
    scope = Scope(days.period, Within(unit_id, viewer()), _process(request.form.get("process")))
    with ExitStack() as open_:
        out = open_.enter_context(tempfile.TemporaryFile())
        try:
            count = _write(out, scope, format_, days)
            with acting() as session:
                reason = request.form.get("reason", "")
                event_log.record(session, scope, format_, count, viewer=viewer(), reason=reason, now=now())
        except Invalid as refusal:
            return _page(unit_id, days, refusal), 422
        open_.pop_all()  # the answer closes it
    out.seek(0)
    file = f"maplebridge-{unit_id}-{days.first}-{days.last}.{ENDS[format_]}"
    return send_file(out, mimetype=MIMETYPES[format_], as_attachment=True, download_name=file)


def _write(out: IO[bytes], scope: Scope, format_: Format, days: Days) -> int:
    if days.wrong:
        raise Invalid("period.wrong", "That is no period.")
    with looking() as session:
        event_log.must_be_few(event_log.how_many(session, scope))
        name = f"{scope.within.unit_id} {days.first} – {days.last}"
        return event_log.export(session, out, scope, format_, tiers=world().tiers, language=locale(), name=name)


def _page(unit_id: str, days: Days, refusal: Invalid | None = None) -> str:
    with looking() as session:
        processes = world().releases.current(session).package.processes
        wrong: Any = refusal.facts.get("fields", {}) if refusal else {}
        return render_template(
            "exports/exports.html",
            line=line_down_to(session, unit_id, ROLES),
            below=right_below(session, unit_id),
            unit_id=unit_id,
            days=days,
            processes=[(each.id, bilingual(each.name)) for each in processes.values()],
            refused=refusal is not None and not wrong,
            most=event_log.MOST_AT_ONCE,
            wrong=wrong,
            raw=request.form,
        )


def _process(asked: str | None) -> str | None:
    with looking() as session:
        known = world().releases.current(session).package.processes
    return asked if asked in known else None

"""Service promises: the share that was kept over a period, and the cases behind it."""

from __future__ import annotations

from flask import render_template, request

from engine import inspections
from engine.errors import NotFound
from engine.inspections import Kept
from engine.reports import Within
from engine.web.areas import area_asked, line_down_to, right_below
from engine.web.context import looking, now, viewer
from engine.web.inspections.blueprint import READERS, cut, known, lines, pages
from engine.web.language import _
from engine.web.numbers import page_number
from engine.web.periods import read_days
from engine.web.policy import policy
from engine.web.show import hours_text

USUAL_DAYS = 30


@pages.get("/inspections/promises")
@policy("inspection.read")
def promises() -> str:
    days, area = read_days(request.args, usual=USUAL_DAYS), area_asked(request.args.get("unit"), READERS)
    with looking() as session:
        line = line_down_to(session, area, READERS)
        rows = list(known().promises.values())
        within = Within.of(session, area, viewer())
        kept = inspections.measure(session, rows, within, days.period, now=now())
        below = right_below(session, area)
        return render_template(
            "inspections/promises.html", rows=rows, kept=kept, days=days, line=line, below=below, share=share, span=span
        )


@pages.get("/inspections/promises/<promise_id>")
@policy("inspection.read")
def promise(promise_id: str) -> str:
    """The cases behind one share, those not served in time first."""
    days, area = read_days(request.args, usual=USUAL_DAYS), area_asked(request.args.get("unit"), READERS)
    page, row = page_number(request.args.get("page")), known().promises.get(promise_id)
    if row is None or row.measured is None:
        raise NotFound("promise.unknown", "Nothing measures such a promise.")
    with looking() as session:
        line = line_down_to(session, area, READERS)
        within = Within.of(session, area, viewer())
        found = inspections.behind_promise(session, row, within, days.period, now=now(), page=page)
        served, more = cut(found, page)
        return render_template(
            "inspections/promise.html",
            promise=row,
            served=served,
            places=lines(session, [each.case.place_id for each in served]),
            line=line,
            days=days,
            page=page,
            more=more,
            span=span,
        )


def share(kept: Kept) -> str:
    """Cut to a tenth, never rounded up."""
    tenths = kept.tenths
    return "–" if tenths is None else f"{tenths // 10}.{tenths % 10} %"


def span(seconds: int) -> str:
    """Running time in words."""
    return _("under a minute") if seconds < 60 else hours_text(seconds // 60)

"""The board of those who lead: five numbers, the places, what presses most, and the cases behind every number."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, reports, tasks
from engine.errors import Invalid, NotFound
from engine.people import ACTS
from engine.reports import Figure, Within
from engine.territory import units_by_id
from engine.web import drawing
from engine.web.areas import area_asked, line_down_to
from engine.web.context import edge, looking, now, viewer, world
from engine.web.language import _
from engine.web.numbers import page_number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.show import unit_name

pages = Blueprint("board", __name__)

ROLES = ACTS["board.read"]


@pages.get("/board")
@policy("board.read")
def show() -> str:
    return _page(area_asked(request.args.get("unit"), ROLES))


@pages.get("/board/cases")
@policy("board.read")
def cases() -> str:
    """The list behind a number."""
    wanted = request.args.get("figure", "")
    if wanted not in tuple(Figure):
        raise NotFound("figure.unknown", "There is no such figure.")
    unit_id, page = area_asked(request.args.get("unit"), ROLES), page_number(request.args.get("page"))
    with looking() as session:
        line = line_down_to(session, unit_id, ROLES)
        found = reports.behind(
            session,
            Figure(wanted),
            Within.of(session, unit_id, viewer()),
            calendar=world().calendar,
            now=now(),
            page=page,
        )
        return render_template(
            "board/cases.html", figure=Figure(wanted), unit=line[-1], found=found, page=page, size=reports.PAGE
        )


@pages.post("/board/notes")
@policy("board.read")
def leave_note() -> Response | tuple[str, int]:
    unit_id = area_asked(request.form.get("unit_id"), ROLES)

    def act(session: Session) -> Done:
        tasks.leave_note(session, unit_id, request.form.get("note", ""), viewer=viewer(), now=now())
        return Done(url_for("board.show", unit=unit_id), _("Your note stands on the board."))

    try:
        return once(act)
    except Invalid as refusal:
        return _page(unit_id, wrong=refusal.facts["fields"]), 422


def _page(unit_id: str, *, wrong: object = None) -> str:
    who, lowest = viewer(), world().tiers.lowest
    own = viewer().units(ROLES)
    with looking() as session:
        line = line_down_to(session, unit_id, ROLES)
        within = Within.of(session, unit_id, who)
        counting = reports.Counting(edge().store, within, lowest=lowest, calendar=world().calendar, now=now())
        with counting:
            waiting, note = process.how_many(session, who), tasks.newest_note(session, unit_id)
            others = units_by_id(session, [each for each in own if each != unit_id and unit_id in own])
            board = counting.read(session)
        names = {each.unit.id: unit_name(each.unit) for each in board.places}
        return render_template(
            "board/board.html",
            board=board,
            unit=line[-1],
            above=line[:-1],
            others=others,
            is_own=unit_id in own,
            shapes=drawing.shapes(board.places, names, world().config.reports.geojson),
            waiting=waiting,
            note=note,
            lowest=lowest,
            spark=drawing.spark,
            trend_value=_trend_value,
            wrong=wrong or {},
            typed=request.form,
        )


def _trend_value(figure: Figure, value: int) -> str:
    """A value of a trend in words: shares are kept in thousandths."""
    return f"{round(value / 10)} %" if figure is Figure.IN_TIME else str(value)

"""The board of those who lead: five numbers, the places, what presses most, and the cases behind every number."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, reports, tasks
from engine.errors import Invalid, NotFound
from engine.people import ACTS
from engine.reports import Figure, Within
from engine.territory import is_within, line_of, units_by_id
from engine.web import drawing
from engine.web.context import looking, now, viewer, world
from engine.web.language import _
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.show import unit_name

pages = Blueprint("board", __name__)

MOST_PAGES = 9999


@pages.get("/board")
@policy("board.read")
def show() -> str:
    return _page(_unit(request.args.get("unit")))


@pages.get("/board/cases")
@policy("board.read")
def cases() -> str:
    """The list behind a number."""
    wanted = request.args.get("figure", "")
    if wanted not in tuple(Figure):
        raise NotFound("figure.unknown", "There is no such figure.")
    unit_id, page = _unit(request.args.get("unit")), request.args.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and 0 < int(page[:5]) <= MOST_PAGES else 1
    with looking() as session:
        line = line_of(session, unit_id)
        if not line or line[-1].id != unit_id:
            raise NotFound("unit.unknown", "There is no such place.")
        found = reports.behind(
            session,
            Figure(wanted),
            Within.of(session, unit_id, viewer()),
            calendar=world().calendar,
            now=now(),
            page=number,
        )
        return render_template(
            "board/cases.html", figure=Figure(wanted), unit=line[-1], found=found, page=number, size=reports.PAGE
        )


@pages.post("/board/notes")
@policy("board.read")
def leave_note() -> Response | tuple[str, int]:
    unit_id = _unit(request.form.get("unit_id"))

    def act(session: Session) -> Done:
        tasks.leave_note(session, unit_id, request.form.get("note", ""), viewer=viewer(), now=now())
        return Done(url_for("board.show", unit=unit_id), _("Your note stands on the board."))

    try:
        return once(act)
    except Invalid as refusal:
        return _page(unit_id, wrong=refusal.facts["fields"]), 422


def _unit(asked: str | None) -> str:
    """The unit whose board is wanted: one of the person's own or below it; of None: their highest."""
    own = sorted(viewer().units(ACTS["board.read"]), key=lambda unit: (unit.count("."), unit))
    if not asked:
        return own[0]
    if not any(is_within(asked, unit) for unit in own):
        raise NotFound("unit.unknown", "There is no such place.")
    return asked


def _page(unit_id: str, *, wrong: object = None) -> str:
    who, lowest = viewer(), world().tiers.lowest
    own = viewer().units(ACTS["board.read"])
    with looking() as session:
        line = line_of(session, unit_id)
        if not line or line[-1].id != unit_id:
            raise NotFound("unit.unknown", "There is no such place.")
        within = Within.of(session, unit_id, who)
        board = reports.read_board(session, within, lowest=lowest, calendar=world().calendar, now=now())
        names = {each.unit.id: unit_name(each.unit) for each in board.places}
        return render_template(
            "board/board.html",
            board=board,
            unit=line[-1],
            above=[each for each in line[:-1] if any(is_within(each.id, mine) for mine in own)],
            others=units_by_id(session, [each for each in own if each != unit_id and unit_id in own]),
            is_own=unit_id in own,
            shapes=drawing.shapes(board.places, names, world().config.reports.geojson),
            pressing=reports.pressing(session, within, calendar=world().calendar, now=now()),
            waiting=process.how_many(session, who),
            note=tasks.newest_note(session, unit_id),
            lowest=lowest,
            spark=drawing.spark,
            trend_value=_trend_value,
            wrong=wrong or {},
            typed=request.form,
        )


def _trend_value(figure: Figure, value: int) -> str:
    """A value of a trend in words: shares are kept in thousandths."""
    return f"{round(value / 10)} %" if figure is Figure.IN_TIME else str(value)

"""The working days of a year, seen as a grid, and next year's table loaded after a look at the clocks it moves."""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass
from datetime import date

from babel import Locale
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import process
from engine.deadlines import Workdays
from engine.errors import Invalid
from engine.web.context import acting, locale, looking, now, viewer, world
from engine.web.language import _, ngettext
from engine.web.numbers import number
from engine.web.operations.blueprint import file_or_text, pages, text
from engine.web.policy import policy

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the grid: `kind` is worked, rest, holiday or makeup."""

    on: date
    kind: str


@pages.get("/operations/calendar")
@policy("system.operate")
def calendar() -> str:
    return _page(number(request.args.get("year")))


@pages.post("/operations/calendar")
@policy("system.operate")
def load_year() -> str | tuple[str, int] | Response:
    """First which clocks the table would move, then, when that is wanted, the change."""
    try:
        table = file_or_text("table")
        if text("step") != "load":
            with looking() as session:
                planned, moves = process.plan_year(session, world(), table, viewer=viewer(), now=now())
                loaded = next(each for each in planned.tables if each not in world().calendar.tables)
            return _page(loaded.year, moves=moves, table=table, preview=loaded)
        with acting() as session:
            after, moves = process.load_year(session, world(), table, viewer=viewer(), now=now())
    except StopIteration:
        return _page(None, same=True)
    except Invalid as refusal:
        line = refusal.facts.get("line")
        said = _("This is not YAML: look at line %(line)d.", line=line) if line else refusal.sentence
        return _page(None, problems=refusal.facts.get("problems"), wrong=refusal.facts.get("fields"), said=said), 422
    world().calendar = after
    flash(ngettext("Loaded; %(num)d clock was moved.", "Loaded; %(num)d clocks were moved.", len(_moved(moves))))
    return redirect(url_for("operations.calendar", year=after.tables[-1].year))


def _page(
    year: int | None,
    *,
    moves: list[process.Move] | None = None,
    table: str = "",
    preview: Workdays | None = None,
    problems: list[dict[str, object]] | None = None,
    wrong: dict[str, object] | None = None,
    said: str | None = None,
    same: bool = False,
) -> str:
    calendar, moved = world().calendar, _moved(moves or [])
    today = now().astimezone(calendar.tz).date()
    loaded = {each.year: each for each in calendar.tables}
    shown = year if year is not None and 1949 <= year <= 2199 else today.year
    return render_template(
        "operations/calendar.html",
        year=shown,
        years=sorted(loaded),
        table_of_year=preview or loaded.get(shown),
        months=[
            (name, _weeks(shown, month, preview or loaded.get(shown), calendar.weekend))
            for month, name in Locale.parse(locale()).months["stand-alone"]["wide"].items()
        ],
        missing=calendar.missing_year(today),
        today=today,
        moves=moved[:MOST_SHOWN],
        moved=len(moved),
        settled=len(moves or []) - len(moved),
        preview=preview,
        table=table,
        problems=problems or [],
        wrong=wrong or {},
        said=said,
        same=same,
    )


def _moved(moves: list[process.Move]) -> list[process.Move]:
    """Without those that only become certain: they are due as they were."""
    return [each for each in moves if each.before != each.after]


def _weeks(year: int, month: int, table: Workdays | None, weekend: frozenset[int]) -> list[list[Day | None]]:
    """Monday first; None pads the first and the last week."""
    return [
        [Day(day, _kind(day, table, weekend)) if day.month == month else None for day in week]
        for week in Calendar().monthdatescalendar(year, month)
    ]


def _kind(day: date, table: Workdays | None, weekend: frozenset[int]) -> str:
    if table is not None and day in table.makeup_workdays:
        return "makeup"
    if table is not None and day in table.holidays:
        return "holiday"
    return "rest" if day.weekday() in weekend else "worked"

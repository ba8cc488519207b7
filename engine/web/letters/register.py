"""The register of letters of the person's units: by kind, state, unit, number and days; and a table to take away."""

from __future__ import annotations

import csv
import io

from flask import Response, render_template, request

from engine import letters
from engine.letters import Letter, LetterState, Wanted
from engine.people import ACTS
from engine.territory import harmless, units_by_id
from engine.web.areas import own_units
from engine.web.context import locale, looking, viewer, world
from engine.web.language import _
from engine.web.letters.blueprint import kind_name, pages
from engine.web.numbers import number
from engine.web.periods import read_days
from engine.web.policy import policy
from engine.web.words import word

DAYS = 365
KEYS = ("kind", "state", "unit", "q", "from", "to")


@pages.get("/letters")
@policy("letter.read")
def show_list() -> str:
    asked, wanted = _asked()
    with looking() as session:
        rows = letters.register(session, viewer(), wanted, before=number(request.args.get("before")))
        mine = own_units(ACTS["letter.read"])
        units = units_by_id(session, {*mine, *(letter.unit_id for letter, _of in rows)})
        return render_template(
            "letters/register.html",
            rows=rows[: letters.PAGE],
            next=rows[letters.PAGE - 1][0].id if len(rows) > letters.PAGE else None,
            asked=asked,
            wanted=wanted,
            kinds=tuple(letters.KINDS),
            states=tuple(LetterState),
            mine=mine,
            units=units,
        )


@pages.get("/letters/export")
@policy("letter.read")
def export() -> Response:
    """As CSV for a spreadsheet. Nothing in it is about a person."""
    _asked_for, wanted = _asked()
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(_head())
    with looking() as session:
        rows = letters.export(session, viewer(), wanted)
        units = units_by_id(session, {letter.unit_id for letter, _of in rows})
        for letter, case_number in rows:
            table.writerow(
                [harmless(cell) for cell in _cells(letter, case_number, units[letter.unit_id].name(locale()))]
            )
    headers = {"Content-Disposition": 'attachment; filename="maplebridge-letters.csv"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def _head() -> list[str]:
    about = [_("Number of the letter"), _("Kind of letter"), _("Unit"), _("Case"), _("State")]
    return [*about, _("Due since"), _("Issued"), _("Delivered"), _("How it was delivered")]


def _cells(letter: Letter, case_number: str, unit: str) -> list[str]:
    instants = (letter.called_at, letter.issued_at, letter.delivered_at)
    zone = world().calendar.tz
    called, issued, delivered = (at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else "" for at in instants)
    how = word(letter.method, "delivery") if letter.method else ""
    state = word(letter.state, "letter_state")
    return [letter.number or "", kind_name(letter.kind), unit, case_number, state, called, issued, delivered, how]


def _asked() -> tuple[dict[str, str], Wanted]:
    """What stands in the address, and what it means. Days count only when they are asked for."""
    given = {key: request.args.get(key, "") for key in KEYS}
    if not (given["from"] or given["to"]):
        return given, Wanted.of(given)
    days = read_days(request.args, usual=DAYS)
    return given, Wanted.of(given, since=days.period.start, until=days.period.end)

"""Codes that handlers give out: printable sheets of place codes, and a tracking code for somebody who called."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from engine import citizen, tasks
from engine.errors import NotFound
from engine.territory import children, line_of
from engine.web.context import acting, looking, now, viewer, world
from engine.web.language import _
from engine.web.policy import policy
from engine.web.public import receipt
from engine.web.qr import picture, public_base

pages = Blueprint("place_codes", __name__)


@pages.get("/place-codes")
@policy("place.print_codes")
def start() -> BaseResponse:
    mine = [unit for unit, _role in viewer().memberships if viewer().may("place.print_codes", unit)]
    return redirect(url_for("place_codes.show", unit_id=min(mine, key=lambda unit: (unit.count("."), unit))))


@pages.get("/place-codes/<unit_id>")
@policy("place.print_codes")
def show(unit_id: str) -> str:
    with looking() as session:
        _must_reach(unit_id)
        line = line_of(session, unit_id)
        if not line or line[-1].id != unit_id:
            raise NotFound("unit.unknown", "There is no such place.")
        code = citizen.code_of(session, world(), unit_id)
        return render_template(
            "place_codes/places.html",
            line=line,
            below=[unit for unit in children(session, unit_id) if unit.valid_to is None],
            count=citizen.count_labels(session, world(), unit_id),
            most=citizen.MOST_LABELS,
            reachable=[unit for unit in line if viewer().may("place.print_codes", unit.id)],
            code=code,
            address=f"{public_base().partition('://')[2]}/q/{code}" if code else "",
            picture=picture(f"{public_base()}/q/{code}") if code else "",
        )


@pages.get("/place-codes/<unit_id>/<layout>.pdf")
@policy("place.print_codes")
def sheets(unit_id: str, layout: str) -> Response:
    if layout not in citizen.LAYOUTS:
        raise NotFound("layout.unknown", "There are no such sheets.")
    with looking() as session:
        found = citizen.labels(session, world(), unit_id, viewer=viewer())
    if not found:
        raise NotFound("labels.none", "There is no place with a code in it.")
    out = BytesIO()
    citizen.draw_sheets(
        out,
        found,
        layout,
        base=public_base(),
        hotline=world().config.citizens.hotline,
        title=f"{unit_id} {layout}",
    )
    out.seek(0)
    return send_file(out, "application/pdf", as_attachment=True, download_name=f"{unit_id}-{layout}.pdf")


@pages.post("/place-codes/<unit_id>/renewal")
@policy("place.print_codes")
def renew(unit_id: str) -> BaseResponse:
    with acting() as session:
        citizen.renew_code(session, unit_id, viewer=viewer(), now=now())
    flash(_("The place has a new code. Print it and put it up in place of the old one."))
    return redirect(url_for("place_codes.show", unit_id=unit_id))


@pages.post("/cases/<int:case_id>/tracking-code")
@policy("case.supply")
def give(case_id: int) -> str:
    with acting() as session:
        case = tasks.see_case(session, viewer(), case_id)
        code = citizen.give_code(session, case.id, viewer=viewer(), now=now())
        number = case.number
    return receipt(code, number, given_for=case_id)


def _must_reach(unit_id: str) -> None:
    """What lies outside one's own area looks like what does not exist."""
    if not viewer().may("place.print_codes", unit_id):
        raise NotFound("unit.unknown", "There is no such place.")

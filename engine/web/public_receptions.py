"""Booking a place at a leader's reception without a sign-in, where the configuration allows it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from engine import receptions
from engine.errors import Conflict, Invalid, NotFound
from engine.people import limit_tries, names
from engine.receptions import Wish
from engine.territory import units_by_id
from engine.web.context import acting, address, looking, now, world
from engine.web.kept import Wrong
from engine.web.language import _
from engine.web.numbers import number
from engine.web.policy import policy
from engine.web.public import TRAP, TRAPPED, unlisted

pages = Blueprint("public_receptions", __name__)
pages.after_request(unlisted)

MOST_FROM_ADDRESS = 6
"""So many bookings may come from one address in a quarter of an hour."""


@pages.get("/q/receptions")
@policy("public")
def show() -> str:
    return _page()


@pages.post("/q/receptions")
@policy("public")
def book() -> BaseResponse | tuple[str, int]:
    _must_be_offered()
    form = request.form
    with acting() as session:
        limit_tries(
            session,
            f"reception:address:{address()}",
            most=MOST_FROM_ADDRESS,
            code="citizen.too_many",
            sentence="There were too many bookings from here in a short time; please wait, or call.",
            now=now(),
        )
    wish = Wish(form.get("matter", ""), name=form.get("name", ""), phone=form.get("phone", ""))
    if form.get(TRAP):
        return _page(TRAPPED), 422
    try:
        with acting() as session:
            receptions.book_publicly(session, number(form.get("reception")) or 0, wish, now=now())
    except (Invalid, Conflict, NotFound) as refusal:
        gone = {"reception": {"zh": "请选择还有名额的接访。", "en": "Choose a reception with places left."}}
        return _page(refusal.facts.get("fields") or gone), 422
    flash(_("Your place is booked. The office will call you to confirm."))
    return redirect(url_for("public_receptions.show"))


def _page(wrong: Wrong | None = None) -> str:
    _must_be_offered()
    with looking() as session:
        found = receptions.open_to_all(session, now=now())
        taken = receptions.places_taken(session, [each.id for each in found])
        return render_template(
            "public/receptions.html",
            found=[(each, each.quota - taken.get(each.id, 0)) for each in found],
            leaders=names(session, [each.leader_id for each in found]),
            units=units_by_id(session, [each.community_id or each.unit_id for each in found]),
            typed=request.form,
            wrong=wrong or {},
        )


def _must_be_offered() -> None:
    if not world().config.citizens.book_receptions:
        raise NotFound("reception.not_public", "Receptions are not booked here.")

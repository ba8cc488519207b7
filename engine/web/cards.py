"""Cards: those that were given, and the page on which the district voids one."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process, tasks
from engine.cases import Card, Case
from engine.errors import Invalid, NotFound
from engine.people import names
from engine.territory import line_of
from engine.web.context import looking, now, viewer
from engine.web.language import _
from engine.web.numbers import page_number
from engine.web.once import Done, once
from engine.web.policy import policy

pages = Blueprint("cards", __name__)


@pages.get("/cards")
@policy("board.read")
def show_list() -> str:
    page = page_number(request.args.get("page"))
    with looking() as session:
        found = process.cards_given(session, viewer(), page=page)
        return render_template("cards/list.html", found=found, page=page)


@pages.get("/cards/<int:card_id>")
@policy("board.read")
def show(card_id: int) -> str:
    return _page(card_id)


@pages.post("/cards/<int:card_id>/voiding")
@policy("card.void")
def void(card_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        _seen(session, card_id)
        process.void_card(session, card_id, request.form.get("reason", ""), viewer=viewer(), now=now())
        return Done(url_for("cards.show", card_id=card_id), _("The card is voided and counts no more."))

    try:
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(card_id, wrong=refusal.facts["fields"]), 422


def _seen(session: Session, card_id: int) -> tuple[Card, Case]:
    """Raises NotFound for a card that is not there and for one whose case the viewer may not see: in the same words."""
    card = process.get_card(session, card_id)
    try:
        return card, tasks.see_case(session, viewer(), card.case_id)
    except NotFound:
        raise NotFound("card.unknown", "There is no such card.") from None


def _page(card_id: int, *, wrong: object = None) -> str:
    with looking() as session:
        card, case = _seen(session, card_id)
        return render_template(
            "cards/card.html",
            card=card,
            case=case,
            line=line_of(session, card.unit_id),
            people=names(session, {card.voided_by} if card.voided_by else set()),
            may_void=card.voided_at is None and process.may_void(viewer(), case),
            wrong=wrong or {},
            typed=request.form,
        )

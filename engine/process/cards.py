"""Cards that were given unfairly are voided by the district, with a reason; they stay readable and count no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import Card, Case, lock_case
from engine.errors import NotFound
from engine.people import ACTS, Viewer
from engine.process.push import record
from engine.reasons import reason_given
from engine.tasks import visible_cases
from engine.territory import Unit, ancestors, units_by_id, within

PAGE = 30


@dataclass(frozen=True, slots=True)
class GivenCards:
    """Cards of units that the viewer leads or dispatches for, latest first. `more` says that older ones follow."""

    rows: Sequence[tuple[Card, Case]]
    units: dict[str, Unit]
    more: bool

    def line(self, card: Card) -> Sequence[Unit]:
        """To whom it was given, the highest unit first."""
        return [self.units[each] for each in reversed(ancestors(card.unit_id)) if each in self.units]


def may_void(viewer: Viewer, case: Case) -> bool:
    """Only at the top of the case's own tree: a card counts against a unit below, which never judges itself."""
    return viewer.may("card.void", ancestors(case.place_id)[-1])


def get_card(session: Session, card_id: int) -> Card:
    card = session.get(Card, card_id)
    if card is None:
        raise NotFound("card.unknown", "There is no such card.")
    return card


def void_card(session: Session, card_id: int, reason: str, *, viewer: Viewer, now: datetime) -> Card:
    """Takes a card out of the count. Voided again it changes nothing.

    Cards that came after it stay as they are. Raises NotFound, NotAllowed, Invalid without a reason.
    """
    card = get_card(session, card_id)
    case = lock_case(session, card.case_id)
    viewer.must("card.void", ancestors(case.place_id)[-1])
    reason = reason_given(reason)
    session.refresh(card)
    if card.voided_at is not None:
        return card
    card.voided_at, card.void_reason, card.voided_by = now, reason, viewer.person_id
    facts = {"card": card.id, "colour": card.colour, "unit": card.unit_id, "reason": reason, "units": [card.unit_id]}
    record(session, case, "card.voided", actor_id=viewer.person_id, now=now, facts=facts)
    session.flush()
    return card


def cards_given(session: Session, viewer: Viewer, *, page: int = 1) -> GivenCards:
    """Two statements."""
    found = session.execute(
        select(Card, Case)
        .join(Case, Case.id == Card.case_id)
        .where(within(Card.unit_id.expression, viewer.units(ACTS["board.read"])), visible_cases(viewer))
        .order_by(Card.given_at.desc(), Card.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    rows = [(card, case) for card, case in found[:PAGE]]
    return GivenCards(
        rows,
        dict(units_by_id(session, {unit for card, _ in rows for unit in ancestors(card.unit_id)})),
        len(found) > PAGE,
    )

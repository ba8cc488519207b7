"""While the process of a register handles a matter, the process of the case waits for what comes of it.

Diagrams say when: `take_up` and `hand_back` stand in those of the registers, `stand_by` and `stay_anew` in that of the
case. A way of its own (a petition, a question) has time limits by law and does not wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from engine.cases import Case, CaseState
from engine.errors import Conflict, Unavailable
from engine.mediation import Outcome
from engine.process import mediating
from engine.process.acts import (
    ENDS_WITH_CASE,
    awaits,
    deliver_message,
    deliver_to,
    end_beside,
    main_beside,
    runs_beside,
)
from engine.process.push import Push
from engine.process.services import end_side_instances
from engine.process.world import World

TAKEN_UP, ANSWERED, HANDED_BACK = "m_taken_up", "m_answered", "m_handed_back"
CAMPAIGN = "p_backlog_item"
HOLDERS = frozenset({"p_reception", CAMPAIGN})
"""Processes that may handle a matter in place of the process of its case."""

ANSWERS: Mapping[str, tuple[str, bool]] = {
    "solved": ("fulfilled", True),
    "explained": ("explained", False),
    "substantively_resolved": ("substantively_resolved", True),
    "procedurally_closed": ("procedurally_closed", False),
}
"""Outcomes that answer a matter: its result, and whether it is resolved in substance. Any other hands it back."""


def take_up(push: Push) -> None:
    """Has the process of the case wait for the one that is pushed.

    Nothing happens where it goes a way of its own, waits already, has ended or is set aside.
    """
    try:
        main = main_beside(push)
    except Unavailable:
        return
    if main is None or not awaits(main, TAKEN_UP):
        return
    deliver_to(main, TAKEN_UP, {}, {"process": push.instance.process_id})
    end_beside(push.session, push.world, push.case, ENDS_WITH_CASE, actor_id=push.actor_id, now=push.now)
    end_side_instances(push)
    mediating.ended(push, Outcome.WITHDRAWN)


def hand_back(push: Push, outcome: str) -> None:
    """Lets the process of the case go on by what came of the one that is pushed, once no other handles the matter.

    Raises Unavailable while the process of the case is set aside: it would wait for ever.
    """
    main = main_beside(push)
    if main is None or runs_beside(push.session, push.case.id, HOLDERS, but=push.instance.id):
        return
    answer = ANSWERS.get(outcome)
    message = HANDED_BACK if answer is None else ANSWERED
    if not awaits(main, message):
        return
    if answer is not None:
        push.case.result, push.case.substantive = answer
        push.case.state = CaseState.REPLY_PENDING
    deliver_to(main, message, {}, {"process": push.instance.process_id, "outcome": outcome})


def hold_again(session: Session, world: World, case: Case, *, actor_id: int | None, now: datetime) -> None:
    """Has a process of the case that just began anew wait at once where an item of a campaign is still worked on."""
    if not runs_beside(session, case.id, {CAMPAIGN}):
        return
    try:
        facts = {"process": CAMPAIGN}
        deliver_message(session, world, case.id, TAKEN_UP, {}, actor_id=actor_id, now=now, facts=facts)
    except Conflict as refusal:
        if refusal.code != "message.not_awaited":  # a way of its own
            raise

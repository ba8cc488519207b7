"""Up one tier, straight up by a jump, back down: the only place where a case changes hands between tiers.

Each move ends the present visit and begins the next one *now*: after an outage the upper tier gets its full time.
Nothing here knows a diagram; the process calls it and the diagram says when.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.cases import Case, CaseState, Visit, present_visit, visits_of
from engine.errors import Conflict, Invalid
from engine.territory import Tiers

RISES = frozenset(
    {"overdue", "request", "severity_jump", "supervision", "leader_order", "dispute_unresolved", "petitioner_request"}
)
DESCENTS = frozenset({"return_down", "downgrade", "assign_down"})


def is_top(case: Case, tiers: Tiers) -> bool:
    """Whether nobody above the holder could take the case."""
    return tiers.tier_above(case.place_id, case.tier) is None


def raise_one_tier(
    session: Session,
    case: Case,
    *,
    tiers: Tiers,
    reason: str,
    to: str | None = None,
    actor_id: int | None,
    now: datetime,
) -> Visit:
    """Moves a case up: to the next tier with another unit, or straight to `to` when that lies higher.

    Raises Invalid for an unknown reason, Conflict at the top. `to` at or below the present tier changes nothing but
    the reason: the case stays and gets the present visit back.
    """
    if reason not in RISES:
        raise Invalid("raise.reason_unknown", f"{reason!r} is no reason for a rise; known: {', '.join(sorted(RISES))}.")
    if to is not None:
        if tiers.index(to) <= tiers.index(case.tier):
            return present_visit(session, case)
        target = to
    else:
        above = tiers.tier_above(case.place_id, case.tier)
        if above is None:
            raise Conflict("raise.at_the_top", f"Case {case.number} already stands at the highest tier.", case=case.id)
        target = above
    return _move(session, case, target, tiers.unit_at(case.place_id, target), reason=reason, actor_id=actor_id, now=now)


def return_down(
    session: Session,
    case: Case,
    *,
    tiers: Tiers,
    window_ends_at: datetime | None,
    most: int,
    actor_id: int | None,
    now: datetime,
) -> Visit:
    """Sends a case back to the unit it rose from, only before the sign-in window ends.

    `most` is how often it may go back between the same two units; after that they need arbitration.

    Raises Conflict with `return.nothing_below`, `return.window_closed` or `return.too_often`.
    """
    visit = present_visit(session, case)
    if visit.reason not in RISES or visit.from_unit_id is None or visit.from_tier is None:
        raise Conflict(
            "return.nothing_below", "The case did not rise to this tier, so there is nobody to return it to."
        )
    if visit.signed_in_at is not None or (window_ends_at is not None and now > window_ends_at):
        raise Conflict("return.window_closed", "A case can only be returned before the time to sign in has run out.")
    earlier = session.scalar(
        select(func.count())
        .select_from(Visit)
        .where(
            Visit.case_id == case.id,
            Visit.reason == "return_down",
            Visit.unit_id == visit.from_unit_id,
            Visit.from_unit_id == visit.unit_id,
        )
    )
    if (earlier or 0) >= most:
        raise Conflict(
            "return.too_often",
            f"These two units have passed the case back {most} times already; ask for arbitration.",
        )
    return _move(session, case, visit.from_tier, visit.from_unit_id, reason="return_down", actor_id=actor_id, now=now)


def downgrade(
    session: Session, case: Case, *, tiers: Tiers, to: str | None, actor_id: int | None, now: datetime
) -> Visit:
    """Moves a case down to a tier when the reason of a jump is gone; of None: to where it stood before it jumped."""
    target = to
    if target is None:
        jumped = [v for v in visits_of(session, case.id) if v.reason in RISES and v.from_tier is not None]
        target = jumped[-1].from_tier if jumped else None
    if target is None or tiers.index(target) >= tiers.index(case.tier):
        raise Conflict("downgrade.not_below", f"The case stands at {case.tier} and can only be moved below that.")
    return _move(
        session, case, target, tiers.unit_at(case.place_id, target), reason="downgrade", actor_id=actor_id, now=now
    )


def _move(
    session: Session, case: Case, tier: str, unit_id: str, *, reason: str, actor_id: int | None, now: datetime
) -> Visit:
    left = present_visit(session, case)
    left.left_at, left.left_reason = now, reason
    entered = Visit(
        case_id=case.id,
        seq=left.seq + 1,
        tier=tier,
        unit_id=unit_id,
        reason=reason,
        from_unit_id=left.unit_id,
        from_tier=left.tier,
        entered_at=now,
        entered_by=actor_id,
    )
    session.add(entered)
    case.visit_seq = entered.seq
    case.tier = tier
    case.holder_id = unit_id
    case.state = CaseState.ASSIGNED
    session.flush()
    return entered

"""Up one tier, straight up by a jump, back down, once more: the only place where a visit ends and the next begins.

Each move ends the present visit and begins the next one *now*: after an outage the upper tier gets its full time.
Nothing here knows a diagram; the process calls it and the diagram says when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from engine.cases import NO_WALL, RISES, Case, CaseState, Visit, Wall, present_visit, visits_of
from engine.errors import Conflict, Invalid
from engine.store import insert_row, update_row
from engine.territory import Tiers

REDO = "redo"
"""A visit that begins because the petitioner did not take the answer."""
SPLIT = "split"
"""A visit that begins because a case that was carried on by another is on its own again."""
AFTER_THE_END = frozenset({REDO, SPLIT})
ARBITRATED = "arbitration"
"""A visit that begins because it was decided which of several units handles the case."""
HANDED_BACK = "handed_back"
"""A visit that begins because what a register did beside the case ended without an answer."""
BESIDE = frozenset({ARBITRATED, HANDED_BACK})
"""Reasons of visits that are neither rise nor descent."""
DESCENTS = frozenset({"return_down", "downgrade", "assign_down"})
NEEDS_ARBITRATION = frozenset({"return.nothing_below", "return.too_often"})
"""Refusals of a return that somebody above has to decide on."""


class Stay(Protocol):
    """What the rules need of a visit, kept or only thought of."""

    @property
    def reason(self) -> str: ...
    @property
    def unit_id(self) -> str: ...
    @property
    def from_unit_id(self) -> str | None: ...
    @property
    def from_tier(self) -> str | None: ...
    @property
    def signed_in_at(self) -> datetime | None: ...


def is_top(case: Case, tiers: Tiers, wall: Wall = NO_WALL) -> bool:
    """Whether nobody above the holder could take the case."""
    return tier_above(case.place_id, case.tier, tiers, wall) is None


def tier_above(place_id: str, tier: str, tiers: Tiers, wall: Wall = NO_WALL) -> str | None:
    """The next tier up whose unit may have the case: one that is complained about is passed over. None at the top."""
    higher = tiers.tier_above(place_id, tier)
    while higher is not None and wall.shuts_out(tiers.unit_at(place_id, higher)):
        higher = tiers.tier_above(place_id, higher)
    return higher


def where_filed(place_id: str, graded: str, tiers: Tiers, wall: Wall = NO_WALL) -> tuple[str, str]:
    """The tier and the unit that a matter starts at: as graded, past a unit that is complained about.

    A place that is known only as far as its community is the community's, with the time limits of that tier.
    """
    tier = graded
    if wall.shuts_out(tiers.unit_at(place_id, tier)):
        tier = tier_above(place_id, tier, tiers, wall) or tiers.top
    holder = tiers.unit_at(place_id, tier)
    return tiers.tier_of(holder), holder


def passed_over(place_id: str, frm: str, to: str, tiers: Tiers, wall: Wall) -> list[str]:
    """The units between two tiers, `frm` included, that the wall kept a case from; lowest first."""
    between = tiers.names[tiers.index(frm) : tiers.index(to)]
    return list(dict.fromkeys(u for t in between if wall.shuts_out(u := tiers.unit_at(place_id, t))))


def raise_one_tier(
    session: Session,
    case: Case,
    *,
    tiers: Tiers,
    reason: str,
    to: str | None = None,
    wall: Wall = NO_WALL,
    actor_id: int | None,
    now: datetime,
) -> Visit:
    """Moves a case up: to the next tier with another unit, or straight to `to` when that lies higher.

    A unit that `wall` shuts out is passed over.

    Raises Invalid for an unknown reason, Conflict at the top. `to` at or below the present tier changes nothing but
    the reason: the case stays and gets the present visit back.
    """
    if reason not in RISES:
        raise Invalid("raise.reason_unknown", f"{reason!r} is no reason for a rise; known: {', '.join(sorted(RISES))}.")
    target = where_up(case.place_id, case.tier, to, tiers=tiers, wall=wall)
    if target == case.tier:
        return present_visit(session, case)
    return _move(session, case, target, tiers.unit_at(case.place_id, target), reason=reason, actor_id=actor_id, now=now)


def where_up(place_id: str, tier: str, to: str | None, *, tiers: Tiers, wall: Wall = NO_WALL) -> str:
    """The tier a rise leads to; the present one when `to` does not lie higher. Raises Conflict `raise.at_the_top`."""
    if to is not None and tiers.index(to) <= tiers.index(tier):
        return tier
    target = to
    if target is None or wall.shuts_out(tiers.unit_at(place_id, target)):
        target = tier_above(place_id, target or tier, tiers, wall)
    if target is None:
        raise Conflict("raise.at_the_top", "The case already stands at the highest tier.")
    return target


def return_down(
    session: Session,
    case: Case,
    *,
    tiers: Tiers,
    window_ends_at: datetime | None,
    most: int,
    wall: Wall = NO_WALL,
    actor_id: int | None,
    now: datetime,
) -> Visit:
    """Sends a case back to the unit it rose from, only before the sign-in window ends.

    `most` is how often it may go back between the same two units; after that they need arbitration.

    Raises Conflict with `return.nothing_below`, `return.window_closed`, `return.too_often` or `move.walled`.
    """
    visits = visits_of(session, case.id)
    must_be_returnable(visits, window_ends_at=window_ends_at, most=most, wall=wall, now=now)
    visit = visits[-1]
    assert visit.from_tier is not None
    assert visit.from_unit_id is not None
    return _move(session, case, visit.from_tier, visit.from_unit_id, reason="return_down", actor_id=actor_id, now=now)


def must_be_returnable(
    visits: Sequence[Stay], *, window_ends_at: datetime | None, most: int, wall: Wall = NO_WALL, now: datetime
) -> None:
    """Raises the refusal that `return_down` would meet. `visits` are all of the case, the present one last."""
    visit = visits[-1]
    if visit.signed_in_at is not None or (window_ends_at is not None and now > window_ends_at):
        raise Conflict("return.window_closed", "A case can only be returned before the time to sign in has run out.")
    if visit.reason not in RISES or visit.from_unit_id is None or visit.from_tier is None:
        raise Conflict(
            "return.nothing_below", "The case did not rise to this tier, so there is nobody to return it to."
        )
    _must_not_be_shut_out(visit.from_unit_id, wall)
    there_and_back = ("return_down", visit.from_unit_id, visit.unit_id)
    if sum((each.reason, each.unit_id, each.from_unit_id) == there_and_back for each in visits) >= most:
        raise Conflict(
            "return.too_often",
            f"These two units have passed the case back {most} times already; ask for arbitration.",
        )


def downgrade(
    session: Session,
    case: Case,
    *,
    tiers: Tiers,
    to: str | None,
    wall: Wall = NO_WALL,
    actor_id: int | None,
    now: datetime,
) -> Visit:
    """Moves a case down to a tier when the reason of a jump is gone; of None: to where it stood before it jumped."""
    target = where_down(visits_of(session, case.id) if to is None else (), case.place_id, case.tier, to, tiers, wall)
    unit = tiers.unit_at(case.place_id, target)
    return _move(session, case, target, unit, reason="downgrade", actor_id=actor_id, now=now)


def where_down(
    stays: Sequence[Stay], place_id: str, tier: str, to: str | None, tiers: Tiers, wall: Wall = NO_WALL
) -> str:
    """The tier a downgrade leads to. Raises Conflict `downgrade.not_below` or `move.walled`."""
    target = to
    if target is None:
        jumped = [stay for stay in stays if stay.reason in RISES and stay.from_tier is not None]
        target = jumped[-1].from_tier if jumped else None
    if target is None or tiers.index(target) >= tiers.index(tier):
        raise Conflict("downgrade.not_below", f"The case stands at {tier} and can only be moved below that.")
    _must_not_be_shut_out(tiers.unit_at(place_id, target), wall)
    return target


def _must_not_be_shut_out(unit_id: str, wall: Wall) -> None:
    if wall.shuts_out(unit_id):
        raise Conflict("move.walled", "The case cannot go to a unit that is complained about.")


def hand_over(
    session: Session,
    case: Case,
    unit_id: str,
    *,
    tiers: Tiers,
    wall: Wall = NO_WALL,
    actor_id: int | None,
    now: datetime,
) -> Visit:
    """Moves a case to the unit that was decided on, beside, above or below; its clocks begin anew there.

    Raises Conflict `move.walled`.
    """
    _must_not_be_shut_out(unit_id, wall)
    return _move(session, case, tiers.tier_of(unit_id), unit_id, reason=ARBITRATED, actor_id=actor_id, now=now)


def stay_anew(session: Session, case: Case, *, actor_id: int | None, now: datetime) -> Visit:
    """Leaves an open case where it stands, with a visit and a clock of its own."""
    return _move(session, case, case.tier, case.holder_id, reason=HANDED_BACK, actor_id=actor_id, now=now)


def redo(session: Session, case: Case, *, actor_id: int | None, now: datetime) -> Visit:
    """Gives a closed case back to the unit that closed it, with a visit and a clock of its own.

    Raises Conflict with `reopen.not_closed`, or `reopen.once` when it was given back before.
    """
    if case.state != CaseState.CLOSED:
        raise Conflict("reopen.not_closed", f"Case {case.number} is not closed, so there is nothing to do again.")
    if any(visit.reason == REDO for visit in visits_of(session, case.id)):
        raise Conflict("reopen.once", f"Case {case.number} was reopened before; it can be reopened once only.")
    visit = _move(session, case, case.tier, case.holder_id, reason=REDO, actor_id=actor_id, now=now)
    case.state = CaseState.REOPENED
    case.result = case.substantive = case.closed_at = case.overdue_at = None
    return visit


def go_on_alone(session: Session, case: Case, *, actor_id: int | None, now: datetime) -> Visit:
    """Gives a merged case back to the unit that had it, with a visit and a clock of its own.

    Raises Conflict `split.not_merged`.
    """
    if case.state != CaseState.MERGED:
        raise Conflict("split.not_merged", f"Case {case.number} is not carried on by another.")
    visit = _move(session, case, case.tier, case.holder_id, reason=SPLIT, actor_id=actor_id, now=now)
    case.result = case.substantive = case.closed_at = case.overdue_at = None
    return visit


def _move(
    session: Session, case: Case, tier: str, unit_id: str, *, reason: str, actor_id: int | None, now: datetime
) -> Visit:
    left = present_visit(session, case)
    if left.left_at is None:  # the last visit of a closed case has ended with it
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
    update_row(session, left)
    insert_row(session, entered)
    case.visit_seq = entered.seq
    case.tier = tier
    case.holder_id = unit_id
    case.state = CaseState.ASSIGNED
    return entered

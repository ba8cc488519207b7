"""What may happen to a case after its answer: once more at the same unit, then supervision from above."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import deadlines, escalation
from engine.cases import Case, lock_case, visits_of
from engine.errors import Conflict
from engine.people import Viewer
from engine.process.acts import end_beside
from engine.process.beginning import MAIN, begin
from engine.process.holding import hold_again
from engine.process.push import SUPERVISION, Push, is_supervised, record
from engine.process.settle import state_after
from engine.process.world import World
from engine.reasons import reason_given


class NotSolved(enum.StrEnum):
    """What follows from an answer that did not hold."""

    REOPENED = "reopened"
    SUPERVISED = "supervised"


ENDS_WITH_ANSWER = frozenset({"p_return_visit"})
"""Side processes that ask about an answer which does not stand any more."""


def not_solved(
    session: Session,
    world: World,
    case: Case,
    reason: str,
    *,
    actor_id: int | None,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    told_by: int | None = None,
) -> NotSolved:
    """The answer of a closed case did not hold: the same unit does it again, the second time it is supervised.

    One rule for whoever says so: the petitioner, a return visit, an agreement that was not performed. `told_by` is the
    instance that found it out, which goes on. The case is locked.
    """
    end_beside(session, world, case, ENDS_WITH_ANSWER, actor_id=actor_id, now=now, but=told_by)
    if any(visit.reason == escalation.REDO for visit in visits_of(session, case.id)):
        supervise(session, world, case, reason, actor_id=actor_id, now=now)
        return NotSolved.SUPERVISED
    reopen(session, world, case, actor_id=actor_id, now=now, facts={"why": reason, **(facts or {})})
    return NotSolved.REOPENED


def found_unsolved(push: Push, reason: str) -> None:
    """`not_solved`, found out by a process beside the case."""
    not_solved(
        push.session,
        push.world,
        push.case,
        reason,
        actor_id=push.actor_id,
        now=push.now,
        told_by=push.instance.id,
    )


def reopen(
    session: Session,
    world: World,
    case: Case,
    *,
    actor_id: int | None,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Runs the process of a closed case again from its start, at the unit that closed it, with clocks of its own.

    The case is locked. Raises Conflict `reopen.not_closed` or `reopen.once`.
    """
    before = {"tier": case.tier, "unit": case.holder_id}
    visit = escalation.redo(session, case, actor_id=actor_id, now=now)
    record(
        session,
        case,
        "case.reopened",
        actor_id=actor_id,
        now=now,
        facts={"from": before, "to": before, "reason": visit.reason, "visit": visit.seq, **(facts or {})},
        after=state_after(case),
    )
    begin(session, world, case, MAIN, actor_id=actor_id, now=now)
    arm_case_clocks(session, world, case, since=now)
    hold_again(session, world, case, actor_id=actor_id, now=now)


def supervise(
    session: Session, world: World, case: Case, reason: str, *, actor_id: int | None, now: datetime, **facts: Any
) -> None:
    """Opens a supervision beside a case, open or closed. The case is locked."""
    begin(session, world, case, SUPERVISION, actor_id=actor_id, now=now, data={"held_by": case.holder_id})
    record(session, case, "supervision.opened", actor_id=actor_id, now=now, facts={"reason": reason, **facts})


def supervise_by_hand(
    session: Session, world: World, case_id: int, reason: str, *, viewer: Viewer, now: datetime
) -> None:
    """Opens a supervision because somebody above wants it. Raises Conflict `supervision.open` while one runs."""
    case = lock_case(session, case_id)
    viewer.must("case.supervise", case.place_id)
    reason = reason_given(reason)
    if is_supervised(session, case.id):
        raise Conflict("supervision.open", "The case is supervised already.", case=case.id)
    supervise(session, world, case, "by_hand", actor_id=viewer.person_id, now=now, note=reason)


def arm_case_clocks(session: Session, world: World, case: Case, *, since: datetime) -> None:
    """The clocks of the whole case, which belong to no token: the outer one, and contact within 24 h when urgent."""
    _arm(session, world, case, ("case_outer", case.kind, "closed"), *([URGENT] if case.urgent else []), since=since)


def arm_urgent_contact(session: Session, world: World, case: Case, *, since: datetime) -> None:
    """For a case that became urgent on its way."""
    _arm(session, world, case, URGENT, since=since)


URGENT = ("urgent_contact", None, "contacted")


def _arm(session: Session, world: World, case: Case, *wanted: tuple[str, str | None, str], since: datetime) -> None:
    limits = world.releases.current(session).limits[MAIN]
    rows = []
    for step, tier, expects in wanted:
        if step not in limits.steps:
            continue
        length = limits.length(step, tier)
        due = world.calendar.due(since, length, provisional=True)
        rows.append(
            {
                "case_id": case.id,
                "step": step,
                "expects": expects,
                "started_at": since,
                "length": str(length),
                "first_due_at": due.at,
                "due_at": due.at,
                "warn_at": world.calendar.warn_at(
                    since, due.at, length, share=world.config.policy.warn_share, provisional=True
                ),
                "provisional": due.provisional,
            }
        )
    deadlines.arm(session, rows)

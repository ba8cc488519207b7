"""Who handles a matter when units do not agree: heard, decided one tier up, final. Meanwhile the first receiver acts.

A dispute is about one stay at a unit. When the case leaves it before the decision, there is nothing left to decide.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case as if_else
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import people
from engine.cases import Case, Wall
from engine.errors import Conflict, Invalid
from engine.process.model import Arbitration
from engine.process.push import Push
from engine.tasks import Task
from engine.territory import ancestors, is_within, units_by_id

PROCESS = "p_arbitration"
FORM = "arbitration"
MOVES = "m_arbitrated"
MOST_PRECEDENTS = 5


class Why(enum.StrEnum):
    DISPUTED = "disputed"
    """A unit signed in and says that it is not theirs."""
    RETURNED = "returned"
    """A unit gives back what nobody below passed up, or what went to and fro too often."""


class Outcome(enum.StrEnum):
    STAYS = "stays"
    MOVED = "moved"
    LAPSED = "lapsed"
    """Nobody decided in time: the first receiver keeps it."""
    DROPPED = "dropped"
    """The case moved on or was closed before."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """An earlier decision about the same category, without anything that tells which case it was."""

    decided: Arbitration
    same_kind: bool
    """Whether it was about the same kind of place."""


def can_begin(push: Push) -> bool:
    """Whether the processes in force know arbitration; older ones only tell of a dispute."""
    return PROCESS in push.world.releases.current(push.session).package.processes


def open_arbitration(push: Push, why: Why, *, other_units: Sequence[str] = ()) -> None:
    """Opens one about the present visit and asks the units for their statements; one that is open already goes on.

    Raises Conflict `arbitration.final` when it was decided before that this very unit handles the case.
    """
    case, session = push.case, push.session
    if any(each.visit_seq == case.visit_seq and each.outcome is None for each in of_case(session, case.id)):
        return
    _must_not_be_decided(session, case)
    answers = push.task_answers or {}
    between = _between(push, [*other_units, str(answers.get("proper_unit") or "")])
    deciding = deciding_unit(between, push.wall)
    row = Arbitration(
        case_id=case.id,
        visit_seq=case.visit_seq,
        why=str(why),
        reason_code=str(answers.get("reason_code") or "") or None,
        note=str(answers.get("note") or "") or None,
        category=case.category,
        place_kind=push.world.tiers.tier_of(case.place_id),
        between=between,
        deciding_unit_id=deciding,
        opened_by=push.actor_id,
        opened_at=push.now,
    )
    facts = {"between": between, "why": row.why, "reason_code": row.reason_code, "units": [*between, deciding]}
    push.happened("arbitration.opened", facts)
    data = {"disputing_units": between, "deciding_unit": deciding, "co_units": [], "lead_unit": case.holder_id}
    row.instance_id = push.begin_beside(push, PROCESS, data).id
    session.add(row)
    session.flush()


def decide(push: Push) -> Mapping[str, Any]:
    """Keeps what was decided and gives the co-handlers to invite; the lead is not among them.

    Raises Invalid for a unit that is complained about: the form offers none, but may have been read before.
    """
    case, row = push.case, _of_instance(push)
    answers = push.task_answers or {}
    lead = str(answers.get("lead_unit") or case.holder_id)
    co_units = [unit for unit in answers.get("co_units") or [] if unit != lead]
    if any(push.wall.shuts_out(unit) for unit in (lead, *co_units)):
        raise Invalid("arbitration.walled", "A unit that is complained about cannot be asked.")
    outcome = Outcome.STAYS if lead == case.holder_id else Outcome.MOVED
    row.outcome, row.lead_unit_id, row.co_units = str(outcome), lead, co_units
    row.reason = str(answers.get("reason") or "")
    row.decided_by, row.decided_at = push.actor_id, push.now
    units = list(dict.fromkeys([*row.between, lead, *co_units]))
    facts = {"outcome": row.outcome, "lead": lead, "co_units": co_units, "reason": row.reason, "units": units}
    push.happened("arbitration.decided", facts)
    push.session.flush()
    return {"co_units": co_units, "lead_unit": lead}


def lapse(push: Push) -> None:
    """The time for the decision is over: the first receiver keeps it, and the leader above the dispute is told."""
    row = _of_instance(push)
    row.outcome, row.lead_unit_id, row.decided_at = str(Outcome.LAPSED), push.case.holder_id, push.now
    above = push.world.nearest_staffed(push.session, row.deciding_unit_id, ("leader",), push.wall)
    leaders = [] if above is None else people.members(push.session, above, ("leader",))
    told = [person.id for person in leaders if person.id not in push.wall.people]
    facts = {"outcome": row.outcome, "lead": push.case.holder_id, "people": told, "units": list(row.between)}
    push.happened("arbitration.decided", facts)
    push.session.flush()


def drop(session: Session, instance_id: int, case: Case, now: datetime) -> bool:
    """Whether an arbitration has become pointless, noted when nobody had decided; so that its process may end.

    One that is about where the case is goes on, and one that was decided asks its co-handlers until the case ends.
    """
    row = session.scalars(select(Arbitration).where(Arbitration.instance_id == instance_id)).first()
    if row is None or (row.outcome is None and not case.ended and row.visit_seq == case.visit_seq):
        return False
    if row.outcome is not None:
        return case.ended
    row.outcome, row.decided_at = str(Outcome.DROPPED), now
    return True


def arbitration_of(session: Session, task: Task) -> Arbitration | None:
    """What a task of an arbitration is about; None for any other task, without asking."""
    if task.process != PROCESS:
        return None
    return session.scalars(select(Arbitration).where(Arbitration.instance_id == task.instance_id)).first()


def of_case(session: Session, case_id: int) -> Sequence[Arbitration]:
    return session.scalars(select(Arbitration).where(Arbitration.case_id == case_id).order_by(Arbitration.id)).all()


def precedents(session: Session, row: Arbitration, *, most: int = MOST_PRECEDENTS) -> Sequence[Precedent]:
    """What was decided before about the same category: about the same kind of place first, then the latest.

    Nothing of a case that is confidential or shuts somebody out: whoever decides now may be one who must not read it.
    """
    same = if_else((Arbitration.place_kind == row.place_kind, 0), else_=1)
    found = session.scalars(
        select(Arbitration)
        .join(Case, Case.id == Arbitration.case_id)
        .where(
            Arbitration.category == row.category,
            Arbitration.outcome.in_((Outcome.STAYS, Outcome.MOVED)),
            Arbitration.id != row.id,
            ~Case.confidential,
            ~Case.walled,
        )
        .order_by(same, Arbitration.decided_at.desc(), Arbitration.id.desc())
        .limit(most)
    ).all()
    return [Precedent(each, each.place_kind == row.place_kind) for each in found]


def deciding_unit(between: Sequence[str], wall: Wall) -> str:
    """The lowest unit strictly above all of them that is not shut out; the top decides on what it disputes itself."""
    line = [unit for unit in ancestors(between[0]) if all(is_within(each, unit) for each in between)]
    above = [unit for unit in line if unit not in between and not wall.shuts_out(unit)]
    return above[0] if above else line[-1]


def opened_by(push: Push) -> int | None:
    """Who brought up what this instance is about: they do not decide on it."""
    return _of_instance(push).opened_by


def _between(push: Push, others: Sequence[str]) -> list[str]:
    case, visit = push.case, push.visit
    wanted = [case.holder_id, *others]
    if visit.from_unit_id is not None:
        wanted.append(visit.from_unit_id)
    known = units_by_id(push.session, set(filter(None, wanted)))
    return [unit for unit in dict.fromkeys(wanted) if unit in known and not push.wall.shuts_out(unit)]


def _must_not_be_decided(session: Session, case: Case) -> None:
    decided = [each for each in of_case(session, case.id) if each.outcome in (Outcome.STAYS, Outcome.MOVED)]
    if decided and decided[-1].lead_unit_id == case.holder_id:
        raise Conflict(
            "arbitration.final", "It was decided that this unit handles the case, and the decision is final."
        )


def _of_instance(push: Push) -> Arbitration:
    return push.session.scalars(select(Arbitration).where(Arbitration.instance_id == push.instance.id)).one()

"""Giving a case to a task force and taking it back: its members are told, and see it from then on until then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import search
from engine.cases import Case, lock_case, wall_of
from engine.errors import Conflict, NotFound
from engine.people import Viewer
from engine.process.push import record
from engine.staffing import TaskForce, forces


def give_to_force(session: Session, case_id: int, force_id: int, *, viewer: Viewer, now: datetime) -> TaskForce:
    """Idempotent. The caller has seen the case (`tasks.see_case`). A confidential case is given to nobody."""
    case = lock_case(session, case_id)
    if case.confidential:
        raise NotFound("case.unknown", "There is no such case.", case=case_id)
    force = forces.kept(session, force_id, viewer)
    if forces.put_case(session, force, case.id, viewer=viewer, now=now):
        shut_out = wall_of(session, case).people
        members = forces.present_members(session, force.id)
        told = [each for each in members if each not in shut_out and each != viewer.person_id]
        facts = {"force": force.id, "name": force.name, "people": told}
        record(session, case, "force.added", actor_id=viewer.person_id, now=now, facts=facts)
        search.index_case(session, case)
    return force


def take_from_force(session: Session, case_id: int, force_id: int, *, viewer: Viewer, now: datetime) -> TaskForce:
    """Idempotent. Its members see the case no more, unless it is theirs for another reason."""
    case = lock_case(session, case_id)
    force = forces.kept(session, force_id, viewer)
    if forces.take_case(session, force, case.id, now=now):
        _left(session, case, force, viewer, now)
    return force


def end_force(session: Session, force_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Ends a task force for good; each of its cases says so in its history."""
    force = forces.kept(session, force_id, viewer)
    held = sorted(forces.cases_of(session, force_id, most=MOST_CASES + 1))
    if len(held) > MOST_CASES:
        raise Conflict("force.too_many_cases", f"Take some of its cases first: at most {MOST_CASES} end with it.")
    locked = [lock_case(session, case_id) for case_id in held]
    forces.end_force(session, force_id, viewer=viewer, now=now)
    for case in locked:
        _left(session, case, force, viewer, now)


def reindex_force(session: Session, force_id: int) -> None:
    """After somebody joined or left: its cases are found by those who are in it now."""
    cases = _cases(session, forces.cases_of(session, force_id, most=MOST_CASES))
    if cases:
        session.flush()
        search.index_cases(session, cases)


MOST_CASES = 200


def _left(session: Session, case: Case, force: TaskForce, viewer: Viewer, now: datetime) -> None:
    facts = {"force": force.id, "name": force.name}
    record(session, case, "force.removed", actor_id=viewer.person_id, now=now, facts=facts)
    search.index_case(session, case)


def _cases(session: Session, ids: Sequence[int]) -> Sequence[Case]:
    return session.scalars(select(Case).where(Case.id.in_(ids))).all()

"""How many sessions were held, what was raised there, and what of it is solved."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case, CaseState
from engine.reports import Period, Within
from engine.sessions.model import Disposition, Gathering, GatheringItem
from engine.territory import within as lies_within


@dataclass(frozen=True, slots=True)
class Counts:
    """Of sessions held in a period: problems are all items but those only noted; solved are those answered on the spot
    and those whose case is closed and was neither withdrawn nor merged."""

    sessions: int
    problems: int
    solved: int


def count_sessions(session: Session, within: Within, period: Period) -> Counts:
    """Of a unit and all below it, by when they took place; items as their list tells them. Two statements."""
    held = and_(
        lies_within(Gathering.unit_id.expression, (within.unit_id,)),
        period.holds(Gathering.starts_at.expression),
        Gathering.held_at.is_not(None),
    )
    sessions = session.scalar(select(func.count()).select_from(Gathering).where(held)) or 0
    problem = GatheringItem.disposition != Disposition.NOTED.value
    solved = or_(GatheringItem.disposition == Disposition.ANSWERED.value, Case.state == CaseState.CLOSED.value)
    problems, done = session.execute(
        select(func.count().filter(problem), func.count().filter(solved))
        .select_from(GatheringItem)
        .join(Gathering, Gathering.id == GatheringItem.gathering_id)
        .outerjoin(Case, Case.id == GatheringItem.case_id)
        .where(held, within.told(GatheringItem.case_id.expression))
    ).one()
    return Counts(sessions, problems, done)

"""Who is shut out of a case: units and people complained about, and handlers who stepped aside.

A unit stands for everything below it: whoever answers to the one complained about is no better a judge. The wall is
kept in the rows of parties and recusals; `Case.walled` only says that there is one, so that other cases ask nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import null, select
from sqlalchemy.orm import Session

from engine.cases.model import Case, Party, Recusal
from engine.territory import is_within

RESPONDENT = "respondent"


@dataclass(frozen=True, slots=True)
class Wall:
    units: frozenset[str] = frozenset()
    people: frozenset[int] = frozenset()

    def shuts_out(self, unit_id: str) -> bool:
        return any(is_within(unit_id, each) for each in self.units)


NO_WALL = Wall()


def wall_of(session: Session, case: Case) -> Wall:
    """One query for a case that has a wall, none for every other."""
    if not case.walled:
        return NO_WALL
    named = select(Party.unit_id, Party.person_id).where(Party.case_id == case.id, Party.role == RESPONDENT)
    aside = select(null(), Recusal.person_id).where(Recusal.case_id == case.id)
    rows = session.execute(named.union_all(aside)).all()
    return Wall(
        frozenset(unit for unit, _ in rows if unit is not None),
        frozenset(person for _, person in rows if person is not None),
    )

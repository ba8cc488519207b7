"""Who is shut out of a case: units and people complained about, and handlers who stepped aside.

A unit stands for everything below it: whoever answers to the one complained about is no better a judge. The wall is
kept in the rows of parties and recusals; `Case.walled` only says that there is one, so that other cases ask nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, null, select, union_all
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


def complaints() -> CompoundSelect[int]:
    """The ids of all cases about a unit or a handler of the district, through indexes; some more than once."""
    named = select(Party.case_id).where(Party.role == RESPONDENT)
    return union_all(named.where(Party.unit_id.is_not(None)), named.where(Party.person_id.is_not(None)))


def walled_cases() -> CompoundSelect[int]:
    """The ids of all cases that somebody is shut out of; some more than once."""
    return union_all(*complaints().selects, select(Recusal.case_id))


def wall_of(session: Session, case: Case) -> Wall:
    """One query for a case that has a wall, none for every other."""
    return walls_of(session, [case]).get(case.id, NO_WALL)


def walls_of(session: Session, cases: Collection[Case]) -> dict[int, Wall]:
    """Of those that have one, by case. One query for all of them, none where no case has a wall."""
    ids = sorted({case.id for case in cases if case.walled})
    if not ids:
        return {}
    named = select(Party.case_id, Party.unit_id, Party.person_id)
    named = named.where(Party.case_id.in_(ids), Party.role == RESPONDENT)
    aside = select(Recusal.case_id, null(), Recusal.person_id).where(Recusal.case_id.in_(ids))
    units: dict[int, set[str]] = {}
    people: dict[int, set[int]] = {}
    for case_id, unit, person in session.execute(named.union_all(aside)):
        if unit is not None:
            units.setdefault(case_id, set()).add(unit)
        if person is not None:
            people.setdefault(case_id, set()).add(person)
    return {id_: Wall(frozenset(units.get(id_, ())), frozenset(people.get(id_, ()))) for id_ in ids}

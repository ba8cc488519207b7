"""Whether somebody comes again: earlier cases of the same person about the same matter, which had been answered.

A case that is still open is no predecessor: whoever files it a second time has a duplicate, not a repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.cases.model import Case, CaseState, Party
from engine.cases.naming import PartyIn
from engine.cases.wall import RESPONDENT
from engine.territory import is_within

MOST_READ = 50
MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class Who:
    """By what a matter is known again: telephones and identity numbers of its petitioners, names of the accused."""

    phones: frozenset[str] = frozenset()
    id_numbers: frozenset[str] = frozenset()
    accused: frozenset[str] = frozenset()

    @classmethod
    def of(cls, parties: Iterable[Party | PartyIn]) -> Who:
        known = list(parties)
        asking = [each for each in known if each.role != RESPONDENT][:MOST_NAMES]
        return cls(
            frozenset(each.phone for each in asking if each.phone),
            frozenset(each.id_number for each in asking if each.id_number),
            frozenset(each.name for each in known if each.role == RESPONDENT and each.name),
        )


@dataclass(frozen=True, slots=True)
class Earlier:
    """A closed case of the same person and category, as the rule needs it."""

    case_id: int
    number: str
    place_id: str
    accused: frozenset[str] = field(default=frozenset())


def predecessors(found: Iterable[Earlier], place_id: str, accused: frozenset[str]) -> list[Earlier]:
    """Those about the same matter: the same respondent, or the same place, one lying within the other. Pure."""
    return [
        each
        for each in found
        if is_within(each.place_id, place_id) or is_within(place_id, each.place_id) or each.accused & accused
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """A matter whose predecessors are looked for: who asks, about what, where, and received when."""

    who: Who
    place_id: str
    category: str
    since: datetime
    until: datetime


def earlier_cases(
    session: Session, who: Who, place_id: str, category: str, *, since: datetime, until: datetime
) -> list[Earlier]:
    """The predecessors of a matter received in [since, until], latest first. One statement; two when one is found."""
    return earlier_of_each(session, [Asked(who, place_id, category, since, until)])[0]


def earlier_of_each(session: Session, asked: Sequence[Asked]) -> list[list[Earlier]]:
    """`earlier_cases` of each of some matters, at the same price for a hundred of them."""
    found: list[list[Earlier]] = [[] for _ in asked]
    wanted = [(number, each) for number, each in enumerate(asked) if each.who.phones or each.who.id_numbers]
    if not wanted:
        return found
    phones = sorted(set[str]().union(*(each.who.phones for _, each in wanted)))
    id_numbers = sorted(set[str]().union(*(each.who.id_numbers for _, each in wanted)))
    known = [Party.phone.in_(phones)] if phones else []
    known += [Party.id_number.in_(id_numbers)] if id_numbers else []
    rows = session.execute(
        select(Case.id, Case.number, Case.place_id, Case.category, Case.received_at, Party.phone, Party.id_number)
        .join(Party, Party.case_id == Case.id)
        .where(
            or_(*known),
            Party.role != RESPONDENT,
            Case.category.in_(sorted({each.category for _, each in wanted})),
            Case.state == CaseState.CLOSED.value,
            Case.confidential.is_(False),
            Case.received_at.between(min(each.since for _, each in wanted), max(each.until for _, each in wanted)),
        )
        .order_by(Case.id.desc())
        .limit(MOST_READ * len(wanted))
    ).all()
    accused = any(each.who.accused for _, each in wanted)
    named = _accused(session, sorted({row.id for row in rows})) if rows and accused else {}
    for number, each in wanted:
        mine = {
            row.id: Earlier(row.id, row.number, row.place_id, frozenset(named.get(row.id, ())))
            for row in rows
            if row.category == each.category
            and each.since <= row.received_at <= each.until
            and (row.phone in each.who.phones or row.id_number in each.who.id_numbers)
        }
        found[number] = predecessors(list(mine.values())[:MOST_READ], each.place_id, each.who.accused)
    return found


def _accused(session: Session, case_ids: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    statement = select(Party.case_id, Party.name).where(Party.case_id.in_(case_ids), Party.role == RESPONDENT)
    for case_id, name in session.execute(statement):
        found.setdefault(case_id, set()).add(name)
    return found

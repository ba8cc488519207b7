"""Which rows look like a case there is: the open ones and those of twelve months, asked for many rows at once.

Two ways lead to a candidate: the same telephone or identity number, and the same title in the same neighbourhood.
Both are index look-ups; what they find is weighed as `detection` weighs it. What is alike in other words only is found
by `detection` once it is filed, as with any filing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import search
from engine.cases import RESPONDENT, Case, Party, parties_by_case
from engine.detection import PROPOSED_FROM, Matter, area_of, likeness, matter_of, matter_to_be
from engine.intake import Filing
from engine.process import World

HISTORY = timedelta(days=365)
MOST_BY_PERSON = 8
"""So many cases of one telephone are looked at, the latest: an office's own number stands under hundreds."""
MOST_BY_TITLE = 5
MOST_NAMED = 3
SHORTEST_TITLE = 6
CLOSED_TEXT = 60
"""A closed case is the same only where most of the text is: who comes again about a matter is no duplicate."""

Likely = Sequence[tuple[int, int, Sequence[str]]]
"""(case id, likeness in per cent, grounds), the most alike first."""


def alike(session: Session, world: World, filings: Sequence[Filing]) -> list[Likely]:
    """For each filing the cases it may be one with. A confidential one is compared with nothing."""
    matters = [
        None
        if each.confidential
        else matter_to_be(each.title, each.description, each.place_id, each.category, each.received_at, each.parties)
        for each in filings
    ]
    people = set[str]().union(*(each.people for each in matters if each is not None))
    by_person = _by_person(session, people, min((each.received_at for each in filings), default=None))
    wanted: list[list[int]] = []
    titles: dict[tuple[str, str], list[int]] = {}
    for filing, matter in zip(filings, matters, strict=True):
        if matter is None:
            wanted.append([])
            continue
        ids = [case_id for known in sorted(matter.people) for case_id in by_person.get(known, ())]
        area = area_of(matter.place_id, world.tiers)
        if area is not None and len(filing.title) >= SHORTEST_TITLE:
            key = (area, filing.title)
            if key not in titles:
                titles[key] = _by_title(session, *key)
            ids += titles[key]
        wanted.append(list(dict.fromkeys(ids)))
    cases = _cases(session, {case_id for ids in wanted for case_id in ids})
    return [
        () if matter is None else _weighed(world, matter, [cases[each] for each in ids if each in cases])
        for matter, ids in zip(matters, wanted, strict=True)
    ]


def _by_person(session: Session, people: set[str], since: object) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    if not people:
        return found
    known = sorted(people)
    rows = session.execute(
        select(Party.case_id, Party.phone, Party.id_number)
        .where(or_(Party.phone.in_(known), Party.id_number.in_(known)), Party.role != RESPONDENT)
        .order_by(Party.case_id.desc())
        .limit(MOST_BY_PERSON * len(known))
    )
    for case_id, phone, id_number in rows:
        for each in {phone or "", id_number or ""} & people:
            if len(found.setdefault(each, [])) < MOST_BY_PERSON:
                found[each].append(case_id)
    return found


def _by_title(session: Session, area: str, title: str) -> list[int]:
    whole = [replace(each, beginning=False) for each in search.phrases_of(title) if len(each.words[-1]) > 1]
    if not whole:
        return []
    question = search.Question(whole, [[search.mark("", area)]], stretches=())  # so rare that one look is enough
    return list(islice(search.candidates(session, question, before=None, most=MOST_BY_TITLE), MOST_BY_TITLE))


def _cases(session: Session, ids: set[int]) -> Mapping[int, tuple[Case, Matter]]:
    if not ids:
        return {}
    rows = session.scalars(select(Case).where(Case.id.in_(sorted(ids)), Case.confidential.is_(False))).all()
    parties = parties_by_case(session, [case.id for case in rows])
    return {case.id: (case, matter_of(case, parties.get(case.id, ()))) for case in rows}


def _weighed(world: World, matter: Matter, found: Sequence[tuple[Case, Matter]]) -> Likely:
    likely = []
    for case, other in found:
        if abs(case.received_at - matter.received_at) > HISTORY:
            continue
        how = likeness(matter, other, world.tiers)
        if how.score >= PROPOSED_FROM and (case.closed_at is None or how.text >= CLOSED_TEXT):
            likely.append((case.id, how.score, how.grounds))
    return sorted(likely, key=lambda each: (-each[1], each[0]))[:MOST_NAMED]

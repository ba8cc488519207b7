"""Cases that may belong to the same trouble: the same people within twelve months, or the same place and category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import literal, select, true, union_all
from sqlalchemy.orm import Session

from engine.cases import RESPONDENT, Case, Party
from engine.people import Viewer
from engine.tasks import visible_cases

SPAN = timedelta(days=366)
MOST = 8
MOST_NAMES = 10
MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Related:
    """`why`: phone, name (of the petitioner), respondent, place."""

    case: Case
    why: tuple[str, ...]


def related(session: Session, viewer: Viewer, case: Case, parties: Sequence[Party]) -> list[Related]:
    """The closest first, then the latest; only cases the viewer may see. Each ground is read through an index;
    the same respondent alone is no ground: many complain about one company."""
    since, until = case.received_at - SPAN, case.received_at + SPAN
    phones = sorted({party.phone for party in parties if party.phone})[:MOST_NAMES]
    petitioners = sorted({party.name for party in parties if party.role != RESPONDENT})[:MOST_NAMES]
    accused = sorted({party.name for party in parties if party.role == RESPONDENT})[:MOST_NAMES]
    near = (Case.place_id == case.place_id, Case.category == case.category, Case.received_at.between(since, until))
    grounds = [
        select(Case.id, literal("place").label("why")).where(*near).order_by(Case.received_at.desc()),
        *(
            select(Party.case_id, literal(why)).where(named, side).order_by(Party.case_id.desc())
            for why, named, side in (
                ("phone", Party.phone.in_(phones), true()),
                ("name", Party.name.in_(petitioners), Party.role != RESPONDENT),
                ("respondent", Party.name.in_(accused), Party.role == RESPONDENT),
            )
        ),
    ]
    found = union_all(*(select(ground.limit(MOST_READ).subquery()) for ground in grounds)).cte("found")
    rows = session.execute(
        select(Case, found.c.why)
        .join(found, found.c.id == Case.id)
        .where(
            Case.id != case.id,
            Case.received_at.between(since, until),
            visible_cases(viewer, one=select(found.c.id)),
        )
    ).all()
    why: dict[Case, set[str]] = {}
    for each, ground in rows:
        why.setdefault(each, set()).add(ground)
    order = sorted(
        (each for each, grounds_of in why.items() if grounds_of != {"respondent"}),
        key=lambda each: (-sum(WEIGHTS[ground] for ground in why[each]), -each.id),
    )
    return [Related(each, tuple(ground for ground in WEIGHTS if ground in why[each])) for each in order[:MOST]]


WEIGHTS = {"phone": 8, "name": 4, "place": 2, "respondent": 1}

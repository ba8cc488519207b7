"""Cases that may belong to the same trouble: the same people within twelve months, or the same place and category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select, true, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.cases import RESPONDENT, Case, Party
from engine.people import Viewer
from engine.tasks import visible_cases

SPAN = timedelta(days=366)
MOST = 8
MOST_NAMES = 10
MOST_READ = 80
WEIGHTS = {"phone": 8, "name": 4, "place": 2, "respondent": 1}
"""Powers of two: a sum says which grounds it is made of."""


@dataclass(frozen=True, slots=True)
class Related:
    """`why`: phone, name (of the petitioner), respondent, place."""

    case: Case
    why: tuple[str, ...]


def related(session: Session, viewer: Viewer, case: Case, parties: Sequence[Party]) -> list[Related]:
    """The closest first, then the latest; only cases the viewer may see. Each ground is read through an index;
    the same respondent alone is no ground: many complain about one company."""
    given = {
        "this": case.id,
        "place": case.place_id,
        "category": case.category,
        "since": case.received_at - SPAN,
        "until": case.received_at + SPAN,
        "phones": sorted({party.phone for party in parties if party.phone})[:MOST_NAMES],
        "petitioners": sorted({party.name for party in parties if party.role != RESPONDENT})[:MOST_NAMES],
        "accused": sorted({party.name for party in parties if party.role == RESPONDENT})[:MOST_NAMES],
    }
    rows = session.execute(_asked_by(viewer), given)
    return [Related(each, tuple(why for why, weight in WEIGHTS.items() if weight & total)) for each, total in rows]


@lru_cache(maxsize=512)
def _asked_by(viewer: Viewer) -> Select[Case, Any]:
    """Put into words once per person and what they are, as `tasks.see_case` is; holds no row."""
    near = Case.received_at.between(bindparam("since"), bindparam("until"))
    grounds = [
        select(Case.id, literal(WEIGHTS["place"]).label("weight"))
        .where(Case.place_id == bindparam("place"), Case.category == bindparam("category"), near)
        .order_by(Case.received_at.desc()),
        *(
            select(Party.case_id, literal(WEIGHTS[why])).where(named, side).order_by(Party.case_id.desc())
            for why, named, side in (
                ("phone", _among(Party.phone, "phones"), true()),
                ("name", _among(Party.name, "petitioners"), Party.role != RESPONDENT),
                ("respondent", _among(Party.name, "accused"), Party.role == RESPONDENT),
            )
        ),
    ]
    found = union(*(select(ground.limit(MOST_READ).subquery()) for ground in grounds)).cte("found")
    together = func.sum(found.c.weight)
    return (
        select(Case, together)
        .join(found, found.c.id == Case.id)
        .where(Case.id != bindparam("this"), near, visible_cases(viewer, one=select(found.c.id)))
        .group_by(Case.id)
        .having(together > WEIGHTS["respondent"])
        .order_by(together.desc(), Case.id.desc())
        .limit(MOST)
    )


def _among(column: InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    return column.in_(bindparam(name, expanding=True))

"""Queries over cases."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, and_, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.cases.model import Case, Numbering, Party, Visit
from engine.errors import Conflict, NotFound
from engine.store import NUMBERS, Entities, Prepared, among, table_of


def get_case(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("case.unknown", "There is no such case.", case=case_id)
    return case


def cases_by_id(session: Session, case_ids: Collection[int]) -> dict[int, Case]:
    """Those that exist among the ids. One statement."""
    return {case.id: case for case in session.scalars(_CASES, {"cases": case_ids})} if case_ids else {}


_CASES = select(Case).where(among(Case.id, bindparam("cases", type_=NUMBERS)))


def id_of_number(session: Session, number: str) -> int | None:
    return session.scalar(select(Case.id).where(Case.number == number))


def lock_case(session: Session, case_id: int) -> Case:
    """The case as it is now, with its row locked until the transaction ends. Raises NotFound."""
    session.flush()  # what is not written yet would be lost when the row is read anew
    found = _LOCKED.first_anew(session, {"case_id": case_id})
    if found is None:
        raise NotFound("case.unknown", "There is no such case.", case=case_id)
    case: Case = found[0]
    return case


def lock_open_case(session: Session, case_id: int) -> Case:
    """As `lock_case`. Raises Conflict `case.ended` for a closed one."""
    case = lock_case(session, case_id)
    must_be_open(case)
    return case


def must_be_open(case: Case) -> None:
    """Raises Conflict `case.ended` for a closed one."""
    if case.ended:
        raise Conflict("case.ended", f"Case {case.number} is closed.", case=case.id)


_LOCKED = Entities((Case,), select(Case).where(Case.id == bindparam("case_id")).with_for_update())


_PRESENT = Entities((Visit,), select(Visit).where(Visit.case_id == bindparam("case_id"), Visit.seq == bindparam("seq")))


def present_visit(session: Session, case: Case) -> Visit:
    """The stay the case is in, or its last one."""
    found = _PRESENT.first(session, {"case_id": case.id, "seq": case.visit_seq})
    assert found is not None, "every case has a visit"
    visit: Visit = found[0]
    return visit


def present_visits(session: Session, case_ids: Collection[int]) -> dict[int, Visit]:
    """`present_visit` of each, by case. One statement."""
    if not case_ids:
        return {}
    present = and_(Visit.case_id == Case.id, Visit.seq == Case.visit_seq)
    found = select(Visit).join(Case, present).where(Case.id.in_(sorted(case_ids)))
    return {visit.case_id: visit for visit in session.scalars(found)}


def visits_of(session: Session, case_id: int) -> list[Visit]:
    return list(session.scalars(select(Visit).where(Visit.case_id == case_id).order_by(Visit.seq)))


def parties_of(session: Session, case_id: int) -> list[Party]:
    return list(session.scalars(select(Party).where(Party.case_id == case_id).order_by(Party.id)))


def parties_by_case(session: Session, case_ids: Collection[int]) -> dict[int, list[Party]]:
    """Of each case that has any, in the order of `parties_of`. One statement."""
    found: dict[int, list[Party]] = {}
    if case_ids:
        for party in session.scalars(_PARTIES, {"cases": case_ids}):
            found.setdefault(party.case_id, []).append(party)
    return found


_PARTIES = select(Party).where(among(Party.case_id, bindparam("cases", type_=NUMBERS))).order_by(Party.id)


def next_numbers(session: Session, received: Sequence[tuple[str, datetime]], zone: ZoneInfo) -> list[str]:
    """The next case numbers of the district's days, for example `LHQ-20261124-0001`.

    `received` are prefixes, each with when the matter reached us; the numbers come in their order.
    """
    days = [at.astimezone(zone).strftime("%Y%m%d") for _, at in received]
    count = _COUNT_ON[session.get_bind().dialect.name]
    next_of = {
        day: itertools.count(count.rows(session, {"day": day, "last": many})[0][0] - many + 1)
        for day, many in sorted(Counter(days).items())
    }
    return [f"{prefix}-{day}-{next(next_of[day]):04d}" for (prefix, _), day in zip(received, days, strict=True)]


_numbering = table_of(Numbering)
_COUNT_ON = {
    dialect: Prepared(
        insert(_numbering)
        .on_conflict_do_update(
            index_elements=["day"], set_={"last": _numbering.c.last + insert(_numbering).excluded.last}
        )
        .returning(_numbering.c.last),
        columns=("day", "last"),
        gives=[Integer()],
    )
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}

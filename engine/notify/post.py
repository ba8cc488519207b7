"""The outbox brings each outward act of a case here; who hears of it follows from the act.

Posting twice is harmless: a notice is unique by the message's key and its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import cases, escalation, outbox, people, staffing
from engine.cases import NO_WALL, Case, Wall
from engine.notify.kinds import kind_of
from engine.notify.model import Notice
from engine.people import WORKING
from engine.store import Prepared, table_of
from engine.territory import Tiers, ancestors

CLOSED = "case.closed"
"""Of which the delegate who raised the matter is told too."""
TOLD_BY_THE_ACT = frozenset({"raised", "downgraded", "extension_granted"})
"""What a diagram tells although the act before it reaches the same readers: once is enough."""


def post(session: Session, parcels: Sequence[outbox.Parcel], *, tiers: Tiers) -> int:
    """Puts messages of the outbox on the notices of everybody they concern; gives how many notices are new.

    `facts` may name the readers of a message, `people` by id and `units`; otherwise they are both ends of a move, whom
    a diagram names, else the holder. A few statements, however many messages.
    """
    told = [each for each in parcels if _what(each) not in TOLD_BY_THE_ACT]
    if not told:
        return 0
    found = cases.cases_by_id(session, {each.case_id for each in told})
    walls = cases.walls_of(session, found.values())
    raisers = staffing.raisers_of(session, {each.case_id for each in told if each.topic == CLOSED})
    readers = [
        [
            *_readers(each, found[each.case_id], tiers, walls.get(each.case_id, NO_WALL)),
            *([(None, raisers[each.case_id])] if each.topic == CLOSED and each.case_id in raisers else ()),
        ]
        for each in told
    ]
    staff = _staff(session, {unit for each in readers for unit, _ in each if unit is not None})
    columns = select(Notice.key, Notice.unit_id, Notice.person_id)
    known = {tuple(row) for row in session.execute(columns.where(Notice.key.in_([each.key for each in told])))}
    rows = [
        {
            "key": parcel.key,
            "unit_id": unit_id,
            "person_id": person_id,
            "case_id": parcel.case_id,
            "what": _what(parcel),
            "kind": str(kind_of(_what(parcel))),
            "facts": dict(parcel.facts),
            "at": parcel.created_at,
        }
        for parcel, theirs in zip(told, readers, strict=True)
        for unit_id, person_id in _reached(theirs, walls.get(parcel.case_id, NO_WALL), staff)
        if (parcel.key, unit_id, person_id) not in known
    ]
    _WRITE.run_many(session, rows)
    return len(rows)


_WRITE = Prepared(
    insert(table_of(Notice)), columns=("key", "unit_id", "person_id", "case_id", "what", "kind", "facts", "at")
)

Reader = tuple[str | None, int | None]
"""A unit, or a person."""


def _what(parcel: outbox.Parcel) -> str:
    return str(parcel.facts.get("what") or parcel.topic)


def _readers(parcel: outbox.Parcel, case: Case, tiers: Tiers, wall: Wall) -> list[Reader]:
    facts = parcel.facts
    if "people" in facts or "units" in facts:
        persons: Iterable[int] = dict.fromkeys(facts.get("people") or ())
        units: Iterable[str] = dict.fromkeys(facts.get("units") or ())
        return [*((None, person) for person in persons), *((unit, None) for unit in units)]
    return [(unit, None) for unit in _told_units(parcel, case, tiers, wall)]


def _staff(session: Session, units: Iterable[str]) -> Mapping[str, Sequence[int]]:
    """Who works in these units and in all above them."""
    lines = sorted({above for unit in units for above in ancestors(unit)})
    return people.staff_by_unit(session, lines, WORKING) if lines else {}


def _reached(readers: Sequence[Reader], wall: Wall, staff: Mapping[str, Sequence[int]]) -> list[Reader]:
    """Where somebody works: like a task, what is told to a unit that has nobody goes to the next one up."""

    def is_there(unit: str) -> bool:
        return not wall.shuts_out(unit) and any(person not in wall.people for person in staff.get(unit, ()))

    found: list[Reader] = []
    for unit, person in readers:
        nearest = next(filter(is_there, ancestors(unit)), None) if unit else None
        if person is not None or nearest is not None:
            found.append((nearest, person))
    return list(dict.fromkeys(found))


def _told_units(parcel: outbox.Parcel, case: Case, tiers: Tiers, wall: Wall) -> list[str]:
    facts = parcel.facts
    units: list[str] = [str(end["unit"]) for end in (facts.get("from"), facts.get("to")) if isinstance(end, dict)]
    units += _words_to_units(facts.get("whom") or (), case, tiers, wall)
    if not units:
        units = [case.holder_id]
    return list(dict.fromkeys(units))


def _words_to_units(words: Iterable[str], case: Case, tiers: Tiers, wall: Wall) -> list[str]:
    units: list[str] = []
    above = escalation.tier_above(case.place_id, case.tier, tiers, wall)
    for word in words:
        if word in ("holder", "deputy", "parties"):
            units.append(case.holder_id)  # a party has no page: the holder tells them
        elif word == "above" and above is not None:
            units.append(tiers.unit_at(case.place_id, above))
        elif word == "top":
            units.append(tiers.unit_at(case.place_id, tiers.top))
    return units

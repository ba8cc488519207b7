"""The outbox brings each outward act of a case here; who hears of it follows from the act.

Posting twice is harmless: a notice is unique by the message's key and its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import escalation, outbox, people, staffing
from engine.cases import Case, Wall, get_case, wall_of
from engine.notify.kinds import kind_of
from engine.notify.model import Notice
from engine.people import WORKING
from engine.store import table_of
from engine.territory import Tiers, ancestors

TOLD_BY_THE_ACT = frozenset({"raised", "downgraded", "extension_granted"})
"""What a diagram tells although the act before it reaches the same readers: once is enough."""


def post(session: Session, parcel: outbox.Parcel, *, tiers: Tiers) -> int:
    """Puts a message of the outbox on the notices of everybody it concerns; gives how many are new.

    `facts` may name its readers, `people` by id and `units`; otherwise they are both ends of a move, whom a diagram
    names, else the holder.
    """
    case = get_case(session, parcel.case_id)
    wall = wall_of(session, case)
    what = str(parcel.facts.get("what") or parcel.topic)
    if what in TOLD_BY_THE_ACT:
        return 0
    known = {
        tuple(row) for row in session.execute(select(Notice.unit_id, Notice.person_id).where(Notice.key == parcel.key))
    }
    rows: list[dict[str, Any]] = [
        {
            "key": parcel.key,
            "unit_id": unit_id,
            "person_id": person_id,
            "case_id": case.id,
            "what": what,
            "kind": str(kind_of(what)),
            "facts": dict(parcel.facts),
            "at": parcel.created_at,
        }
        for unit_id, person_id in _reached(session, _readers(session, parcel, case, tiers, wall), wall)
        if (unit_id, person_id) not in known
    ]
    if rows:
        session.execute(insert(table_of(Notice)), rows)
    return len(rows)


Reader = tuple[str | None, int | None]
"""A unit, or a person."""


def _readers(session: Session, parcel: outbox.Parcel, case: Case, tiers: Tiers, wall: Wall) -> list[Reader]:
    facts = parcel.facts
    if "people" in facts or "units" in facts:
        persons: Iterable[int] = dict.fromkeys(facts.get("people") or ())
        units: Iterable[str] = dict.fromkeys(facts.get("units") or ())
        return [*((None, person) for person in persons), *((unit, None) for unit in units)]
    told: list[Reader] = [(unit, None) for unit in _told_units(parcel, case, tiers, wall)]
    return [*told, *_raiser(session, parcel)]


def _raiser(session: Session, parcel: outbox.Parcel) -> list[Reader]:
    """The delegate who raised a case is told its result."""
    raiser = staffing.raiser_of(session, parcel.case_id) if parcel.topic == "case.closed" else None
    return [] if raiser is None else [(None, raiser)]


def _reached(session: Session, readers: Sequence[Reader], wall: Wall) -> list[Reader]:
    """Where somebody works: like a task, what is told to a unit that has nobody goes to the next one up."""
    lines = {unit: [each for each in ancestors(unit) if not wall.shuts_out(each)] for unit, _ in readers if unit}
    wanted = sorted({each for line in lines.values() for each in line})
    staffed = people.staffed_of(session, wanted, WORKING, without=wall.people) if wanted else frozenset()
    found: list[Reader] = []
    for unit, person in readers:
        nearest = next((each for each in lines[unit] if each in staffed), None) if unit else None
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

"""A connected system sends a newer version of a matter: what it says is taken over by the case that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import NO_WALL, Case, Party, PartyIn, must_be_open, wall_of
from engine.process.push import record
from engine.process.shut_out import pass_on
from engine.process.together import lock_together, share_wall
from engine.process.world import World

WORDS = ("title", "description", "demand")
"""Texts whose earlier wording the history keeps."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a system says of a matter besides where it lies and what kind it is: those are for the office to change."""

    title: str
    description: str
    demand: str | None
    address_text: str | None
    parties: Sequence[PartyIn]


def amend(
    session: Session,
    world: World,
    case_id: int,
    report: Report,
    *,
    party_ids: Sequence[int],
    source: str,
    now: datetime,
) -> list[int]:
    """Makes an open case say what the report says; gives the ids of the parties that came from there, in order.

    `party_ids` are what the last call, or the filing, gave: those parties are corrected, added and taken out; any other
    party was named here and stays. Saying the same again changes nothing. The holder is told. Raises Conflict
    `case.ended`.
    """
    case, others = lock_together(session, case_id)
    must_be_open(case)
    changed = [name for name in (*WORDS, "address_text") if getattr(case, name) != getattr(report, name)]
    was = {name: getattr(case, name) for name in WORDS if name in changed}
    for name in changed:
        setattr(case, name, getattr(report, name))
    kept, parties_changed = _set_parties(session, case, report.parties, party_ids)
    if parties_changed:
        changed.append("parties")
    if changed:
        session.flush()
        _record(session, world, case, {"fields": changed, "was": was, "source": source}, now=now)
        share_wall(session, world, case, others, reason=source, actor_id=None, now=now)
    return kept


def _set_parties(
    session: Session, case: Case, wanted: Sequence[PartyIn], party_ids: Sequence[int]
) -> tuple[list[int], bool]:
    found = {row.id: row for row in session.scalars(select(Party).where(Party.case_id == case.id))}
    rows = [found[each] for each in party_ids if each in found]
    changed = len(rows) != len(wanted)
    for row, party in zip(rows, wanted, strict=False):
        for name, value in asdict(party).items():
            if getattr(row, name) != value:
                setattr(row, name, value)
                changed = True
    for row in rows[len(wanted) :]:
        session.delete(row)
    fresh = [Party(case_id=case.id, **asdict(party)) for party in wanted[len(rows) :]]
    session.add_all(fresh)
    session.flush()
    return [row.id for row in (*rows[: len(wanted)], *fresh)], changed


def _record(session: Session, world: World, case: Case, facts: dict[str, object], *, now: datetime) -> None:
    case.walled = True
    wall = wall_of(session, case)
    case.walled = wall != NO_WALL
    record(session, case, "case.amended", actor_id=None, now=now, facts=facts, told={"source": facts["source"]})
    if wall != NO_WALL:
        pass_on(session, world, case, wall, actor_id=None, now=now)

"""Who a case is between, named or corrected while it goes on. Whoever is complained about is shut out at once,
of all cases that are carried on with it as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.cases import NO_WALL, Case, Party, PartyIn, faults_of, wall_of
from engine.errors import Invalid, NotFound
from engine.people import Viewer
from engine.process.push import record
from engine.process.shut_out import pass_on
from engine.process.together import PLAIN, lock_together, share_wall
from engine.process.world import World
from engine.reasons import LONGEST, reason_words


def name_party(
    session: Session, world: World, case_id: int, party: PartyIn, reason: str, *, viewer: Viewer, now: datetime
) -> Party:
    """Adds a party to a case, open or closed. Raises Invalid naming every field, NotAllowed without the right."""
    case, others = _locked(session, case_id, viewer)
    _check(session, party, reason)
    row = Party(case_id=case.id, **asdict(party))
    session.add(row)
    session.flush()
    said = {name: value for name in PLAIN if (value := getattr(party, name))}
    facts = {"party": row.id, **said, "reason": reason.strip()}
    _recorded(session, world, case, others, "party.named", facts, viewer, now)
    return row


def correct_party(
    session: Session,
    world: World,
    case_id: int,
    party_id: int,
    changes: Mapping[str, Any],
    reason: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> Party:
    """Changes the named fields of a party; what is not named stays, and a correction that changes nothing is none.

    Raises as `name_party` does, and NotFound for a party of another case.
    """
    case, others = _locked(session, case_id, viewer)
    row = session.get(Party, party_id)
    if row is None or row.case_id != case.id:
        raise NotFound("party.unknown", "This case has no such party.", party=party_id)
    before = PartyIn(**{name: getattr(row, name) for name in PartyIn.__slots__})
    party = replace(before, **changes)
    _check(session, party, reason)
    changed = [name for name in PartyIn.__slots__ if getattr(party, name) != getattr(before, name)]
    for name in changed:
        setattr(row, name, getattr(party, name))
    if changed:
        session.flush()
        said = {name: getattr(party, name) for name in PLAIN if name in changed}
        facts = {"party": row.id, "fields": sorted(changed), **said, "reason": reason.strip()}
        _recorded(session, world, case, others, "party.corrected", facts, viewer, now)
    return row


def _locked(session: Session, case_id: int, viewer: Viewer) -> tuple[Case, Sequence[Case]]:
    case, others = lock_together(session, case_id)
    viewer.must("case.name_parties", case.place_id, case.holder_id)
    return case, others


def _check(session: Session, party: PartyIn, reason: str) -> None:
    fields = {name: words for (_at, name), words in faults_of(session, [party]).items()}
    if not reason.strip() or len(reason) > LONGEST:
        fields["reason"] = reason_words()
    if fields:
        raise Invalid("party.invalid", f"The party cannot be taken: see {', '.join(sorted(fields))}.", fields=fields)


def _recorded(
    session: Session,
    world: World,
    case: Case,
    others: Sequence[Case],
    act: str,
    facts: Mapping[str, Any],
    viewer: Viewer,
    now: datetime,
) -> None:
    case.walled = True
    wall = wall_of(session, case)
    case.walled = wall != NO_WALL
    record(session, case, act, actor_id=viewer.person_id, now=now, facts=facts)
    if wall != NO_WALL and not case.ended:
        pass_on(session, world, case, wall, actor_id=viewer.person_id, now=now)
    share_wall(session, world, case, others, reason=facts["reason"], actor_id=viewer.person_id, now=now)

"""Cases that are carried on as one have one wall: whoever is shut out of one of them would meet its matter in another.

Merging refuses cases with different walls; what is named afterwards is named in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.cases import RESPONDENT, Case, Party, PartyIn, links_about, lock_case, wall_of
from engine.process.push import record
from engine.process.shut_out import pass_on
from engine.process.world import World

PLAIN = ("role", "type", "protected", "unit_id", "person_id")
"""What the history says of a party; its name, telephone, address and identity number never enter it."""


def lock_together(session: Session, case_id: int) -> tuple[Case, list[Case]]:
    """The case, and those that are carried on with it; locked in the order of their ids, as merging does.

    What was merged while this waited for its locks is looked for again, and is locked too.
    """
    locked: dict[int, Case] = {}
    while missing := (together := _together(session, case_id)) - locked.keys():
        locked.update((each, lock_case(session, each)) for each in sorted(missing))
    return locked[case_id], [case for each, case in locked.items() if each in together and each != case_id]


def _together(session: Session, case_id: int) -> set[int]:
    return {case_id, *(each for link in links_about(session, case_id) for each in (link.case_id, link.other_id))}


def share_wall(
    session: Session,
    world: World,
    case: Case,
    others: Sequence[Case],
    *,
    reason: str,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Names whoever is complained about in a case in the others as well, once. Those others are locked."""
    accused = _accused(session, case) if others else []
    for other in others:
        known = {(each.unit_id, each.person_id) for each in _accused(session, other)}
        missing = [each for each in accused if (each.unit_id, each.person_id) not in known]
        for party in missing:
            row = Party(case_id=other.id, **{each.name: getattr(party, each.name) for each in fields(PartyIn)})
            session.add(row)
            session.flush()
            said = {name: value for name in PLAIN if (value := getattr(row, name))}
            facts = {"party": row.id, **said, "reason": reason}
            record(session, other, "party.named", actor_id=actor_id, now=now, facts=facts)
        if missing:
            other.walled = True
            if not other.ended:
                pass_on(session, world, other, wall_of(session, other), actor_id=actor_id, now=now)


def _accused(session: Session, case: Case) -> Sequence[Party]:
    meant = or_(Party.unit_id.is_not(None), Party.person_id.is_not(None))
    return session.scalars(
        select(Party).where(Party.case_id == case.id, Party.role == RESPONDENT, meant).order_by(Party.id)
    ).all()

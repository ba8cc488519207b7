"""Personal data in the clear, for a while and on the record; and handlers who step aside.

Names of protected people, telephones, addresses and identity numbers are masked everywhere. Whoever works on a case or
speaks with its petitioners may have them shown, with a reason. The entry in the history is itself the permission: it
says who, when, why and which fields, never the values, and holds for a short while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import tasks
from engine.cases import Case, Party, Recusal, lock_case, must_be_open, parties_of, wall_of
from engine.errors import NotAllowed, NotFound
from engine.history import HistoryEntry
from engine.people import Viewer
from engine.process.push import record
from engine.process.shut_out import take_from
from engine.process.together import lock_together
from engine.process.world import World
from engine.reasons import reason_given

SHOWN_FOR = timedelta(minutes=15)
UNMASKED = "identity.unmasked"
STEPPED_ASIDE = "handler.stepped_aside"
FIELDS = ("phone", "address", "id_number")


def unmask(
    session: Session, case_id: int, reason: str, *, party_id: int | None = None, viewer: Viewer, now: datetime
) -> list[Party]:
    """Gives the parties, or one of them, in the clear and notes that they were shown; the entry serves for 15 minutes.

    Raises NotAllowed without the right on this case, Invalid without a reason, NotFound for another case's party.
    """
    case = lock_case(session, case_id)
    if not may_unmask(viewer, case, tasks.open_of_case(session, case_id)):
        raise NotAllowed(
            "identity.not_yours", "Only those who work on this case or speak with its petitioners may see this."
        )
    reason = reason_given(reason)
    parties = [party for party in parties_of(session, case_id) if party_id is None or party.id == party_id]
    if party_id is not None and not parties:
        raise NotFound("party.unknown", "This case has no such party.", party=party_id)
    fields = sorted(
        {name for party in parties for name in FIELDS if getattr(party, name)}
        | {"name" for party in parties if party.protected}
    )
    record(
        session,
        case,
        UNMASKED,
        actor_id=viewer.person_id,
        now=now,
        facts={"reason": reason, "parties": [party.id for party in parties], "fields": fields},
    )
    return parties


def may_unmask(viewer: Viewer, case: Case, asked: Iterable[tasks.Task]) -> bool:
    return viewer.may("case.unmask") and tasks.identity_shown(viewer, case, asked)


def shown_until(entries: Iterable[HistoryEntry], viewer: Viewer, *, now: datetime) -> Mapping[int, datetime]:
    """Which parties this person sees in the clear now, each with the instant at which they are masked again."""
    found: dict[int, datetime] = {}
    for entry in entries:
        if entry.act == UNMASKED and entry.actor_id == viewer.person_id and entry.at <= now < entry.at + SHOWN_FOR:
            for party in entry.facts.get("parties") or ():
                found[party] = max(entry.at + SHOWN_FOR, found.get(party, entry.at))
    return found


def shown_now(session: Session, case_id: int, viewer: Viewer, *, now: datetime) -> Mapping[int, datetime]:
    """`shown_until` for whoever has not read the case anyway."""
    entries = session.scalars(
        select(HistoryEntry).where(
            HistoryEntry.case_id == case_id,
            HistoryEntry.act == UNMASKED,
            HistoryEntry.actor_id == viewer.person_id,
            HistoryEntry.at > now - SHOWN_FOR,
        )
    )
    return shown_until(entries, viewer, now=now)


def step_aside(session: Session, world: World, case_id: int, reason: str, *, viewer: Viewer, now: datetime) -> None:
    """Takes a handler off a case they are party or related to (回避), and off those carried on with it: they see them
    no more.

    What they had claimed goes back to their unit; where nobody else there may do it, to the next unit up.
    Raises Conflict for a closed case, Invalid without a reason.
    """
    case, others = lock_together(session, case_id)
    must_be_open(case)
    viewer.must("case.step_aside")
    reason = reason_given(reason)
    for each in (case, *others):
        _take_off(session, world, each, reason, viewer=viewer, now=now)


def _take_off(session: Session, world: World, case: Case, reason: str, *, viewer: Viewer, now: datetime) -> None:
    session.add(Recusal(case_id=case.id, person_id=viewer.person_id, reason=reason, at=now))
    case.walled = True
    session.flush()
    wall = wall_of(session, case)
    moved = [] if case.ended else take_from(session, world, case, wall, now=now)
    units = sorted({to for _, _, to in moved})
    record(
        session,
        case,
        STEPPED_ASIDE,
        actor_id=viewer.person_id,
        now=now,
        facts={
            "reason": reason,
            "moved": [list(each) for each in moved],
            "units": units or ([] if case.ended else [case.holder_id]),
        },
    )

"""Finding a matter by its code, and giving a new code to somebody who called."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import process
from engine.cases import Case, lock_case
from engine.citizen.codes import TRACKING_BYTES, encode, hash_of, tracking_code
from engine.citizen.model import Tracking
from engine.errors import NotFound
from engine.people import Viewer, limit_tries
from engine.process import World

MOST_LOOKS = 30
"""Codes tried from one address in a quarter of an hour; a guess has one chance in 2^80."""


def note_look(session: Session, address: str, *, now: datetime) -> None:
    """Counts a try before it is made. Raises Unavailable `citizen.too_many`. Commit before looking."""
    limit_tries(
        session,
        f"tracking:address:{address}",
        most=MOST_LOOKS,
        code="citizen.too_many",
        sentence="There were too many codes from here in a short time; please wait, or call.",
        now=now,
    )


def find_tracking(session: Session, typed: str) -> Tracking | None:
    """None for a code that was never given, was replaced, or cannot be one: the same for all."""
    code_hash = hash_of(typed)
    if code_hash is None:
        return None
    return session.scalars(
        select(Tracking).where(
            Tracking.code_hash == code_hash, Tracking.case_id.is_not(None), Tracking.ended_at.is_(None)
        )
    ).first()


def get_tracking(session: Session, tracking_id: int) -> Tracking:
    """Raises NotFound once the code was replaced."""
    tracking = session.get(Tracking, tracking_id)
    if tracking is None or tracking.ended_at is not None or tracking.case_id is None:
        raise NotFound("tracking.unknown", "This code leads nowhere any more.")
    return tracking


def case_of(session: Session, tracking: Tracking) -> Case:
    """The case a code leads to, locked for an act."""
    assert tracking.case_id is not None
    return lock_case(session, tracking.case_id)


def code_of_filed(session: Session, world: World, case: Case, *, now: datetime) -> str:
    """The code of a case that another system filed, for whoever it filed for: the same as often as it is asked for.

    Once a handler gave out another one, it leads nowhere any more.
    """
    code = tracking_code(world.config.server.secret_key.get_secret_value(), f"case:{case.id}:{case.number}")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    known = insert(Tracking).values(code_hash=hash_of(code), case_id=case.id, created_at=now)
    session.execute(known.on_conflict_do_nothing())
    return code


def vouched(case: Case) -> Tracking:
    """What stands for a code where somebody else vouches for the petitioner: the app or the mailbox they wrote by.

    It is no row and never becomes one.
    """
    return Tracking(case_id=case.id)


def give_code(session: Session, case_id: int, *, viewer: Viewer, now: datetime) -> str:
    """A new code for a case, to be handed to the petitioner; the codes before it lead nowhere any more.

    The caller has checked that the viewer sees the case. Only the hash is kept, so the code is shown once.
    """
    case = lock_case(session, case_id)
    viewer.must("case.supply", case.place_id)
    session.execute(
        update(Tracking).where(Tracking.case_id == case.id, Tracking.ended_at.is_(None)).values(ended_at=now)
    )
    code = encode(secrets.token_bytes(TRACKING_BYTES))
    session.add(Tracking(code_hash=hash_of(code), case_id=case.id, created_at=now, created_by=viewer.person_id))
    process.record(session, case, "tracking.given", actor_id=viewer.person_id, now=now)
    return code

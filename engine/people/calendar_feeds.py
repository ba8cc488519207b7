"""The secret address under which somebody's own calendar program asks for their deadlines.

192 random bits, shown once when made; the table keeps only their hash. Making it anew or ending it closes the old
address at once, as does closing the account. It reads a calendar and opens nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.people.model import CalendarFeed, Person
from engine.people.rows import viewer_of

BYTES = 24


def make(session: Session, person_id: int, *, warns: bool, now: datetime) -> str:
    """Gives a new secret, in place of the one before, if there was one. Raises NotFound for who may not sign in."""
    viewer_of(session, person_id)
    secret = secrets.token_urlsafe(BYTES)
    session.merge(CalendarFeed(person_id=person_id, secret_hash=_hash(secret), warns=warns, made_at=now))
    session.flush()
    return secret


def find(session: Session, secret: str) -> CalendarFeed | None:
    """None for an address that is unknown or was closed, or whose person is not active."""
    return session.scalars(
        select(CalendarFeed)
        .join(Person, Person.id == CalendarFeed.person_id)
        .where(CalendarFeed.secret_hash == _hash(secret), Person.active)
    ).first()


def of(session: Session, person_id: int) -> CalendarFeed | None:
    return session.get(CalendarFeed, person_id)


def choose_warnings(session: Session, person_id: int, *, warns: bool) -> None:
    """Whether entries ring. The address stays; without one, nothing happens."""
    feed = of(session, person_id)
    if feed is not None:
        feed.warns = warns


def end(session: Session, person_id: int) -> None:
    """Idempotent."""
    feed = of(session, person_id)
    if feed is not None:
        session.delete(feed)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

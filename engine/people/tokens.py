"""Bearer tokens for the JSON API: 256 random bits, shown once when issued; the table keeps only their hash.

A token speaks for its person, with that person's roles and nothing more. It ends when its time is over, when it is
ended by name, and at once when the person may no longer sign in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid
from engine.people.model import ApiToken, Person
from engine.people.rows import viewer_of

MARK = "mb_"
"""Begins every token, so that a leaked one can be recognised for what it is."""
LONGEST_NAME = 80


def issue(session: Session, person_id: int, name: str, *, now: datetime, ends_at: datetime | None) -> str:
    """Gives a new token, which nobody can read again; `ends_at` None is until it is ended.

    Raises NotFound for a person who may not sign in, Invalid for the name or a time that is over, Conflict when the
    person has a living token of that name.
    """
    viewer_of(session, person_id)
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid("token.name", f"A token needs a name of at most {LONGEST_NAME} characters.")
    if ends_at is not None and ends_at <= now:
        raise Invalid("token.over", "The token would have ended already.")
    if any(token.name == name for token in living(session, person_id, now=now)):
        raise Conflict("token.name_taken", f"This person has a token named {name!r}; end it first or choose another.")
    secret = MARK + secrets.token_urlsafe(32)
    session.add(ApiToken(secret_hash=_hash(secret), person_id=person_id, name=name, created_at=now, ends_at=ends_at))
    session.flush()
    return secret


def find(session: Session, secret: str, *, now: datetime) -> int | None:
    """The id of the person a token speaks for; None for one that is unknown or over, or whose person is not active."""
    if not secret.startswith(MARK):
        return None
    return session.scalar(
        select(ApiToken.person_id)
        .join(Person, Person.id == ApiToken.person_id)
        .where(ApiToken.secret_hash == _hash(secret), _alive(now), Person.active)
    )


def living(session: Session, person_id: int, *, now: datetime) -> Sequence[ApiToken]:
    """The person's tokens that have not ended, oldest first."""
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.person_id == person_id, _alive(now))
        .order_by(ApiToken.created_at, ApiToken.name)
    ).all()


def end(session: Session, person_id: int, name: str, *, now: datetime) -> bool:
    """Ends the person's living token of that name at once; False when there is none. The row stays for the record."""
    ended = session.scalars(
        update(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.name == name.strip(), _alive(now))
        .values(ends_at=now)
        .returning(ApiToken.secret_hash)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(ended)


def _alive(now: datetime) -> ColumnElement[bool]:
    return or_(ApiToken.ends_at.is_(None), ApiToken.ends_at > now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""Signing in and out: a table of signed-in browsers, and a brake on guessing.

The cookie holds 256 random bits, the table only their hash. A sign-in ends when it is signed out, when it has rested
too long, when its time is over, and at once when the person may no longer sign in.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.errors import Invalid, Unavailable
from engine.people.model import Attempts, Membership, Person, SignIn
from engine.people.passwords import check_password

WINDOW = timedelta(minutes=15)
MOST_PER_ACCOUNT = 10
MOST_PER_ADDRESS = 100
"""A whole office may share one address."""
TOUCH_AFTER = timedelta(minutes=1)
"""How stale `seen_at` may become before it is written again: reading a page should not write."""


def note_attempt(session: Session, username: str, address: str, *, now: datetime) -> None:
    """Counts a try before it is made, so that parallel tries cannot slip past. Commit before checking the password.

    Raises Unavailable `sign_in.too_many` (facts: `retry_after_s`) beyond ten tries per account or a hundred per address
    in a quarter of an hour.
    """
    start = datetime.fromtimestamp(now.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), UTC)
    account = hashlib.sha256(username.strip().lower().encode()).hexdigest()[:32]
    for what, most in (
        (f"sign_in:account:{account}", MOST_PER_ACCOUNT),
        (f"sign_in:address:{address[:64]}", MOST_PER_ADDRESS),
    ):
        if _count(session, what, start) > most:
            wait = int((start + WINDOW - now).total_seconds()) + 1
            raise Unavailable(
                "sign_in.too_many",
                "There were too many sign-ins with this account or from this address; please wait.",
                retry_after_s=wait,
            )


def _count(session: Session, what: str, start: datetime) -> int:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(Attempts)
        .values(what=what, window_start=start, count=1)
        .on_conflict_do_update(
            index_elements=[Attempts.what, Attempts.window_start], set_={"count": Attempts.count + 1}
        )
        .returning(Attempts.count)
    )
    return session.execute(statement).scalar_one()


def person_by_password(session: Session, username: str, password: str) -> Person:
    """Raises Invalid `sign_in.refused`, the same in words and in time whatever of the two was wrong."""
    person = session.scalars(select(Person).where(Person.username == username.strip())).first()
    known = person.password_hash if person is not None and person.active else None
    if not check_password(known, password) or person is None:
        raise Invalid("sign_in.refused", "The name or the password is wrong.")
    return person


def demo_people(session: Session) -> list[tuple[Person, Membership]]:
    """Those whom the sign-in page of a demonstration offers, in order, each with what they chiefly are."""
    rows = session.execute(
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.offered_in_demo, Person.active)
        .order_by(Person.id, Membership.unit_id, Membership.role)
    )
    chief: dict[int, tuple[Person, Membership]] = {}
    for person, membership in rows:
        chief.setdefault(person.id, (person, membership))
    return list(chief.values())


def sign_in(session: Session, person_id: int, *, now: datetime, lasts: timedelta) -> str:
    """Gives the new secret for the cookie; sign-ins whose time is over are swept away."""
    secret = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.ends_at <= now))
    session.add(
        SignIn(secret_hash=_hash(secret), person_id=person_id, created_at=now, seen_at=now, ends_at=now + lasts)
    )
    session.flush()
    return secret


def who_is(session: Session, secret: str, *, now: datetime, idle: timedelta) -> tuple[int, bool] | None:
    """The signed-in person's id, and whether `touch` is due; None when nobody is signed in by this secret."""
    row = session.execute(
        select(SignIn.person_id, SignIn.seen_at)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.secret_hash == _hash(secret), SignIn.ends_at > now, SignIn.seen_at > now - idle, Person.active)
    ).first()
    return None if row is None else (row.person_id, now - row.seen_at > TOUCH_AFTER)


def touch(session: Session, secret: str, *, now: datetime) -> None:
    session.execute(update(SignIn).where(SignIn.secret_hash == _hash(secret), SignIn.seen_at < now).values(seen_at=now))


def sign_out(session: Session, secret: str) -> None:
    """Idempotent."""
    session.execute(delete(SignIn).where(SignIn.secret_hash == _hash(secret)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""Signing in and out: a table of signed-in browsers, and a brake on guessing.

The cookie holds 256 random bits, the table only their hash. A sign-in ends when it is signed out, when it has rested
too long, when its time is over, and at once when the person may no longer sign in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.errors import Invalid, Unavailable
from engine.people.model import Attempts, Membership, Person, SignIn
from engine.people.passwords import check_password, hash_password
from engine.people.rights import Viewer
from engine.people.rows import VIEWED, stands_in, viewer_in
from engine.store import Prepared

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
    for what, most in (
        (attempts_key(username), MOST_PER_ACCOUNT),
        (f"sign_in:address:{address[:64]}", MOST_PER_ADDRESS),
    ):
        limit_tries(
            session,
            what,
            most=most,
            code="sign_in.too_many",
            sentence="There were too many sign-ins with this account or from this address; please wait.",
            now=now,
        )


def limit_tries(session: Session, what: str, *, most: int, code: str, sentence: str, now: datetime) -> None:
    """Counts a try of anything, before it is made. Raises Unavailable with the code beyond `most` in a quarter hour."""
    start = datetime.fromtimestamp(now.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), UTC)
    if _count(session, what[:120], start) > most:
        raise Unavailable(code, sentence, retry_after_s=int((start + WINDOW - now).total_seconds()) + 1)


def attempts_key(username: str) -> str:
    """Under what the tries of an account are counted; people who do not exist have one too."""
    return f"sign_in:account:{hashlib.sha256(username.strip().lower().encode()).hexdigest()[:32]}"


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


def person_by_password(session: Session, username: str, password: str, *, now: datetime) -> Person:
    """Raises Invalid `sign_in.refused`, the same in words and time whatever was wrong: name, password, or its age."""
    person = session.scalars(select(Person).where(Person.username == username.strip())).first()
    usable = person is not None and person.active and (person.password_ends_at is None or person.password_ends_at > now)
    known = person.password_hash if person is not None and usable else None
    if not check_password(known, password) or person is None:
        raise Invalid("sign_in.refused", "The name or the password is wrong.")
    return person


CHIEFLY = (
    "leader", "petition_officer", "confidential_clerk", "dispatcher", "quality", "mediator", "liaison", "designer",
    "operator", "instructor", "delegate", "lead", "clerk", "handler", "deputy",
)  # fmt: skip
"""Of several roles, the one that says most about what somebody does all day."""


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
        known = chief.get(person.id)
        if known is None or CHIEFLY.index(membership.role) < CHIEFLY.index(known[1].role):
            chief[person.id] = (person, membership)
    return list(chief.values())


def sign_in(session: Session, person_id: int, *, now: datetime, lasts: timedelta, agent: str | None = None) -> str:
    """Gives the new secret for the cookie; sign-ins whose time is over are swept away."""
    secret = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.ends_at <= now))
    session.add(
        SignIn(
            secret_hash=_hash(secret),
            person_id=person_id,
            created_at=now,
            seen_at=now,
            ends_at=now + lasts,
            agent=agent[:200] if agent else None,
        )
    )
    session.flush()
    return secret


def who_is(session: Session, secret: str, *, now: datetime, idle: timedelta) -> tuple[Viewer, bool] | None:
    """Who is signed in by this secret, and whether `touch` is due; None when nobody is."""
    rows = _SIGNED_IN.rows(session, {"secret_hash": _hash(secret), "now": now, "rested_since": now - idle})
    if not rows:
        return None
    seen_at, is_deputy = rows[0][-2:]
    return viewer_in(session, rows, now=now if is_deputy else None), now - seen_at > TOUCH_AFTER


_SIGNED_IN = Prepared(
    select(*VIEWED, SignIn.seen_at, stands_in(Person.id.expression))
    .select_from(SignIn)
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .where(
        SignIn.secret_hash == bindparam("secret_hash"),
        SignIn.ends_at > bindparam("now"),
        SignIn.seen_at > bindparam("rested_since"),
        Person.active,
    )
    .order_by(Membership.unit_id, Membership.role)
)


def touch(session: Session, secret: str, *, now: datetime) -> None:
    session.execute(update(SignIn).where(SignIn.secret_hash == _hash(secret), SignIn.seen_at < now).values(seen_at=now))


def sign_out(session: Session, secret: str) -> None:
    """Idempotent."""
    session.execute(delete(SignIn).where(SignIn.secret_hash == _hash(secret)))


def living_sign_ins(
    session: Session, *, now: datetime, idle: timedelta, person_id: int | None = None, most: int = 100
) -> Sequence[tuple[SignIn, Person]]:
    """Browsers that are signed in now, of one person or of everybody, last seen first."""
    statement = (
        select(SignIn, Person)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.ends_at > now, SignIn.seen_at > now - idle)
        .order_by(SignIn.seen_at.desc(), SignIn.secret_hash)
        .limit(most)
    )
    if person_id is not None:
        statement = statement.where(SignIn.person_id == person_id)
    return [(each, person) for each, person in session.execute(statement)]


def is_secret_of(row: SignIn, secret: str | None) -> bool:
    """Whether the cookie's secret opens this very sign-in: the browser that is asking."""
    return secret is not None and row.secret_hash == _hash(secret)


def end_sign_in(session: Session, handle: str, *, person_id: int | None = None) -> bool:
    """Signs out the browser of that handle, of that person or anybody's; False when there is none."""
    statement = delete(SignIn).where(SignIn.secret_hash.startswith(handle, autoescape=True))
    if person_id is not None:
        statement = statement.where(SignIn.person_id == person_id)
    if len(handle) != 16:
        return False
    return bool(session.scalars(statement.returning(SignIn.secret_hash)).all())


def end_other_sign_ins(session: Session, person_id: int, secret: str) -> int:
    """Signs out every browser of a person but the one that asks; gives how many."""
    others = delete(SignIn).where(SignIn.person_id == person_id, SignIn.secret_hash != _hash(secret))
    return len(session.scalars(others.returning(SignIn.secret_hash)).all())


def end_every_sign_in(session: Session) -> None:
    """Signs everybody out, everywhere."""
    session.execute(delete(SignIn).execution_options(synchronize_session=False))


def change_password(session: Session, person_id: int, present: str, wanted: str, *, secret: str | None) -> None:
    """Replaces a password; every other browser of the person is signed out.

    Raises Invalid with the field: the present one is wrong, or the new one is too short, too long or the same. Count
    the try with `note_attempt` first. People without a password have none to change.
    """
    person = session.get_one(Person, person_id)
    if not check_password(person.password_hash, present):
        raise Invalid(
            "password.wrong",
            "The present password is wrong.",
            fields={"present": {"zh": "当前密码不正确。", "en": "The present password is wrong."}},
        )
    if wanted == present:
        raise Invalid(
            "password.same",
            "The new password is the old one.",
            fields={"password": {"zh": "新密码不能与当前密码相同。", "en": "Choose another than the present one."}},
        )
    person.password_hash = hash_password(wanted)
    person.password_ends_at = None
    session.execute(
        delete(SignIn).where(SignIn.person_id == person_id, SignIn.secret_hash != (_hash(secret) if secret else ""))
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

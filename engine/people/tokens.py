"""Bearer tokens for the JSON API: 256 random bits, shown once when issued; the table keeps only their hash.

A token speaks for its person or service account, with its roles and nothing more; scopes may narrow them. It ends when
its time is over, when it is ended, and at once when the person may no longer sign in or the account is over.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotFound
from engine.people import scopes
from engine.people.model import ApiToken, Person, ServiceAccount
from engine.people.rights import Viewer
from engine.people.rows import viewer_of

MARK = "mb_"
"""Begins every token, so that a leaked one can be recognised for what it is."""
LONGEST_NAME = 80
ROTATION = timedelta(hours=24)
"""So long a token that was replaced still opens: time to put the new one where the old one was."""
TOUCH_AFTER = timedelta(minutes=1)
HANDLE = 16


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who came with a token. `scopes` None: all that the viewer may do. `stale`: `touch` is due."""

    viewer: Viewer
    scopes: frozenset[str] | None
    handle: str
    stale: bool


def issue(
    session: Session,
    person_id: int,
    name: str,
    *,
    now: datetime,
    ends_at: datetime | None,
    for_scopes: Iterable[str] | None = None,
) -> str:
    """Gives a new token, which nobody can read again; `ends_at` None is until it is ended.

    Raises NotFound for a person who may not sign in, Invalid for the name, a scope or a time that is over, Conflict
    when the person has a living token of that name.
    """
    viewer_of(session, person_id)
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        en = f"A token needs a name of at most {LONGEST_NAME} characters."
        raise Invalid("token.name", en, words={"zh": f"请填写令牌名称，最多 {LONGEST_NAME} 个字。", "en": en})
    if ends_at is not None and ends_at <= now:
        raise Invalid("token.over", "The token would have ended already.")
    if any(token.name == name for token in living(session, person_id, now=now)):
        raise Conflict("token.name_taken", f"This person has a token named {name!r}; end it first or choose another.")
    kept = None if for_scopes is None else scopes.checked(for_scopes)
    return _keep(session, ApiToken(person_id=person_id, name=name, created_at=now, ends_at=ends_at, scopes=kept))


def rotate(session: Session, person_id: int, handle: str, *, now: datetime) -> str:
    """Another token in place of a living one, under its name and for as long; the old one opens for a day more.

    Raises NotFound for one that is unknown or over.
    """
    old = session.scalars(
        select(ApiToken).where(
            ApiToken.person_id == person_id, ApiToken.secret_hash.startswith(handle, autoescape=True), _alive(now)
        )
    ).first()
    if old is None or len(handle) != HANDLE:
        raise NotFound("token.unknown", "There is no such token.")
    ends_at = None if old.ends_at is None else now + (old.ends_at - old.created_at)
    new = ApiToken(person_id=person_id, name=old.name, created_at=now, ends_at=ends_at, scopes=old.scopes)
    old.ends_at = min(old.ends_at or now + ROTATION, now + ROTATION)
    return _keep(session, new)


def find(session: Session, secret: str, *, now: datetime) -> Bearer | None:
    """Who comes with this token; None for one that is unknown or over, or whose person or account is not active."""
    if not secret.startswith(MARK):
        return None
    found = session.execute(
        select(ApiToken, ServiceAccount)
        .join(Person, Person.id == ApiToken.person_id)
        .outerjoin(ServiceAccount, ServiceAccount.person_id == Person.id)
        .where(ApiToken.secret_hash == _hash(secret), _alive(now), Person.active)
        .where(or_(ServiceAccount.ends_at.is_(None), ServiceAccount.ends_at > now))
    ).first()
    if found is None:
        return None
    token, service = found
    viewer = viewer_of(session, token.person_id, now=now)
    narrowed = None if token.scopes is None else frozenset(token.scopes)
    if service is not None:
        viewer = replace(viewer, memberships=tuple((service.unit_id, role) for role in service.roles))
        narrowed = frozenset(service.scopes) if narrowed is None else narrowed & frozenset(service.scopes)
    return Bearer(viewer, narrowed, token.handle, token.seen_at is None or now - token.seen_at > TOUCH_AFTER)


def touch(session: Session, handle: str, *, now: datetime) -> None:
    """Notes that a token was used: at most once a minute, since reading should not write."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.secret_hash.startswith(handle, autoescape=True))
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
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


def end_one(session: Session, person_id: int, handle: str, *, now: datetime) -> bool:
    """As `end`, of the one token with that handle."""
    if len(handle) != HANDLE:
        return False
    ended = session.scalars(
        update(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.secret_hash.startswith(handle, autoescape=True), _alive(now))
        .values(ends_at=now)
        .returning(ApiToken.secret_hash)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(ended)


def _keep(session: Session, token: ApiToken) -> str:
    secret = MARK + secrets.token_urlsafe(32)
    token.secret_hash = _hash(secret)
    session.add(token)
    session.flush()
    return secret


def _alive(now: datetime) -> ColumnElement[bool]:
    return or_(ApiToken.ends_at.is_(None), ApiToken.ends_at > now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

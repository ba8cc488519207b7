"""Service accounts: accounts of connected systems. An operator opens one, says what it may do, and gives it tokens.

A service account is a person row, so that histories can name it, without a password, so that nobody signs in as it.
Its roles lie in its own row and not among the memberships: it is never counted as staff, offered as a colleague or
told a notice. `tasks.deactivate` closes one like any other account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Invalid, NotFound
from engine.people import scopes, tokens
from engine.people.accounts import ROLES
from engine.people.model import ApiToken, Person, ServiceAccount
from engine.people.operator_log import log
from engine.people.rights import Viewer
from engine.territory import get_unit

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,47}")
MARK = "service:"
"""Begins the user name, which no person's can: nobody is mistaken for a machine."""
PAGE = 40
LONGEST_PURPOSE = 500


@dataclass(frozen=True, slots=True)
class Service:
    """What an operator may set about a service account. `ends_at` None is until it is closed."""

    name: str
    name_zh: str
    name_en: str
    unit_id: str
    roles: Sequence[str]
    scopes: Sequence[str]
    purpose: str = ""
    ends_at: datetime | None = None


def find_services(
    session: Session, *, after: int = 0, most: int = PAGE
) -> tuple[Sequence[tuple[ServiceAccount, Person]], int | None]:
    """All of them, closed ones too, by id; and the cursor of the next page."""
    rows = session.execute(
        select(ServiceAccount, Person)
        .join(Person, Person.id == ServiceAccount.person_id)
        .where(ServiceAccount.person_id > after)
        .order_by(ServiceAccount.person_id)
        .limit(most + 1)
    ).all()
    found = [(service, person) for service, person in rows]
    return found[:most], found[most - 1][1].id if len(found) > most else None


def get_service(session: Session, person_id: int) -> tuple[ServiceAccount, Person]:
    """Raises NotFound, also for an account of a person."""
    row = session.get(ServiceAccount, person_id)
    if row is None:
        raise NotFound("service.unknown", "There is no such service account.", person=person_id)
    return row, session.get_one(Person, person_id)


def called(session: Session, name: str) -> tuple[ServiceAccount, Person]:
    """The account of that name for machines. Raises NotFound."""
    row = session.execute(
        select(ServiceAccount, Person)
        .join(Person, Person.id == ServiceAccount.person_id)
        .where(Person.username == MARK + name)
    ).first()
    if row is None:
        raise NotFound("service.unknown", "There is no such service account.", service=name)
    return row[0], row[1]


def name_of(person: Person) -> str:
    """Its name for machines."""
    return person.username.removeprefix(MARK)


def open_service(session: Session, wanted: Service, *, viewer: Viewer, now: datetime) -> ServiceAccount:
    viewer.must("system.operate")
    checked = _checked(session, wanted, now)
    person = Person(username=MARK + checked.name, name_zh=checked.name_zh, name_en=checked.name_en)
    session.add(person)
    session.flush()
    row = ServiceAccount(person_id=person.id, made_at=now, made_by=viewer.person_id)
    _set(row, checked)
    session.add(row)
    session.flush()
    log(session, viewer, "service.opened", f"person:{person.id}", now=now, facts=_told(checked))
    return row


def change_service(
    session: Session, person_id: int, wanted: Service, *, viewer: Viewer, now: datetime
) -> ServiceAccount:
    """Its name for machines stays. What is narrowed here is narrowed for its tokens at once."""
    viewer.must("system.operate")
    row, person = get_service(session, person_id)
    checked = _checked(session, wanted, now, but=person)
    person.name_zh, person.name_en = checked.name_zh, checked.name_en
    _set(row, checked)
    session.flush()
    log(session, viewer, "service.changed", f"person:{person_id}", now=now, facts=_told(checked))
    return row


def issue_token(
    session: Session, person_id: int, name: str, *, ends_at: datetime | None, viewer: Viewer, now: datetime
) -> str:
    """A further token of a service account, shown once."""
    viewer.must("system.operate")
    get_service(session, person_id)
    secret = tokens.issue(session, person_id, name, now=now, ends_at=ends_at)
    log(session, viewer, "token.issued", f"person:{person_id}", now=now, facts={"name": name.strip()})
    return secret


def rotate_token(session: Session, person_id: int, handle: str, *, viewer: Viewer, now: datetime) -> str:
    """`tokens.rotate` for a service account, on the record."""
    viewer.must("system.operate")
    get_service(session, person_id)
    secret = tokens.rotate(session, person_id, handle, now=now)
    log(session, viewer, "token.rotated", f"person:{person_id}", now=now, facts={"token": handle})
    return secret


def end_token(session: Session, person_id: int, handle: str, *, viewer: Viewer, now: datetime) -> None:
    """At once. Idempotent."""
    viewer.must("system.operate")
    get_service(session, person_id)
    if tokens.end_one(session, person_id, handle, now=now):
        log(session, viewer, "token.ended", f"person:{person_id}", now=now, facts={"token": handle})


def tokens_of(session: Session, person_id: int, *, most: int = 50) -> Sequence[ApiToken]:
    """Ended ones too, the latest first."""
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.person_id == person_id)
        .order_by(ApiToken.created_at.desc(), ApiToken.secret_hash)
        .limit(most)
    ).all()


def _set(row: ServiceAccount, wanted: Service) -> None:
    row.unit_id, row.roles, row.scopes = wanted.unit_id, list(wanted.roles), list(wanted.scopes)
    row.purpose, row.ends_at = wanted.purpose, wanted.ends_at


def _told(wanted: Service) -> dict[str, object]:
    return {"unit": wanted.unit_id, "roles": list(wanted.roles), "scopes": list(wanted.scopes)}


def _checked(session: Session, wanted: Service, now: datetime, *, but: Person | None = None) -> Service:
    name = wanted.name.strip().lower() if but is None else name_of(but)
    wrong: dict[str, dict[str, str]] = {}
    if but is None and not NAME.fullmatch(name):
        wrong["name"] = {
            "zh": "2 至 48 个字符：小写字母、数字、点、横线、下划线。",
            "en": "2 to 48 of small letters, digits, dot, dash and underscore.",
        }
    elif but is None and session.scalar(select(Person.id).where(Person.username == MARK + name)) is not None:
        wrong["name"] = {"zh": "该名称已被使用。", "en": "This name is taken."}
    for key in ("name_zh", "name_en"):
        if not 0 < len(getattr(wanted, key).strip()) <= 80:
            wrong[key] = {"zh": "请填写，最多 80 个字符。", "en": "Needed, at most 80 characters."}
    if len(wanted.purpose) > LONGEST_PURPOSE:
        wrong["purpose"] = {"zh": "最多 500 个字符。", "en": "At most 500 characters."}
    if not wanted.roles or not set(wanted.roles) <= set(ROLES):
        wrong["roles"] = {"zh": "请至少选择一个角色。", "en": "Choose at least one role."}
    if wanted.ends_at is not None and wanted.ends_at <= now:
        wrong["ends_at"] = {"zh": "须晚于现在。", "en": "It must end in the future."}
    try:
        if get_unit(session, wanted.unit_id.strip()).valid_to is not None:
            wrong["unit_id"] = {"zh": "该单位已停用。", "en": "This unit is closed."}
    except NotFound:
        wrong["unit_id"] = {"zh": "没有这个单位。", "en": "There is no such unit."}
    try:
        asked = scopes.checked(wanted.scopes)
    except Invalid as refusal:
        wrong |= refusal.facts["fields"]
        asked = []
    if wrong:
        raise Invalid("service.invalid", "Something about the service account is missing or wrong.", fields=wrong)
    return Service(
        name,
        wanted.name_zh.strip(),
        wanted.name_en.strip(),
        wanted.unit_id.strip(),
        sorted(set(wanted.roles)),
        asked,
        wanted.purpose.strip(),
        wanted.ends_at,
    )

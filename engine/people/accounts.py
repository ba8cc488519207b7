"""What an operator does to accounts: find, open, change, close, unlock, give roles. Every act is logged.

Verbs raise NotAllowed for whoever is no operator; `viewer` None is the command line.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotFound
from engine.people.model import ApiToken, Attempts, Membership, Person, ServiceAccount, SignIn
from engine.people.operator_log import log
from engine.people.passwords import hash_password
from engine.people.rights import BLIND, WORKING, Viewer
from engine.people.sign_ins import MOST_PER_ACCOUNT, WINDOW, attempts_key
from engine.reasons import reason_given
from engine.territory import get_unit

PAGE = 40
ROLES = (*sorted(WORKING), "confidential_clerk", "delegate", *sorted(BLIND))
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
PHONE = re.compile(r"\+?[0-9][0-9 -]{4,30}")
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without the letters that look like others: it is read out over the phone."""
FIRST_PASSWORD_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Account:
    """What an operator may set about a person."""

    username: str
    name_zh: str
    name_en: str
    phone: str | None = None


def find_people(
    session: Session, text: str = "", *, unit_id: str | None = None, after: int = 0, most: int = PAGE
) -> tuple[Sequence[Person], int | None]:
    """People whose user name, names or phone hold the text, or who hold a role in exactly that unit; by id."""
    machines = select(ServiceAccount.person_id)
    statement = select(Person).where(Person.id > after, Person.id.not_in(machines)).order_by(Person.id).limit(most + 1)
    if text.strip():
        part = text.strip()
        statement = statement.where(
            or_(
                Person.username.icontains(part, autoescape=True),
                Person.name_zh.contains(part, autoescape=True),
                Person.name_en.icontains(part, autoescape=True),
                Person.phone.startswith(part, autoescape=True),
            )
        )
    if unit_id:
        statement = statement.where(
            Person.id.in_(select(Membership.person_id).where(Membership.unit_id == unit_id.strip()))
        )
    rows = session.scalars(statement).all()
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def get_person(session: Session, person_id: int) -> Person:
    """Raises NotFound, also for a service account: nobody signs in as one."""
    person = _get_account(session, person_id)
    if session.get(ServiceAccount, person_id) is not None:
        raise NotFound("person.unknown", "There is no such person.", person=person_id)
    return person


def _get_account(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("person.unknown", "There is no such person.", person=person_id)
    return person


def memberships_of(session: Session, ids: Sequence[int]) -> dict[int, list[Membership]]:
    """By person; within a person by unit and role."""
    found: dict[int, list[Membership]] = {}
    for each in session.scalars(
        select(Membership)
        .where(Membership.person_id.in_(ids))
        .order_by(Membership.person_id, Membership.unit_id, Membership.role)
    ):
        found.setdefault(each.person_id, []).append(each)
    return found


def open_account(session: Session, account: Account, *, viewer: Viewer | None, now: datetime) -> tuple[Person, str]:
    """A new person and the first password, which is shown once and must be replaced within a day."""
    _must_operate(viewer)
    checked = _checked(session, account)
    person = Person(username=checked.username, name_zh=checked.name_zh, name_en=checked.name_en, phone=checked.phone)
    password = _give_password(person, now)
    session.add(person)
    session.flush()
    log(session, viewer, "person.opened", f"person:{person.id}", now=now, facts={"username": person.username})
    return person, password


def change_account(
    session: Session, person_id: int, account: Account, *, viewer: Viewer | None, now: datetime
) -> Person:
    _must_operate(viewer)
    person = get_person(session, person_id)
    checked = _checked(session, account, but=person_id)
    changed = sorted(
        key for key in ("username", "name_zh", "name_en", "phone") if getattr(person, key) != getattr(checked, key)
    )
    if changed:
        for key in changed:
            setattr(person, key, getattr(checked, key))
        log(session, viewer, "person.changed", f"person:{person_id}", now=now, facts={"fields": changed})
    return person


def reset_password(session: Session, person_id: int, reason: str, *, viewer: Viewer | None, now: datetime) -> str:
    """Gives a password that opens for a day and only to choose another; whoever is signed in is signed out."""
    _must_operate(viewer)
    person = get_person(session, person_id)
    password = _give_password(person, now)
    _sign_out(session, person_id)
    _forget_attempts(session, person)
    log(session, viewer, "password.reset", f"person:{person_id}", now=now, reason=needed(reason))
    return password


def unlock(session: Session, person_id: int, *, viewer: Viewer | None, now: datetime) -> None:
    """Lets somebody try again who guessed too often. Idempotent."""
    _must_operate(viewer)
    person = get_person(session, person_id)
    if _forget_attempts(session, person):
        log(session, viewer, "person.unlocked", f"person:{person_id}", now=now)


def is_locked(session: Session, person: Person, *, now: datetime) -> bool:
    """Whether there were so many tries to sign in as this person that no more are taken just now."""
    tries = select(func.max(Attempts.count)).where(
        Attempts.what == attempts_key(person.username), Attempts.window_start > now - WINDOW
    )
    return (session.scalar(tries) or 0) > MOST_PER_ACCOUNT


def deactivate(session: Session, person_id: int, reason: str, *, viewer: Viewer | None, now: datetime) -> None:
    """Closes an account: signed out at once, tokens ended. Idempotent. See `tasks.deactivate` for their open tasks.

    Raises Conflict for oneself and for the last operator, who would leave nobody to undo it.
    """
    _must_operate(viewer)
    person = _get_account(session, person_id)
    why = needed(reason)
    if viewer is not None and viewer.person_id == person_id:
        raise Conflict("person.oneself", "You cannot close your own account.")
    if not person.active:
        return
    _must_not_be_last_operator(session, person_id)
    person.active = False
    _sign_out(session, person_id)
    for token in session.scalars(select(ApiToken).where(ApiToken.person_id == person_id)):
        token.ends_at = min(token.ends_at or now, now)
    log(session, viewer, "person.deactivated", f"person:{person_id}", now=now, reason=why)


def reactivate(session: Session, person_id: int, reason: str, *, viewer: Viewer | None, now: datetime) -> None:
    """Idempotent."""
    _must_operate(viewer)
    person = _get_account(session, person_id)
    why = needed(reason)
    if not person.active:
        person.active = True
        log(session, viewer, "person.reactivated", f"person:{person_id}", now=now, reason=why)


def give_role(
    session: Session, person_id: int, unit_id: str, role: str, reason: str, *, viewer: Viewer | None, now: datetime
) -> None:
    """Idempotent. Raises Invalid for a role or a unit that does not exist or is closed."""
    _must_operate(viewer)
    get_person(session, person_id)
    if role not in ROLES:
        raise _wrong("role.unknown", "role", "没有这个角色。", f"There is no such role, only {', '.join(ROLES)}.")
    try:
        unit = get_unit(session, unit_id.strip())
    except NotFound:
        raise _wrong("unit.unknown", "unit", "没有这个单位。", "There is no such unit.") from None
    if unit.valid_to is not None:
        raise _wrong("unit.closed", "unit", "该单位已停用。", "This unit is closed.")
    why = needed(reason)
    if session.get(Membership, (person_id, unit.id, role)) is None:
        session.add(Membership(person_id=person_id, unit_id=unit.id, role=role))
        facts = {"unit": unit.id, "role": role}
        log(session, viewer, "role.given", f"person:{person_id}", now=now, reason=why, facts=facts)


def take_role(
    session: Session, person_id: int, unit_id: str, role: str, reason: str, *, viewer: Viewer | None, now: datetime
) -> None:
    """Idempotent. Raises Conflict for the last operator. See `tasks.take_role` for their open tasks."""
    _must_operate(viewer)
    why = needed(reason)
    membership = session.get(Membership, (person_id, unit_id, role))
    if membership is None:
        return
    if role == "operator":
        _must_not_be_last_operator(session, person_id)
    session.delete(membership)
    facts = {"unit": unit_id, "role": role}
    log(session, viewer, "role.taken", f"person:{person_id}", now=now, reason=why, facts=facts)


def needed(reason: str) -> str:
    """The reason, trimmed. Raises Invalid without one."""
    said = reason.strip()
    if not said:
        raise _wrong("reason.needed", "reason", "请填写理由。", "Please give a reason.")
    return reason_given(said)


def _must_operate(viewer: Viewer | None) -> None:
    if viewer is not None:
        viewer.must("system.operate")


def _checked(session: Session, account: Account, *, but: int | None = None) -> Account:
    username = account.username.strip().lower()
    phone = (account.phone or "").strip() or None
    wrong: dict[str, dict[str, str]] = {}
    if not USERNAME.fullmatch(username):
        wrong["username"] = {
            "zh": "2 至 64 个字符：小写字母、数字、点、横线、下划线。",
            "en": "2 to 64 of small letters, digits, dot, dash and underscore.",
        }
    elif session.scalar(select(Person.id).where(Person.username == username, Person.id != (but or 0))) is not None:
        wrong["username"] = {"zh": "该账号已被使用。", "en": "This user name is taken."}
    for key in ("name_zh", "name_en"):
        if not 0 < len(getattr(account, key).strip()) <= 80:
            wrong[key] = {"zh": "请填写，最多 80 个字符。", "en": "Needed, at most 80 characters."}
    if phone is not None and not PHONE.fullmatch(phone):
        wrong["phone"] = {"zh": "请填写电话号码。", "en": "Write a phone number."}
    if wrong:
        raise Invalid("person.invalid", "Something about the person is missing or wrong.", fields=wrong)
    return Account(username, account.name_zh.strip(), account.name_en.strip(), phone)


def _give_password(person: Person, now: datetime) -> str:
    password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
    person.password_hash = hash_password(password)
    person.password_ends_at = now + FIRST_PASSWORD_LASTS
    return password


def _sign_out(session: Session, person_id: int) -> None:
    session.execute(delete(SignIn).where(SignIn.person_id == person_id))


def _forget_attempts(session: Session, person: Person) -> int:
    gone = session.scalars(
        delete(Attempts).where(Attempts.what == attempts_key(person.username)).returning(Attempts.count)
    ).all()
    return len(gone)


def _must_not_be_last_operator(session: Session, person_id: int) -> None:
    others = select(Person.id).join(Membership, Membership.person_id == Person.id)
    mine = session.scalar(
        select(Membership.role).where(Membership.person_id == person_id, Membership.role == "operator").limit(1)
    )
    if mine is None:
        return
    left = session.scalar(others.where(Membership.role == "operator", Person.active, Person.id != person_id).limit(1))
    if left is None:
        raise Conflict("operator.last", "This is the last operator; make somebody else one first.")


def _wrong(code: str, field: str, zh: str, en: str) -> Invalid:
    return Invalid(code, en, fields={field: {"zh": zh, "en": en}})

"""Accounts of people, and their roles, as operators keep them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from engine import people, tasks
from engine.people import Absence, Account, Person, accounts
from engine.web.api.acts.operating import OPERATIONS, Id, Reason, forget
from engine.web.api.acts.own import ABSENCE, midnight
from engine.web.api.shapes import Cursor, Day, Whole, row, told
from engine.web.api.told import Told
from engine.web.context import now, viewer


class Role(Told):
    unit_id: str
    role: str


ACCOUNT = row(
    "Account", Person, "id username name_zh name_en phone active", "An account of a person.", roles=list[Role]
)


class Password(Told):
    """Opens for a day, and only to choose another. Shown this once."""

    password: str


@OPERATIONS.look("/operations/people", "listAccounts", "system.operate", "List accounts of people", lists=ACCOUNT)
def list_accounts(
    session: Session, *, q: Annotated[str, Field(max_length=60)] = "", unit: Id = "", cursor: Cursor = ""
) -> Any:
    found, following = accounts.find_people(session, q, unit_id=unit or None, after=int(cursor or 0))
    return _accounts(session, found), following


@OPERATIONS.look(
    "/operations/people/<int:person_id>", "readAccount", "system.operate", "Read an account", tells=ACCOUNT
)
def read_account(session: Session, person_id: int) -> Any:
    return _account(session, person_id)


@OPERATIONS.act(
    "/operations/people",
    "openAccount",
    "system.operate",
    "Open an account",
    tells=ACCOUNT,
    status=201,
    description="`resetPassword` gives its first password.",
)
def open_account(session: Session, *, given: Account) -> Any:
    person, _password = accounts.open_account(session, given, viewer=viewer(), now=now())
    return _account(session, person.id)


@OPERATIONS.act(
    "/operations/people/<int:person_id>", "changeAccount", "system.operate", "Change an account", method="PUT",
    tells=ACCOUNT,
)  # fmt: skip
def change_account(session: Session, person_id: int, *, given: Account) -> Any:
    accounts.change_account(session, person_id, given, viewer=viewer(), now=now())
    return _account(session, person_id)


@OPERATIONS.act(
    "/operations/people/<int:person_id>/password",
    "resetPassword",
    "system.operate",
    "Give a password for the first day",
    method="PUT",  # an answer to a POST could be kept for its `Idempotency-Key`, and the password with it
    tells=Password,
)
def reset_password(session: Session, person_id: int, *, reason: Reason) -> Any:
    return Password(password=accounts.reset_password(session, person_id, reason, viewer=viewer(), now=now()))


@OPERATIONS.act(
    "/operations/people/<int:person_id>/unlocking", "unlockAccount", "system.operate", "Unlock an account",
    tells=ACCOUNT,
)  # fmt: skip
def unlock(session: Session, person_id: int) -> Any:
    accounts.unlock(session, person_id, viewer=viewer(), now=now())
    return _account(session, person_id)


@OPERATIONS.act(
    "/operations/people/<int:person_id>/closing",
    "closeAccount",
    "system.operate",
    "Close an account",
    tells=ACCOUNT,
    after=forget,
)
def close_account(session: Session, person_id: int, *, reason: Reason) -> Any:
    accounts.get_person(session, person_id)
    tasks.deactivate(session, person_id, reason, viewer=viewer(), now=now())
    return _account(session, person_id)


@OPERATIONS.act(
    "/operations/people/<int:person_id>/opening",
    "reopenAccount",
    "system.operate",
    "Open an account again",
    tells=ACCOUNT,
    after=forget,
)
def open_again(session: Session, person_id: int, *, reason: Reason) -> Any:
    accounts.get_person(session, person_id)
    accounts.reactivate(session, person_id, reason, viewer=viewer(), now=now())
    return _account(session, person_id)


@OPERATIONS.act(
    "/operations/people/<int:person_id>/roles",
    "giveRole",
    "system.operate",
    "Give a role",
    tells=ACCOUNT,
    after=forget,
)
def give_role(session: Session, person_id: int, *, unit: Id, role: Id, reason: Reason) -> Any:
    accounts.give_role(session, person_id, unit, role, reason, viewer=viewer(), now=now())
    return _account(session, person_id)


@OPERATIONS.act(
    "/operations/people/<int:person_id>/roles/ending",
    "takeRole",
    "system.operate",
    "Take a role",
    tells=ACCOUNT,
    after=forget,
)
def take_role(session: Session, person_id: int, *, unit: Id, role: Id, reason: Reason) -> Any:
    accounts.get_person(session, person_id)
    tasks.take_role(session, person_id, unit, role, reason, viewer=viewer(), now=now())
    return _account(session, person_id)


@OPERATIONS.act(
    "/operations/people/<int:person_id>/absences",
    "noteAbsence",
    "system.operate",
    "Note that somebody is away from now on",
    tells=ABSENCE,
    status=201,
)
def note_absence(session: Session, person_id: int, *, deputy_id: Whole, ends_on: Day) -> Absence:
    ends_at = midnight(ends_on) + timedelta(days=1)
    absence = people.note_absence(
        session, person_id, deputy_id, starts_at=now(), ends_at=ends_at, viewer=viewer(), now=now()
    )
    facts = {"deputy": absence.deputy_id, "until": absence.ends_at.isoformat()}
    people.operator_log.log(session, viewer(), "absence.noted", f"person:{person_id}", now=now(), facts=facts)
    return absence


def _account(session: Session, person_id: int) -> Any:
    session.flush()
    return _accounts(session, [accounts.get_person(session, person_id)])[0]


def _accounts(session: Session, found: Any) -> list[Any]:
    roles = accounts.memberships_of(session, [person.id for person in found])
    return [
        each
        for person in found
        for each in told(
            session,
            ACCOUNT,
            [person],
            roles=[Role(unit_id=one.unit_id, role=one.role) for one in roles.get(person.id, [])],
        )
    ]

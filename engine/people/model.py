"""Handlers, what they are where, and the sessions and tokens by which they are known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import DDL, Boolean, ForeignKey, Index, Integer, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId, table_of


class Person(Base):
    """Somebody who may sign in. Without `password_hash` only the demo's sign-in page lets them in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_ends_at: Mapped[datetime | None] = mapped_column(Instant)
    """Set for a password that an operator gave out: it opens until then, and only to choose another."""
    locale: Mapped[str | None] = mapped_column(String(8))
    theme: Mapped[str | None] = mapped_column(String(8))
    """`light` or `dark`; None follows the device."""
    muted: Mapped[list[str] | None] = mapped_column(Json)
    """The sorts of notices this person does not want."""
    phone: Mapped[str | None] = mapped_column(String(32))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    offered_in_demo: Mapped[bool] = mapped_column(Boolean, default=False)

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en


class Membership(Base):
    """A person holds a role in a unit. One person may hold several, in several units."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_unit_id_role", "unit_id", "role"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(32), primary_key=True)


class SignIn(Base):
    """A signed-in browser. Only the hash of the cookie's secret is kept; ending a row signs the browser out at once."""

    __tablename__ = "sign_in"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    agent: Mapped[str | None] = mapped_column(String(200))
    """What the browser called itself, so that its owner recognises it."""

    @property
    def handle(self) -> str:
        """Names the row on a page and opens nothing: a part of the hash of 256 random bits."""
        return self.secret_hash[:16]


class Absence(Base):
    """While somebody is away, what is asked of them is asked of a deputy too. Ends by itself."""

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_deputy_id_ends_at", "deputy_id", "ends_at"),
        Index("ix_absence_person_id_ends_at", "person_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    deputy_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    """Exclusive. Brought forward when they are back early; equal to the start when it was called off."""
    noted_at: Mapped[datetime] = mapped_column(Instant)
    noted_by: Mapped[int] = mapped_column(ForeignKey("person.id"))


class ApiToken(Base):
    """A bearer token of a person or a connected system; the secret itself is shown once and never stored."""

    __tablename__ = "api_token"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    scopes: Mapped[list[str] | None] = mapped_column(Json)
    """What the token is for; None: all that its person or account may do."""
    seen_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def handle(self) -> str:
        """Names the row on a page and opens nothing, as a sign-in's does."""
        return self.secret_hash[:16]


class ServiceAccount(Base):
    """What makes a person row the account of a connected system: its unit, its roles there, and what it is for."""

    __tablename__ = "service_account"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    roles: Mapped[list[str]] = mapped_column(Json)
    scopes: Mapped[list[str]] = mapped_column(Json)
    purpose: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ends_at: Mapped[datetime | None] = mapped_column(Instant)


class CalendarFeed(Base):
    """The secret address under which a person's own calendar program asks for their deadlines; one per person."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    warns: Mapped[bool] = mapped_column(Boolean)
    """Whether entries ring when their light turns yellow."""
    made_at: Mapped[datetime] = mapped_column(Instant)


class Attempts(Base):
    """How often something was tried in a window of time: sign-ins per account and address."""

    __tablename__ = "attempts"

    what: Mapped[str] = mapped_column(String(120), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class OperatorEntry(Base):
    """What an operator did to accounts, units and tables, and why. Append-only; None did it from the command line."""

    __tablename__ = "operator_log"
    __table_args__ = (Index("ix_operator_log_subject_id", "subject", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    act: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(80))
    """What it was done to: `person:12`, `unit:LHQ.MZ`, `year:2027`, `instance:7`."""
    reason: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)


APPEND_ONLY: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER operator_log_no_update BEFORE UPDATE ON operator_log"
        " BEGIN SELECT RAISE(ABORT, 'the operators'' log is append-only'); END",
        "CREATE TRIGGER operator_log_no_delete BEFORE DELETE ON operator_log"
        " BEGIN SELECT RAISE(ABORT, 'the operators'' log is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION operator_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the operators'' log is append-only'; END $$",
        "CREATE TRIGGER operator_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_log"
        " FOR EACH STATEMENT EXECUTE FUNCTION operator_log_is_append_only()",
    ),
}
"""As for the history: the database itself refuses a change; the migrations run the same statements."""

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(table_of(OperatorEntry), "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]

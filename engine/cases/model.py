"""The case as rows: what was filed, who is involved, and each stay at a tier."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class CaseState(enum.StrEnum):
    """Where a case stands. The public sees seven of them (`public_state`)."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    SIGNED_IN = "signed_in"
    HANDLING = "handling"
    JOINT = "joint"
    WAITING_PETITIONER = "waiting_petitioner"
    MEDIATING = "mediating"
    SUSPENDED = "suspended"
    UPGRADE_PENDING = "upgrade_pending"
    SUPERVISED = "supervised"
    REPLY_PENDING = "reply_pending"
    REOPENED = "reopened"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


ENDED = frozenset({CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.MERGED})


IS_OPEN = text("closed_at IS NULL")
IS_GRAVER = text("closed_at IS NULL AND severity > 1")
IS_OVERDUE = text("closed_at IS NULL AND overdue_at IS NOT NULL")
IS_CLOSED = text("closed_at IS NOT NULL")
IS_SECRET = text("confidential")
_MARKED = """replace({facts}, '"complex":true', '') <> {facts}"""
"""Facts are canonical JSON: what is marked as complex holds just these signs, and no text within can."""
IS_COMPLEX = literal_column(_MARKED.format(facts="facts"), Boolean)
BY_SEVERITY = ("place_id", "severity", "confidential", "id")
BY_CLOSING = ("closed_at", "place_id", "state", "confidential", "overdue_at", "id")
"""The figures of the board are counted from these indexes alone."""


BY_HAND = text("filed_by IS NOT NULL")


class Case(Base):
    """One matter. The row is also the lock: every push of any of its processes takes it first."""

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_place_id_state", "place_id", "state"),
        Index("ix_case_state_holder_id", "state", "holder_id"),
        Index("ix_case_received_at", "received_at", "category", "place_id", "confidential"),
        Index("ix_case_place_id_category_received_at", "place_id", "category", "received_at"),
        Index("ix_case_open", "place_id", "confidential", "id", postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
        Index("ix_case_open_graver", *BY_SEVERITY, postgresql_where=IS_GRAVER, sqlite_where=IS_GRAVER),
        Index("ix_case_overdue", *BY_SEVERITY, "overdue_at", postgresql_where=IS_OVERDUE, sqlite_where=IS_OVERDUE),
        Index("ix_case_closed", *BY_CLOSING, postgresql_where=IS_CLOSED, sqlite_where=IS_CLOSED),
        Index("ix_case_confidential", "id", postgresql_where=IS_SECRET, sqlite_where=text("confidential = 1")),
        Index("ix_case_complex", "id", postgresql_where=IS_COMPLEX, sqlite_where=IS_COMPLEX),
        Index("ix_case_filed_by", "filed_by", "filed_at", postgresql_where=BY_HAND, sqlite_where=BY_HAND),
        UniqueConstraint("channel", "external_no"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    channel: Mapped[str] = mapped_column(String(32))
    external_no: Mapped[str | None] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(32))
    category: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    demand: Mapped[str | None] = mapped_column(Text)
    address_text: Mapped[str | None] = mapped_column(String(300))
    place_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    """What triage reads: people_count, amount_cny, injury, risk …"""
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """Why it was graded so: [{decision, rule, says}], in table order."""
    severity: Mapped[int] = mapped_column(Integer)
    size: Mapped[str] = mapped_column(String(8))
    track: Mapped[str] = mapped_column(String(32))
    urgent: Mapped[bool] = mapped_column(Boolean)
    confidential: Mapped[bool] = mapped_column(Boolean, default=False)
    anonymous: Mapped[bool] = mapped_column(Boolean, default=False)
    walled: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether somebody is shut out of it: a unit or person complained about, or a handler who stepped aside."""
    state: Mapped[str] = mapped_column(String(24))
    tier: Mapped[str] = mapped_column(String(32))
    holder_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    accountable_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    """The last unit that signed in; the first receiver until the next one does. Never empty."""
    visit_seq: Mapped[int] = mapped_column(Integer, default=0)
    lead_official: Mapped[str | None] = mapped_column(String(80))
    result: Mapped[str | None] = mapped_column(String(32))
    substantive: Mapped[bool | None] = mapped_column(Boolean)
    received_at: Mapped[datetime] = mapped_column(Instant)
    filed_at: Mapped[datetime] = mapped_column(Instant)
    filed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    overdue_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the limit of the whole case passed, or that of a tier with nobody above it. A rise has a fresh limit."""
    history_seq: Mapped[int] = mapped_column(Integer, default=0)
    history_hash: Mapped[str] = mapped_column(String(64), default="")

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def is_complex() -> ColumnElement[bool]:
    """A condition on `Case` in the very words of its index."""
    return literal_column(_MARKED.format(facts='"case".facts'), Boolean)


HAS_UNIT = text("unit_id IS NOT NULL")
HAS_PERSON = text("person_id IS NOT NULL")
HAS_PHONE = text("phone IS NOT NULL")
HAS_ID_NUMBER = text("id_number IS NOT NULL")


class Party(Base):
    """Somebody the matter is between, or who speaks for them."""

    __tablename__ = "party"
    __table_args__ = (
        Index("ix_party_unit_id", "unit_id", "case_id", postgresql_where=HAS_UNIT, sqlite_where=HAS_UNIT),
        Index("ix_party_person_id", "person_id", "case_id", postgresql_where=HAS_PERSON, sqlite_where=HAS_PERSON),
        Index("ix_party_phone", "phone", "case_id", postgresql_where=HAS_PHONE, sqlite_where=HAS_PHONE),
        Index("ix_party_name", "name", "case_id"),
        Index("ix_party_id_number", "id_number", "case_id", postgresql_where=HAS_ID_NUMBER, sqlite_where=HAS_ID_NUMBER),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    role: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(16), default="person")
    phone: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(300))
    protected: Mapped[bool] = mapped_column(Boolean, default=False)
    id_number: Mapped[str | None] = mapped_column(String(32))
    unit_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"))
    """The unit of the district that is meant; as respondent it and everything below it never see the case."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The handler who is meant; as respondent they never see the case."""


class Recusal(Base):
    """A handler who stepped aside because they are party or related: from then on they see the case no more."""

    __tablename__ = "recusal"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True, index=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


RISES = frozenset(
    {"overdue", "request", "severity_jump", "supervision", "leader_order", "dispute_unresolved", "petitioner_request"}
)
"""The reasons of a visit that begins with a rise."""
ROSE = text(
    "seq > 1 AND reason IN ('dispute_unresolved', 'leader_order', 'overdue', 'petitioner_request', 'request',"
    " 'severity_jump', 'supervision')"
)
"""Just those: the index of the board's second number."""
LEFT = text("left_at IS NOT NULL")


class Visit(Base):
    """One stay at one tier. The tier clock belongs to the visit, not to a token of the diagram."""

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("case_id", "seq"),
        Index("ix_visit_unit_id_left_at", "unit_id", "left_at", "case_id"),
        Index("ix_visit_rose", "entered_at", "from_unit_id", "case_id", postgresql_where=ROSE, sqlite_where=ROSE),
        Index("ix_visit_left", "left_at", postgresql_where=LEFT, sqlite_where=LEFT),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    seq: Mapped[int] = mapped_column(Integer)
    tier: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    reason: Mapped[str] = mapped_column(String(32))
    from_unit_id: Mapped[str | None] = mapped_column(UnitId)
    from_tier: Mapped[str | None] = mapped_column(String(32))
    entered_at: Mapped[datetime] = mapped_column(Instant)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signed_in_at: Mapped[datetime | None] = mapped_column(Instant)
    signed_in_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    left_at: Mapped[datetime | None] = mapped_column(Instant)
    left_reason: Mapped[str | None] = mapped_column(String(32))


class Numbering(Base):
    """The last number given on a day."""

    __tablename__ = "numbering"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Card(Base):
    """A yellow or red card against the unit that held the case; voidable with a reason."""

    __tablename__ = "card"
    __table_args__ = (Index("ix_card_given_at", "given_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    visit_seq: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    colour: Mapped[str] = mapped_column(String(8))
    given_at: Mapped[datetime] = mapped_column(Instant)
    voided_at: Mapped[datetime | None] = mapped_column(Instant)
    void_reason: Mapped[str | None] = mapped_column(Text)
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

"""What goes out to look before anybody complains: plans, checks and their findings, rechecks, and the log of duties."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class PlanKind(enum.StrEnum):
    CYCLE = "cycle"
    """Every so many weeks or months anew."""
    SWEEP = "sweep"
    """Once from a day to a day: a campaign."""


class Every(enum.StrEnum):
    WEEK = "week"
    MONTH = "month"


class Answer(enum.StrEnum):
    OK = "ok"
    FAIL = "fail"
    NONE = "none"
    """The place has no such thing: no lift, no roof."""


class Then(enum.StrEnum):
    """What became of a failed item."""

    FIXED = "fixed"
    CASE = "case"


class Duty(enum.StrEnum):
    """The six contracted duties (六类包干事项) of those assigned to a grid."""

    EMERGENCY = "emergency"
    HYGIENE = "hygiene"
    PETITION = "petition"
    CARE = "care"
    CONTACT = "contact"
    VOLUNTEERING = "volunteering"


CONTACTS = frozenset({Duty.CARE, Duty.CONTACT})
"""Logs that count as a contact with a household."""


class Group(enum.StrEnum):
    """Why somebody is looked after."""

    ELDERLY = "elderly"
    DISABLED = "disabled"
    ILL = "ill"
    CHILD = "child"
    HARDSHIP = "hardship"
    BEREAVED = "bereaved"


LIVE = text("ended_at IS NULL")
WAITING = text("settled_at IS NULL")
OF_A_CASE = text("case_id IS NOT NULL")


class Plan(Base):
    """A checklist for every unit of a tier in an area, in turns or once. Ended, it asks for nothing any more."""

    __tablename__ = "inspection_plan"
    __table_args__ = (Index("ix_inspection_plan_live", "area_id", postgresql_where=LIVE, sqlite_where=LIVE),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    checklist: Mapped[str] = mapped_column(String(40))
    area_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    tier: Mapped[str] = mapped_column(String(32))
    every: Mapped[str | None] = mapped_column(String(8))
    turns: Mapped[int] = mapped_column(Integer, default=1)
    """How many weeks or months one turn of a cycle takes."""
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    """Inclusive. A sweep always has one."""
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Check(Base):
    """One unit looked at with one checklist. Both the phone's time and ours are kept."""

    __tablename__ = "inspection"
    __table_args__ = (
        Index("ix_inspection_unit_id_checklist_done_at", "unit_id", "checklist", "done_at"),
        Index("ix_inspection_done_at", "done_at", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    checklist: Mapped[str] = mapped_column(String(40))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    done_at: Mapped[datetime] = mapped_column(Instant)
    """When it was sent on the phone, perhaps without a network."""
    received_at: Mapped[datetime] = mapped_column(Instant)
    answers: Mapped[Mapping[str, str]] = mapped_column(Json)
    """Item → `Answer`."""
    failed: Mapped[int] = mapped_column(Integer)
    note: Mapped[str | None] = mapped_column(Text)


class Finding(Base):
    """An item that failed: put right on the spot, or a case. It waits for a recheck until one is passed."""

    __tablename__ = "inspection_finding"
    __table_args__ = (
        Index("ix_inspection_finding_check_id", "check_id"),
        Index("ix_inspection_finding_waiting", "unit_id", "recheck_on", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_inspection_finding_case_id", "case_id", postgresql_where=OF_A_CASE, sqlite_where=OF_A_CASE),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    item: Mapped[str] = mapped_column(String(40))
    name_zh: Mapped[str] = mapped_column(String(80))
    """As the list said it then."""
    name_en: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    severity: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text)
    photos: Mapped[list[int]] = mapped_column(Json)
    then: Mapped[str] = mapped_column("outcome", String(8))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    recheck_on: Mapped[date] = mapped_column(Date)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en


class Recheck(Base):
    """Somebody looked again."""

    __tablename__ = "inspection_recheck"
    __table_args__ = (Index("ix_inspection_recheck_finding_id", "finding_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("inspection_finding.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    done_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    passed: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str | None] = mapped_column(Text)
    photos: Mapped[list[int]] = mapped_column(Json)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    """The case that this recheck began, or was written into."""


class DutyLog(Base):
    """One act of a contracted duty: a care visit, a weekly contact, or one of the other four."""

    __tablename__ = "duty_log"
    __table_args__ = (
        Index("ix_duty_log_unit_id_happened_at", "unit_id", "happened_at"),
        Index("ix_duty_log_by_id_happened_at", "by_id", "happened_at", "duty"),
        Index("ix_duty_log_happened_at", "happened_at", "id", "duty", "by_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    duty: Mapped[str] = mapped_column(String(16))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    happened_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    summary: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(32))
    household: Mapped[str | None] = mapped_column(String(120))
    group: Mapped[str | None] = mapped_column("for_group", String(16))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    """The case by which help was asked for."""

    @property
    def is_personal(self) -> bool:
        return bool(self.name or self.phone or self.household)


class DutyLook(Base):
    """Somebody had the person of a log shown in the clear: the row is the permission, for a quarter of an hour."""

    __tablename__ = "duty_look"
    __table_args__ = (Index("ix_duty_look_log_id_person_id", "log_id", "person_id", "at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("duty_log.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)

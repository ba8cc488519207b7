"""Who stands for which unit and place, as rows that are never overwritten: who was when stays readable."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId


class Kind(enum.StrEnum):
    OFFICER = "petition_officer"
    """Answers for petitions in a member unit."""
    INSTRUCTOR = "instructor"
    """Guides the petition work of a unit by comment and template, and decides nothing."""
    MEMBER = "grid_member"
    """Sent down to a grid, for one or more of the six duties."""
    DELEGATE = "delegate"
    """A delegate of the people's congress with a grid of their own."""
    LEADER = "linked_leader"
    """A leader who is linked to a community."""


RANKS = ("staff", "deputy_section", "section", "deputy_division", "division")
"""From the lowest to the highest."""
LEAST_RANK = "deputy_section"
"""What the officer of a member unit must at least be."""

DUTIES = ("emergency", "hygiene", "stability", "care", "visits", "volunteering")
"""The six contracted duties (六类包干事项)."""


class Posting(Base):
    """A person stands for a unit from a day to a day, both inclusive; without a last day, until further notice."""

    __tablename__ = "posting"
    __table_args__ = (
        Index("ix_posting_unit_id", "unit_id", "kind", "to_on"),
        Index("ix_posting_person_id", "person_id", "kind", "to_on"),
        Index("ix_posting_kind", "kind", "to_on", "unit_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    rank: Mapped[str | None] = mapped_column(String(20))
    duties: Mapped[list[str]] = mapped_column(Json)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    noted_at: Mapped[datetime] = mapped_column(Instant)
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_why: Mapped[str | None] = mapped_column(Text)


class MemberUnit(Base):
    """A member of the joint conference on petitions: an office of the tree with an officer of its own."""

    __tablename__ = "member_unit"

    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True)
    phone: Mapped[str | None] = mapped_column(String(40))
    duty: Mapped[str | None] = mapped_column(String(300))
    """What it answers for, in its own words."""


class Template(Base):
    """Words an instructor offers to those they guide."""

    __tablename__ = "guidance_template"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class TaskForce(Base):
    """A team across units. It ends for good; its cases are its members' no longer then."""

    __tablename__ = "task_force"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), index=True)
    """Who set it up, and whose leaders look after it."""
    name: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text)
    chair_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    meets: Mapped[str | None] = mapped_column(String(120))
    """When it meets as a rule, in words."""
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


IN_FORCE = text("left_at IS NULL")


class ForceMember(Base):
    """A person in a task force, for the unit that sent them; gone for good once they left, a new row if they return."""

    __tablename__ = "task_force_member"
    __table_args__ = (
        Index("ix_task_force_member_person_id", "person_id", postgresql_where=IN_FORCE, sqlite_where=IN_FORCE),
        Index("ix_task_force_member_force_id", "force_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    force_id: Mapped[int] = mapped_column(ForeignKey("task_force.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    joined_at: Mapped[datetime] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class ForceCase(Base):
    """A case that every present member of a task force may see."""

    __tablename__ = "task_force_case"
    __table_args__ = (
        Index("ix_task_force_case_force_id", "force_id", "case_id", postgresql_where=IN_FORCE, sqlite_where=IN_FORCE),
        Index("ix_task_force_case_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    force_id: Mapped[int] = mapped_column(ForeignKey("task_force.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class Meeting(Base):
    """The log of a task force: when it met, who was there, what was decided."""

    __tablename__ = "task_force_meeting"
    __table_args__ = (Index("ix_task_force_meeting_force_id", "force_id", "held_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    force_id: Mapped[int] = mapped_column(ForeignKey("task_force.id"))
    held_at: Mapped[datetime] = mapped_column(Instant)
    place: Mapped[str | None] = mapped_column(String(200))
    present: Mapped[list[int]] = mapped_column(Json)
    """Persons, by id."""
    decided: Mapped[str] = mapped_column(Text)
    next_on: Mapped[date | None]
    written_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(Instant)


class RaisedCase(Base):
    """A case that a delegate raised for their grid, so that they are told what became of it."""

    __tablename__ = "delegate_case"
    __table_args__ = (Index("ix_delegate_case_person_id", "person_id", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    raised_at: Mapped[datetime] = mapped_column(Instant)

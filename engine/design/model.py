"""What designers work on, as rows: a proposal and the files in it that differ from the release it stands on."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json


class ProposalState(enum.StrEnum):
    OPEN = "open"
    PLANNED = "planned"
    """It will be published by itself, and is not changed meanwhile."""
    PUBLISHED = "published"
    DROPPED = "dropped"


class Proposal(Base):
    """A set of changes under one title. The row is also the lock: whoever changes a file of it takes it first."""

    __tablename__ = "proposal"
    __table_args__ = (Index("ix_proposal_state_changed_at", "state", "changed_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    base_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    """The release it stands on."""
    state: Mapped[str] = mapped_column(String(12), default=ProposalState.OPEN)
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"))
    """What it became when it was published."""
    publish_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it is planned: from when it is to be in force."""
    reason: Mapped[str | None] = mapped_column(Text)
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who planned it, with their reason."""
    trouble: Mapped[str | None] = mapped_column(Text)
    """The code of the refusal when its planned publication did not pass."""


class ProposalFile(Base):
    """A file as the proposal has it; without content it is taken out of the release."""

    __tablename__ = "proposal_file"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    revision: Mapped[int] = mapped_column(Integer)
    """Counts the saves from 1; what the release says is revision 0."""
    changed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column(Instant)


class ProposalAuthor(Base):
    """Who began a proposal or saved a file in it, ever: with four eyes none of them may publish it."""

    __tablename__ = "proposal_author"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)


class DesignAct(Base):
    """What a designer did, append-only. `actor_id` is empty for the scheduler and the command line; `facts` name it."""

    __tablename__ = "design_act"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    act: Mapped[str] = mapped_column(String(24))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"), index=True)
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)

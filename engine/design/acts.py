"""What designers did, one row an act, never changed: the answer to who put this in force, and when, and why."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.design.model import DesignAct


class Act(enum.StrEnum):
    BEGUN = "begun"
    ADOPTED = "adopted"
    DROPPED = "dropped"
    PLANNED = "planned"
    RECALLED = "recalled"
    REFUSED = "refused"
    """A planned publication did not pass when its time came."""
    PUBLISHED = "published"
    ROLLED_BACK = "rolled_back"
    REHEARSED = "rehearsed"
    """Tried on closed cases; nothing is changed by it."""


def record(
    session: Session,
    act: Act,
    *,
    now: datetime,
    actor_id: int | None,
    proposal_id: int | None = None,
    release_id: int | None = None,
    **facts: Any,
) -> None:
    session.add(
        DesignAct(at=now, act=str(act), actor_id=actor_id, proposal_id=proposal_id, release_id=release_id, facts=facts)
    )
    session.flush()


def acts_of(session: Session, proposal_id: int) -> Sequence[DesignAct]:
    """What happened to a proposal, oldest first."""
    return session.scalars(select(DesignAct).where(DesignAct.proposal_id == proposal_id).order_by(DesignAct.id)).all()

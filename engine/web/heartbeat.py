"""When the scheduler was last heard of. Its table belongs to the scheduler, whom the web does not import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from engine.store import Instant

NODE = table("node", column("name"), column("beat_at", Instant), column("fired_last_hour"), column("latest_by_s"))


@dataclass(frozen=True, slots=True)
class Node:
    """A process that ticks: when it last said that it lives, and what it fired in the hour before."""

    name: str
    beat_at: datetime
    fired_last_hour: int
    latest_by_s: float


def last_beat(session: Session) -> datetime | None:
    """The latest sign of life of any node; None when none ever ran."""
    beat: datetime | None = session.scalar(select(func.max(NODE.c.beat_at)))
    return beat


def nodes(session: Session) -> Sequence[Node]:
    """Every node heard of within a day, last heard first."""
    rows = session.execute(
        select(NODE.c.name, NODE.c.beat_at, NODE.c.fired_last_hour, NODE.c.latest_by_s).order_by(NODE.c.beat_at.desc())
    )
    return [Node(*row) for row in rows]

"""When the scheduler was last heard of. Its table belongs to the scheduler, whom the web does not import."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from engine.store import Instant

NODE = table("node", column("beat_at", Instant))


def last_beat(session: Session) -> datetime | None:
    """The latest sign of life of any node; None when none ever ran."""
    beat: datetime | None = session.scalar(select(func.max(NODE.c.beat_at)))
    return beat

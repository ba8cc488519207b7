"""Which instances run on which release; how many, for designers, who read no case."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.process.model import Instance


def runs_on(session: Session, case_id: int) -> Mapping[int, int]:
    """Instance id → release id, for a case."""
    rows = session.execute(select(Instance.id, Instance.release_id).where(Instance.case_id == case_id))
    return {row.id: row.release_id for row in rows}


def running(session: Session) -> Mapping[str, Mapping[int, int]]:
    """Process id → release id → how many run, newest release first."""
    rows = session.execute(
        select(Instance.process_id, Instance.release_id, func.count())
        .where(Instance.ended_at.is_(None))
        .group_by(Instance.process_id, Instance.release_id)
        .order_by(Instance.release_id.desc())
    )
    found: dict[str, dict[int, int]] = {}
    for process_id, release_id, count in rows:
        found.setdefault(process_id, {})[release_id] = count
    return found

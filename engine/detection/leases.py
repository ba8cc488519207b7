"""How far a detector has come, and who works on it now: one row, locked until what was found is kept."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.detection.model import Watermark
from engine.outbox import OutboxEntry

LOOKED_BACK = 5000
"""So many of the newest entries are looked at when a detector begins in a district that has lived for a while."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def take(session: Session, name: str) -> Watermark | None:
    """The row, locked until the transaction ends; None while another node holds it."""
    mark = _locked(session, name)
    if mark is None and session.get(Watermark, name) is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        newest = session.scalar(select(func.max(OutboxEntry.id))) or 0
        first = {"name": name, "done_to": max(newest - LOOKED_BACK, 0), "done_at": NEVER}
        session.execute(insert(Watermark).values(first).on_conflict_do_nothing())
        mark = _locked(session, name)
    return mark


def _locked(session: Session, name: str) -> Watermark | None:
    return session.scalars(select(Watermark).where(Watermark.name == name).with_for_update(skip_locked=True)).first()

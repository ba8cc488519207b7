"""A subscription to look at, in a district that is a demonstration. Nothing of it leaves: it is paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import outbox
from engine.deliveries import Receiver
from engine.outbox import OutboxEntry, Parcel
from engine.people import Viewer
from webhooks.outbound.keeping import Wanted, make
from webhooks.outbound.kinds import KINDS
from webhooks.outbound.post import post

ADDRESS = "https://platform.example/maplebridge"
SHOWN = 12


def follow(session: Session, unit_id: str, root: str, *, viewer: Viewer, now: datetime) -> Receiver:
    """Somebody who follows a district, with the last things that happened there queued for them."""
    wanted = Wanted("省综治平台", ADDRESS, list(KINDS), unit_id)
    made = make(session, wanted, root, viewer=viewer, now=now)
    newest = select(OutboxEntry).where(OutboxEntry.topic.in_(KINDS)).order_by(OutboxEntry.id.desc()).limit(SHOWN)
    post(session, [_parcel(row) for row in reversed(session.scalars(newest).all())], public_url="")
    return made.receiver


def _parcel(row: OutboxEntry) -> outbox.Parcel:
    return Parcel(row.id, row.key, row.case_id, row.topic, row.facts, row.created_at, row.attempts)
